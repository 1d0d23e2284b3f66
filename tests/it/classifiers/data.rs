//! The data sets of the references, as rows.

use crate::page::Rows;
use crate::shared::shared;
use sluicebox::data::{Schema, Type, Value};
use std::io::Read;

pub struct Data {
    pub rows: Rows,
}

/// The rows of a data set, their label last, called `class`; `None` after saying aloud that it is not there.
pub fn read(name: &str) -> Option<Data> {
    let file = match name {
        "covtype100k" => "covtype100k.csv.gz".to_string(),
        "flights100k" => "nycflights_jan_jun.csv.gz".to_string(),
        _ => format!("{name}.csv"),
    };
    let path = shared(&format!("data/{file}"))?;
    let bytes = std::fs::read(path).expect("it can be read");
    let mut text = String::new();
    match file.ends_with(".gz") {
        true => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("it is gzip"),
        false => (&bytes[..]).read_to_string(&mut text).expect("it is UTF-8"),
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().expect("it has a head").clone();
    let flights = name == "flights100k";
    let mut data = Data { rows: if flights { rows(&FLIGHT) } else { rows(&head_of(&head)) } };
    for row in reader.records().map(Result::unwrap) {
        let cells: Vec<String> = match flights {
            true if data.rows.batch.len() == 100_000 => break,
            true => match flight(|name| &row[head.iter().position(|of| of == name).expect("a column")]) {
                Some(cells) => cells,
                None => continue,
            },
            false => row.iter().map(str::to_string).collect(),
        };
        push(&mut data.rows, &cells);
    }
    Some(data)
}

const FLIGHT: [(&str, Type); 9] = [
    ("month", Type::F64),
    ("weekday", Type::F64),
    ("dep_min", Type::F64),
    ("arr_min", Type::F64),
    ("distance", Type::F64),
    ("carrier", Type::Str),
    ("origin", Type::Str),
    ("dest", Type::Str),
    ("class", Type::I64),
];

/// What is known of a flight before it leaves, and whether it was late; `None` where that is not known.
fn flight<'a>(cell: impl Fn(&str) -> &'a str) -> Option<Vec<String>> {
    let (at, late) = (cell("sched_ts"), cell("delayed"));
    if cell("arr_delay").is_empty() || late.is_empty() {
        return None;
    }
    let part = |from: usize, to: usize| at[from..to].parse::<i64>().expect("a date");
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    // Sakamoto's rule.
    let of_month = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month as usize - 1];
    let year = if month < 3 { year - 1 } else { year };
    let weekday = (year + year / 4 - year / 100 + year / 400 + of_month + day) % 7;
    let minutes = |name: &str| {
        let clock: i64 = cell(name).parse().expect("a time of day");
        clock / 100 * 60 + clock % 100
    };
    let numbers =
        [month, weekday, minutes("sched_dep_time"), minutes("sched_arr_time")].map(|n| n.to_string());
    let texts = ["distance", "carrier", "origin", "dest"].map(|name| cell(name).to_string());
    Some(numbers.into_iter().chain(texts).chain([late.to_string()]).collect())
}

fn head_of(head: &csv::StringRecord) -> Vec<(&str, Type)> {
    let of = |name: &str| match name {
        "class" => Type::I64,
        "wilderness" | "soil" => Type::Str,
        _ => Type::F64,
    };
    head.iter().map(|name| (name, of(name))).collect()
}

pub fn rows(columns: &[(&str, Type)]) -> Rows {
    let schema = Schema::of(columns);
    Rows { batch: sluicebox::data::Batch::new(&schema), schema }
}

/// Adds a row; an empty text is NULL, but for a column of texts.
pub fn push(rows: &mut Rows, cells: &[String]) {
    rows.batch.id.push(rows.batch.id.len() as u64);
    rows.batch.born_ns.push(1);
    for ((field, column), cell) in rows.schema.fields.iter().zip(&mut rows.batch.columns).zip(cells) {
        column.push(match field.of {
            Type::I64 if !cell.is_empty() => Value::I64(cell.parse().expect("a whole number")),
            Type::F64 if !cell.is_empty() => Value::F64(cell.parse().expect("a number")),
            Type::Str => Value::Str(cell),
            _ => Value::Null,
        });
    }
}
