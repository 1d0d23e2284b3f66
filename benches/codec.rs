//! A batch as the body of a frame and back: how near is the codec to a copy of the bytes?
//!
//! ```text
//!   encode   columns ──── bincode of borrowed parts ────> bytes
//!   decode   bytes ────── checked, copied ──────────────> columns (of a batch that is used again)
//!   copy     bytes ────── memcpy ───────────────────────> bytes
//!   rows     Vec<Row> ─── serde and bincode ────────────> bytes, and back to a new Vec<Row>
//! ```
//!
//! `numbers` has an i64, two f64 and a time a record, `texts` an i64 and three texts of 3, 8 and 12 bytes; both with
//! the id and the birth that every record has. `rows` are the same records as structs, as one would send them without
//! columns. GB/s are of the body's bytes.
//!
//! `cargo bench --bench codec -- [--for 200ms] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::clock::median_ns;
use serde::{Deserialize, Serialize};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result};
use sluicebox::units::Span;
use sluicebox::wire::codec;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

const ROWS: [usize; 3] = [1, 100, 1000];
/// So many records at least are one call, so that the clock does not show.
const RECORDS: usize = 2000;

// Columns: ours.

fn numbers() -> Schema {
    Schema::of(&[("n", Type::I64), ("x", Type::F64), ("y", Type::F64), ("at", Type::Time)])
}

fn texts() -> Schema {
    Schema::of(&[("n", Type::I64), ("country", Type::Str), ("sku", Type::Str), ("category", Type::Str)])
}

fn batch(schema: &Schema, rows: usize) -> Batch {
    let mut batch = Batch::new(schema);
    for row in 0..rows as i64 {
        batch.id.push(row as u64);
        batch.born_ns.push(row as u64 * 1000);
        for (column, field) in batch.columns.iter_mut().zip(&schema.fields) {
            column.push(match (field.of, field.name.as_str()) {
                (Type::I64, _) => Value::I64(row),
                (Type::F64, _) => Value::F64(row as f64 * 0.5),
                (Type::Time, _) => Value::Time(row * 1_000_000),
                (_, "country") => Value::Str("FRA"),
                (_, "sku") => Value::Str("tea-0042"),
                _ => Value::Str("confectionery"),
            });
        }
    }
    batch
}

// Rows: theirs.

#[derive(Serialize, Deserialize)]
struct Numbers {
    id: u64,
    born_ns: u64,
    n: i64,
    x: f64,
    y: f64,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct Texts {
    id: u64,
    born_ns: u64,
    n: i64,
    country: String,
    sku: String,
    category: String,
}

fn numbers_rows(rows: usize) -> Vec<Numbers> {
    let row = |row: usize| Numbers {
        id: row as u64,
        born_ns: row as u64 * 1000,
        n: row as i64,
        x: row as f64 * 0.5,
        y: row as f64 * 0.5,
        at: row as i64 * 1_000_000,
    };
    (0..rows).map(row).collect()
}

fn texts_rows(rows: usize) -> Vec<Texts> {
    let row = |row: usize| Texts {
        id: row as u64,
        born_ns: row as u64 * 1000,
        n: row as i64,
        country: "FRA".to_string(),
        sku: "tea-0042".to_string(),
        category: "confectionery".to_string(),
    };
    (0..rows).map(row).collect()
}

/// Nanoseconds to write and to read what rows are sent as.
fn of_rows<R: Serialize + for<'a> Deserialize<'a>>(
    time: Duration,
    calls: usize,
    rows: &Vec<R>,
) -> Result<(f64, f64)> {
    let config = bincode::config::legacy();
    let failed = |e: &dyn std::fmt::Display| Error::failed(format!("bincode of rows failed: {e}"));
    let mut bytes = Vec::new();
    let encode = median_ns(
        time,
        &mut bytes,
        |_| {},
        |bytes| {
            for _ in 0..calls {
                bytes.clear();
                bincode::serde::encode_into_std_write(black_box(rows), bytes, config)
                    .map_err(|e| failed(&e))?;
            }
            Ok(calls as u64)
        },
    )?;
    let decode = median_ns(
        time,
        &mut bytes,
        |_| {},
        |bytes| {
            for _ in 0..calls {
                let read: (Vec<R>, usize) =
                    bincode::serde::decode_from_slice(black_box(bytes), config).map_err(|e| failed(&e))?;
                black_box(read);
            }
            Ok(calls as u64)
        },
    )?;
    Ok((encode, decode))
}

/// One line of the table.
fn measure(time: Duration, name: &str, rows: usize) -> Result<()> {
    let schema = if name == "numbers" { numbers() } else { texts() };
    let (batch, calls) = (batch(&schema, rows), RECORDS.div_ceil(rows));
    let mut body = Vec::new();
    let encode = median_ns(
        time,
        &mut body,
        |_| {},
        |body| {
            for _ in 0..calls {
                body.clear();
                codec::encode(black_box(&batch), body);
            }
            Ok(calls as u64)
        },
    )?;
    let mut back = Batch::new(&schema);
    let decode = median_ns(
        time,
        &mut back,
        |_| {},
        |back| {
            for _ in 0..calls {
                back.clear();
                let done = codec::decode(black_box(&body), rows, false, back);
                done.ok_or_else(|| Error::failed("the codec refuses what it has written"))?;
            }
            Ok(calls as u64)
        },
    )?;
    if back != batch {
        return Err(Error::failed("the codec does not give back what it was given"));
    }
    let mut copied = Vec::new();
    let copy = median_ns(
        time,
        &mut copied,
        |_| {},
        |copied: &mut Vec<u8>| {
            for _ in 0..calls {
                copied.clear();
                copied.extend_from_slice(black_box(&body));
                black_box(&copied);
            }
            Ok(calls as u64)
        },
    )?;
    let (rows_encode, rows_decode) = match name {
        "numbers" => of_rows(time, calls, &numbers_rows(rows))?,
        _ => of_rows(time, calls, &texts_rows(rows))?,
    };
    print!("{name:<9}{rows:>5} {:>6.1}", body.len() as f64 / rows as f64);
    for ns in [encode, decode, copy, rows_encode, rows_decode] {
        print!("{:>16}", format!("{:.1} ({:.1})", ns / rows as f64, body.len() as f64 / ns));
    }
    println!();
    Ok(())
}

fn all(args: &Args) -> Result<()> {
    let time = args.get("--for", |text| Span::parse(text).map(Span::duration))?;
    println!("ns a record (GB/s)");
    println!(
        "{:<9}{:>5} {:>6}{:>16}{:>16}{:>16}{:>16}{:>16}",
        "", "rows", "bytes", "encode", "decode", "copy", "rows: encode", "rows: decode"
    );
    for name in ["numbers", "texts"] {
        ROWS.iter().try_for_each(|rows| measure(time, name, *rows))?;
    }
    Ok(())
}

const OPTIONS: &[Opt] =
    &[Opt { name: "--for", usual: "200ms", smoke: "1ms", about: "how long each number is measured" }];

fn main() -> ExitCode {
    args::begin(OPTIONS, all)
}
