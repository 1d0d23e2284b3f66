//! The data sets that others' results are about, as texts in their order.

use crate::shared::shared;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;

/// A data set; its last column is called "class".
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// So many flights with a known arrival the references are about.
const FLIGHTS: usize = 100_000;

/// Days of 2013 before each month of its first half.
const BEFORE: [usize; 6] = [0, 31, 59, 90, 120, 151];

/// Reads a data set; `None` after saying aloud that it is not there.
pub fn table(name: &str) -> Option<Table> {
    if name == "flights100k" {
        return flights();
    }
    let packed = name == "covtype100k";
    let path = shared(&format!("data/{name}.csv{}", if packed { ".gz" } else { "" }))?;
    let file = File::open(path).unwrap();
    let text: Box<dyn Read> = if packed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = csv::Reader::from_reader(text);
    let head = reader.headers().unwrap().iter().map(str::to_string).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_string).collect()).collect();
    Some(Table { head, rows })
}

/// Flights as the references have them: what is known before take-off, and whether they were late.
fn flights() -> Option<Table> {
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
    Some(Table { head: head.map(str::to_string).to_vec(), rows })
}
