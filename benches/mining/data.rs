//! The data sets, as batches.

use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Records a batch.
const BATCH: usize = 1000;
/// So many flights are learned from.
const FLIGHTS: usize = 100_000;

/// A data set, in batches, with the columns that a learner takes.
pub struct Data {
    pub schema: Schema,
    pub batches: Vec<Batch>,
}

/// Lines of a table, with its head.
pub struct Table {
    pub head: Vec<String>,
    pub lines: Vec<Vec<String>>,
}

fn failed(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::failed(format!("cannot read {}: {what}", path.display()))
}

/// Reads a CSV file, compressed or not.
pub fn table(path: &Path) -> Result<Table> {
    let mut file = File::open(path).map_err(|e| failed(path, e))?;
    let mut text = Vec::new();
    let read = match path.extension().is_some_and(|end| end == "gz") {
        true => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text),
        false => file.read_to_end(&mut text),
    };
    read.map_err(|e| failed(path, e))?;
    let mut reader = csv::Reader::from_reader(&text[..]);
    let head = reader.headers().map_err(|e| failed(path, e))?.iter().map(str::to_string).collect();
    let lines = reader.records().map(|line| Ok(line?.iter().map(str::to_string).collect()));
    let lines = lines.collect::<csv::Result<Vec<Vec<String>>>>().map_err(|e| failed(path, e))?;
    Ok(Table { head, lines })
}

impl Table {
    pub fn at(&self, column: &str) -> Result<usize> {
        let found = self.head.iter().position(|name| name == column);
        found.ok_or_else(|| Error::failed(format!("there is no column {column:?}")))
    }

    /// All its columns; those that are numbers throughout are f64, but `label` is a text.
    pub fn data(&self, label: &str) -> Data {
        let number = |at: usize| self.lines.iter().all(|line| line[at].parse::<f64>().is_ok());
        let of = |(at, name): (usize, &String)| match name != label && number(at) {
            true => Type::F64,
            false => Type::Str,
        };
        let types: Vec<Type> = self.head.iter().enumerate().map(of).collect();
        let fields: Vec<(&str, Type)> = self.head.iter().map(String::as_str).zip(types).collect();
        let schema = Schema::of(&fields);
        let batch = |lines: &[Vec<String>]| {
            let mut batch = Batch::new(&schema);
            for line in lines {
                batch.id.push(0);
                batch.born_ns.push(0);
                for (cell, column) in line.iter().zip(&mut batch.columns) {
                    match column.of() {
                        Type::F64 => column.push(Value::F64(cell.parse().unwrap_or(f64::NAN))),
                        _ => column.push(Value::Str(cell)),
                    }
                }
            }
            batch
        };
        Data { batches: self.lines.chunks(BATCH).map(batch).collect(), schema }
    }

    /// Baskets of what stands in `item` with the same `tid`, each thing once.
    pub fn baskets(&self) -> Result<Data> {
        let (tid, item) = (self.at("tid")?, self.at("item")?);
        let schema = Schema::of(&[("items", Type::List)]);
        let mut baskets: Vec<BTreeSet<&str>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for line in &self.lines {
            let place = *places.entry(&line[tid]).or_insert(baskets.len());
            if place == baskets.len() {
                baskets.push(BTreeSet::new());
            }
            baskets[place].insert(&line[item]);
        }
        let batch = |baskets: &[BTreeSet<&str>]| {
            let mut batch = Batch::new(&schema);
            for basket in baskets {
                batch.id.push(0);
                batch.born_ns.push(0);
                let items: Vec<&str> = basket.iter().copied().collect();
                batch.columns[0].push(Value::List(items));
            }
            batch
        };
        Ok(Data { batches: baskets.chunks(BATCH).map(batch).collect(), schema })
    }
}

/// The first flights whose arrival is known, with the columns of the references.
pub fn flights(all: &Table) -> Result<Table> {
    let names = [
        "sched_ts",
        "sched_dep_time",
        "sched_arr_time",
        "arr_delay",
        "distance",
        "carrier",
        "origin",
        "dest",
        "delayed",
    ];
    let at = names.iter().map(|name| all.at(name)).collect::<Result<Vec<usize>>>()?;
    let [ts, dep, arr, delay, distance, carrier, origin, dest, label] = at[..] else { unreachable!() };
    let known = all.lines.iter().filter(|line| line[delay].parse::<f64>().is_ok()).take(FLIGHTS);
    let minutes =
        |clock: &str| clock.parse::<u32>().map_or(0, |clock| clock / 100 * 60 + clock % 100).to_string();
    let lines = known.map(|line| {
        let (month, weekday) = day(&line[ts]);
        let [dep, arr] = [&line[dep], &line[arr]].map(|clock| minutes(clock));
        let rest = [distance, carrier, origin, dest, label].map(|at| line[at].clone());
        [month, weekday, dep, arr].into_iter().chain(rest).collect()
    });
    let head =
        ["month", "day_of_week", "dep_min", "arr_min", "distance", "carrier", "origin", "dest", "class"];
    Ok(Table { lines: lines.collect(), head: head.map(str::to_string).into() })
}

/// Month, and day of the week from Sunday on (Zeller's congruence), of a time that begins with YYYY-MM-DD.
fn day(ts: &str) -> (String, String) {
    let part =
        |from: usize, to: usize| ts.get(from..to).and_then(|part| part.parse::<i64>().ok()).unwrap_or(1);
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    let (y, m) = if month < 3 { (year - 1, month + 12) } else { (year, month) };
    let weekday = (day + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400 + 6) % 7;
    (month.to_string(), weekday.to_string())
}
