//! What `jsonl` and `csv` write, read back by other people's readers.

use super::{Folder, Sink, plan, push};
use crate::source::Source;
use proptest::prelude::*;
use sluicebox::data::{Batch, Schema, Type, Value, time};
use sluicebox::operator::{Input, Next};

/// A record of every type, each value of which may be NULL.
type Row = (Option<i64>, Option<f64>, Option<String>, Option<i64>, Option<bool>, Option<Vec<String>>);

const TYPES: [Type; 6] = [Type::I64, Type::F64, Type::Str, Type::Time, Type::Bool, Type::List];

/// Texts with what formats stumble over.
fn text() -> impl Strategy<Value = String> {
    "[a \",;\n\r\t\\\\é\u{0}\u{1F600}]{0,6}"
}

fn row() -> impl Strategy<Value = Row> {
    use prop::option::of;
    (
        of(any::<i64>()),
        of(any::<f64>()),
        of(text()),
        of(any::<i64>()),
        of(any::<bool>()),
        of(prop::collection::vec(text(), 0..3)),
    )
}

fn values(row: &Row) -> [Value<'_>; 6] {
    [
        row.0.map_or(Value::Null, Value::I64),
        row.1.map_or(Value::Null, Value::F64),
        row.2.as_deref().map_or(Value::Null, Value::Str),
        row.3.map_or(Value::Null, Value::Time),
        row.4.map_or(Value::Null, Value::Bool),
        row.5.as_ref().map_or(Value::Null, |list| Value::List(list.iter().map(String::as_str).collect())),
    ]
}

/// What the sink makes of these records, put in two batches.
fn written(operator: &str, more: &str, schema: &Schema, rows: &[Vec<Value<'_>>]) -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.path("x");
    let inputs = [Input::new("clean", schema.clone())];
    let mut sink = Sink::fresh(&plan(operator, &format!("path = {path:?}\n{more}"), &inputs).unwrap());
    let mut batch = Batch::new(schema);
    for half in [&rows[..rows.len() / 2], &rows[rows.len() / 2..]] {
        batch.clear();
        half.iter().for_each(|row| push(&mut batch, row.iter().cloned()));
        sink.call(0, &mut batch).unwrap();
    }
    sink.finish().unwrap();
    std::fs::read(&path).unwrap()
}

/// Six different names, of the odd characters above.
fn names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set(text(), 6).prop_map(|names| names.into_iter().collect())
}

fn schema(names: &[String]) -> Schema {
    names.iter().zip(TYPES).fold(Schema::default(), |schema, (name, of)| schema.with(name, of))
}

fn as_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(x) => (*x).into(),
        Value::I64(x) => (*x).into(),
        Value::F64(x) => (*x).into(),
        Value::Str(x) => (*x).into(),
        Value::Time(x) => time::to_text(*x).into(),
        Value::List(x) => x.clone().into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn json_is_read_back_as_it_was(names in names(), rows in prop::collection::vec(row(), 0..8)) {
        let schema = schema(&names);
        let rows: Vec<Vec<Value<'_>>> = rows.iter().map(|row| values(row).to_vec()).collect();
        let bytes = written("jsonl", "", &schema, &rows);
        let lines: Vec<_> = std::str::from_utf8(&bytes).unwrap().split_terminator('\n').collect();
        prop_assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.into_iter().zip(&rows) {
            let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            let expected: Vec<_> = names.iter().cloned().zip(row.iter().map(as_json)).collect();
            prop_assert_eq!(read.into_iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn csv_is_read_back_as_it_was(
        names in names(),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        rows in prop::collection::vec(row(), 0..8),
    ) {
        let schema = schema(&names);
        let rows: Vec<Vec<Value<'_>>> = rows.iter().map(|row| values(row).to_vec()).collect();
        let more = format!("delimiter = {:?}", char::from(delimiter).to_string());
        let bytes = written("csv", &more, &schema, &rows);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes.as_slice());
        prop_assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), names);
        let read: Vec<_> = reader.into_records().collect::<csv::Result<_>>().unwrap();
        prop_assert_eq!(read.len(), rows.len());
        for (read, row) in read.iter().zip(&rows) {
            for (cell, value) in read.iter().zip(row) {
                match value {
                    Value::Null => prop_assert_eq!(cell, ""),
                    Value::Bool(x) => prop_assert_eq!(cell, if *x { "1" } else { "0" }),
                    Value::I64(x) => prop_assert_eq!(cell.parse(), Ok(*x)),
                    Value::F64(x) if x.is_finite() => prop_assert_eq!(cell.parse(), Ok(*x)),
                    Value::F64(_) => prop_assert_eq!(cell, ""),
                    Value::Str(x) => prop_assert_eq!(cell, *x),
                    Value::Time(x) => prop_assert_eq!(time::parse(cell, None), Some(*x)),
                    Value::List(x) => {
                        prop_assert_eq!(&serde_json::from_str::<Vec<String>>(cell).unwrap(), x);
                    }
                }
            }
        }
    }
}

#[test]
fn null_and_an_empty_text_differ_and_no_record_is_an_empty_line() {
    let two = Schema::of(&[("a", Type::Str), ("b", Type::Str)]);
    let rows = [vec![Value::Null, Value::Str("")], vec![Value::Str(""), Value::Null]];
    assert_eq!(written("csv", "", &two, &rows), b"a,b\n,\"\"\n\"\",\n");
    let one = Schema::of(&[("a", Type::F64)]);
    let rows = [vec![Value::Null], vec![Value::F64(f64::NAN)], vec![Value::F64(1.0)]];
    assert_eq!(written("csv", "", &one, &rows), b"a\n\"\"\n\"\"\n1.0\n");
}

#[test]
fn null_written_as_a_word_is_read_back_as_null_and_nothing_else_is() {
    let schema = Schema::of(&[("s", Type::Str), ("n", Type::I64)]);
    let rows = [
        vec![Value::Str(""), Value::I64(7)],
        vec![Value::Null, Value::I64(-1)],
        vec![Value::Str("-1"), Value::Null],
        vec![Value::Str("\u{feff}x"), Value::I64(1)],
    ];
    let text = written("csv", "null = \"-1\"", &schema, &rows);
    assert_eq!(String::from_utf8_lossy(&text), "s,n\n\"\",7\n-1,\"-1\"\n\"-1\",-1\n\"\u{feff}x\",1\n");
    let folder = Folder::new();
    let path = folder.path("x.csv");
    std::fs::write(&path, text).unwrap();
    let mut source = Source::new("csv", &format!("path = {path:?}\nnull = [\"-1\"]\nquoted_null = false"));
    let mut read = Vec::new();
    while source.step().unwrap() != Next::End {
        let row =
            |row| source.batch.columns.iter().map(|column| format!("{:?}", column.value(row))).collect();
        read.extend((0..source.batch.len()).map(row).collect::<Vec<Vec<String>>>());
    }
    assert_eq!(read, rows.map(|row| row.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>()));

    let alone = Schema::of(&[("s", Type::Str)]);
    let rows = [vec![Value::Null], vec![Value::Str("")], vec![Value::Str("NA")]];
    let text = written("csv", "null = \"NA\"", &alone, &rows);
    assert_eq!(String::from_utf8_lossy(&text), "s\nNA\n\"\"\n\"NA\"\n", "in a file of one column too");
    let reads = [Input::new("clean", alone)];
    for null in ["a,b", "\\\"", "a\\nb"] {
        let problems = plan("csv", &format!("path = \"x\"\nnull = \"{null}\""), &reads).err().unwrap();
        assert_eq!((problems.len(), problems[0].path.join(".")), (1, "null".to_string()), "{null}");
    }
}
