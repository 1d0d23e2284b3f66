//! The data sets that others' results are about, as records in their order.

use crate::shared::shared;
use flate2::read::GzDecoder;
use sluicebox::data::{Batch, Schema, Type, Value};
use std::fs::File;
use std::io::Read;

/// Records with numbers, names and a class.
pub struct Data {
    pub schema: Schema,
    /// A row's values as text, the class last.
    rows: Vec<Vec<String>>,
}

/// So many flights with a known arrival the references are about.
const FLIGHTS: usize = 100_000;

/// Days of 2013 before each month of its first half.
const BEFORE: [usize; 6] = [0, 31, 59, 90, 120, 151];

/// A data set, its class in the column "class"; `None` after saying aloud that it is not there.
pub fn read(name: &str) -> Option<Data> {
    if name == "flights100k" {
        return flights();
    }
    let packed = name == "covtype100k";
    let path = shared(&format!("data/{name}.csv{}", if packed { ".gz" } else { "" }))?;
    let file = File::open(path).unwrap();
    let text: Box<dyn Read> = if packed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = csv::Reader::from_reader(text);
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_string).collect()).collect();
    Some(Data::of(&head, rows))
}

/// Flights as the references have them: what is known before take-off, and whether they were late.
fn flights() -> Option<Data> {
    let file = File::open(shared("data/nycflights_jan_jun.csv.gz")?).unwrap();
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|name| name == column).unwrap();
    let minutes = |time: &str| {
        let time: i64 = time.parse().unwrap();
        (time / 100 * 60 + time % 100).to_string()
    };
    let mut rows = Vec::new();
    for row in reader.records().map(Result::unwrap).filter(|row| !row[at("arr_delay")].is_empty()) {
        let of = |column: &str| row[at(column)].to_string();
        let when = of("sched_ts");
        let (month, day): (usize, usize) = (when[5..7].parse().unwrap(), when[8..10].parse().unwrap());
        // 2013 began on a Tuesday, the second day of the week.
        let weekday = ((BEFORE[month - 1] + day) % 7).to_string();
        let times = [minutes(&of("sched_dep_time")), minutes(&of("sched_arr_time"))];
        let [departure, arrival] = times;
        let known = [month.to_string(), weekday, departure, arrival, of("distance")];
        let names = [of("carrier"), of("origin"), of("dest"), of("delayed")];
        rows.push(known.into_iter().chain(names).collect());
        if rows.len() == FLIGHTS {
            break;
        }
    }
    let head = ["month", "weekday", "departure", "arrival", "distance", "carrier", "origin", "dest", "class"];
    Some(Data::of(&head.map(str::to_string), rows))
}

impl Data {
    /// Columns are numbers where all their values are; the class is a text.
    pub fn of(head: &[String], rows: Vec<Vec<String>>) -> Data {
        let is_number = |at: usize| rows.iter().all(|row| row[at].parse::<f64>().is_ok());
        let schema = head.iter().enumerate().fold(Schema::default(), |schema, (at, name)| {
            let class = at + 1 == head.len();
            schema.with(name, if !class && is_number(at) { Type::F64 } else { Type::Str })
        });
        Data { schema, rows }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Records `from..to` as a batch.
    pub fn batch(&self, from: usize, to: usize) -> Batch {
        let mut batch = Batch::new(&self.schema);
        for (at, row) in self.rows[from..to].iter().enumerate() {
            batch.id.push((from + at) as u64);
            batch.born_ns.push(0);
            for (column, text) in batch.columns.iter_mut().zip(row) {
                let value = match column.of() {
                    Type::F64 => Value::F64(text.parse().unwrap()),
                    _ => Value::Str(text),
                };
                column.push(value);
            }
        }
        batch
    }
}
