//! What a table looks like, on screens of any width and without one.

use super::*;
use crate::data::Value;

fn schema() -> Schema {
    let fields = [("n", Type::I64), ("city", Type::Str), ("x", Type::F64), ("ok", Type::Bool)];
    Schema::of(&[&fields[..], &[("at", Type::Time), ("tags", Type::List)]].concat())
}

fn batch() -> Batch {
    let mut batch = Batch::new(&schema());
    let long = "a long text that goes on and on, and still on";
    for (n, city, x) in [(1, "Berlin", 0.5), (-12_345_678, long, f64::NAN), (3, "東京\u{1b}[2J", 1e300)] {
        batch.id.push(0);
        batch.born_ns.push(0);
        let values = [Value::I64(n), Value::Str(city), Value::F64(x), Value::Bool(n > 0)];
        let more = [Value::Time(1_357_017_300_000_000_000), Value::List(vec!["a", "b"])];
        for (column, value) in batch.columns.iter_mut().zip(values.into_iter().chain(more)) {
            column.push(value);
        }
    }
    batch.id.push(0);
    batch.born_ns.push(0);
    batch.columns.iter_mut().for_each(Column::push_null);
    batch
}

fn shown(screen: Option<Screen>, times: usize) -> String {
    let (mut table, mut out) = (Table::new(&schema()), Vec::new());
    (0..times).for_each(|_| table.rows(&batch(), screen, &mut out));
    String::from_utf8(out).unwrap()
}

#[test]
fn without_a_screen_nothing_is_cut_and_there_is_one_header() {
    let text = shown(None, 3);
    assert_eq!(text.matches("city").count(), 1, "{text}");
    assert!(text.starts_with("        n  city "), "{text}");
    assert!(text.contains("goes on and on, and still on") && text.contains("NaN"), "{text}");
    assert!(text.contains("1.0e300") || text.contains("1e300") || text.contains("1e+300"), "{text}");
    assert!(text.contains("東京\\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
    let last = text.lines().last().unwrap();
    assert_eq!(last.split_whitespace().collect::<Vec<_>>(), ["NULL"; 6], "{text}");
}

#[test]
fn no_line_is_wider_than_the_screen_and_numbers_are_whole() {
    for columns in 16..160 {
        let text = shown(Some(Screen { columns, lines: 24 }), 1);
        for line in text.lines() {
            assert!(line.width() <= columns, "{columns}: {} {line:?}\n{text}", line.width());
        }
        assert!(text.contains("-12345678"), "{columns}\n{text}");
        let heads = text.lines().next().unwrap().split_whitespace().filter(|word| !word.starts_with('+'));
        let left_out = 6 - heads.count();
        assert!(left_out == 0 || text.lines().next().unwrap().ends_with(&format!("+{left_out}")), "{text}");
    }
    assert!(shown(Some(Screen { columns: 60, lines: 24 }), 1).contains('…'));
}

#[test]
fn the_header_comes_again_with_each_screen() {
    let text = shown(Some(Screen { columns: 120, lines: 13 }), 10);
    assert_eq!(text.lines().filter(|line| line.contains("city")).count(), 4, "40 rows, 10 a screen\n{text}");
    let mut table = Table::new(&schema());
    let mut out = Vec::new();
    table.rows(&batch(), None, &mut out);
    table.head_again();
    out.clear();
    table.rows(&batch(), None, &mut out);
    assert!(String::from_utf8(out).unwrap().contains("city"));
}

#[test]
fn an_empty_batch_and_one_without_columns_are_nothing() {
    let (mut table, mut out) = (Table::new(&Schema::default()), Vec::new());
    let mut rows = Batch::new(&Schema::default());
    rows.id.push(0);
    rows.born_ns.push(0);
    table.rows(&rows, None, &mut out);
    Table::new(&schema()).rows(&Batch::new(&schema()), None, &mut out);
    assert!(out.is_empty());
}
