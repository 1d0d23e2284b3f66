//! Reads a CSV file, plain or gzip, record by record.
//!
//! ```toml
//! operator = "csv"
//! path = "data/flights.csv.gz"     # relative to the current directory; gzip is told by its content
//! types = { flight = "str", delay = "f64" }   # of some columns; the rest is guessed
//! null = ["NA"]                    # texts that mean NULL; an empty field always does
//! time_zone = "America/New_York"   # of times without an offset; UTC if absent
//! time = "ts"                      # the event time, for windows and lateness; none if absent
//! ```
//!
//! ```csv
//! ts,carrier,flight,delay
//! 2013-01-01 05:15:00,UA,1545,2.5
//! 2013-01-01T10:29:00Z,"B6, Inc",1714,NA
//! 2013-01-01 05:40:00,AA,1141,late
//! 2013-01-01 05:45:00,,725,-1.5
//! ```
//!
//! | ts event_time (out) | carrier str (out) | flight str (out) | delay f64 (out) |
//! |---|---|---|---|
//! | 2013-01-01T10:15:00Z 2013-01-01T10:29:00Z 2013-01-01T10:45:00Z | UA "B6, Inc" NULL | 1545 1714 725 | 2.5 NULL -1.5 |
//!
//! More parameters, with their defaults: `delimiter = ","` and `quote = "\""` (one ASCII character each; `""` for
//! no quote), `header = true` (with `header = false`, `names = ["a", "b"]` names the columns), `line_max = "1MiB"`
//! (a longer record is rejected, and never held in memory), `rate = "20k/s"` (absent: as fast as it can be read).
//!
//! The type of a column is guessed from the first 10,000 records (or the first MiB): the first of i64, f64, time,
//! bool (true, false) and str that holds all its values. Digits with a leading zero are str, and so is a column
//! of NULLs. A number must be finite. A list<str>, which is never guessed, is a JSON array.
//!
//! A record that can't be read is rejected, with the reason `type:COLUMN` (a value is not of its column's type),
//! `fields` (there are more or fewer than columns), `quote` (a quote is never closed: only the line where it opens
//! is rejected), `too_long` or `utf8`. More than 1 % of such records end the run: the stage's key `max_rejects` says
//! how many may be. Blank lines are no records; `\n`, `\r\n` and `\r` end a line.
//!
//! With `time` each record is known to be late by how far its time lies behind the greatest that was read before
//! it. A time more than `ahead_max` beyond that is rejected (`time_ahead`; absent: no bound, and one wrong year makes
//! all that follow late). Windows wait for a source that reads nothing, unless that is so for `idle_after`.
//!
//! After a crash it goes on where it was, at a byte of the text. RFC 4180.

mod given;
mod rows;
mod table;

use super::common::input::Input as File;
use super::common::pace::Pace;
use crate::data::{Batch, Schema};
use crate::error::{Error, Exit, Result};
use crate::format::csv::Records;
use crate::operator::{Advice, Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params;
use given::{All, Given, check};
use rows::Rows;

pub(super) const OPERATOR: Spec = Spec::new(
    "csv",
    "reads a CSV file, plain or gzip, at a rate or as fast as it can",
    include_str!("csv.rs"),
    plan,
)
.parameters::<All>()
.called(&["file", "files", "tsv", "read_csv", "csv_reader", "csv_file"])
.reads(Inputs::None)
.place("path")
.paced("rate")
.typed("types")
.sample(sample);

fn sample(params: &params::Params) -> Result<Schema> {
    // What is wrong with the parameters, `plan` says better: by key.
    let Ok(Given { table, .. }) = check(params.clone()) else { return Ok(Schema::default()) };
    table.sample().map_err(|error| Error { exit: Exit::Usage, ..error })
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { table, flow } = check(given)?;
    let schema = inputs.first().map(|input| input.schema.clone()).unwrap_or_default();
    let (mut problems, mut time) = (Vec::new(), None);
    if !inputs.is_empty() {
        problems = table.typing.unknown(&schema);
        time = flow.event_time(&schema, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let schema = time.map_or(schema.clone(), |time| schema.with_time(time.column));
    let planned = Planned::new(schema.clone(), move || Csv {
        world: World::Closed,
        rows: Rows::new(table.clone(), &schema),
        pace: Pace::new(flow.rate),
        schema: schema.clone(),
    });
    Ok(Planned { time, ..planned })
}

/// How far the file is open.
enum World {
    Closed,
    /// On the way to the byte where an earlier process stopped.
    Forward(File),
    Open(Records<File>),
}

struct Csv {
    schema: Schema,
    world: World,
    rows: Rows,
    pace: Pace,
}

impl Csv {
    /// Opens the file, and goes where an earlier process stopped.
    fn open(&mut self, cx: &mut Cx) -> Result<World> {
        let (records, names) = self.rows.table.open()?;
        let path = &self.rows.table.path;
        if !self.schema.names().eq(names.iter().map(String::as_str)) {
            let why = format!("the columns of {path} have changed since it was checked: start a new run");
            return Err(Error::failed(why));
        }
        if cx.offset() == 0 {
            cx.set_offset(records.position());
            return Ok(World::Open(records));
        }
        Ok(World::Forward(File::open(path)?))
    }

    fn produce(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let World::Open(records) = &mut self.world else { return Ok(Next::Again) };
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        let filled = self.rows.fill(records, &mut self.pace, allowed, batch, cx);
        cx.set_offset(records.position());
        let (mut ended, next) = (filled?, self.pace.next(cx.now_ns));
        if let Next::At(_) = next {
            // The end is told at once, not when one more record would be due.
            ended = ended || records.is_at_end().map_err(|e| File::failure(&self.rows.table.path, &e))?;
        }
        Ok(if ended && batch.is_empty() {
            Next::End
        } else if ended {
            Next::Again
        } else {
            next
        })
    }
}

impl Operator for Csv {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        match &mut self.world {
            World::Closed => self.world = self.open(cx)?,
            World::Forward(file) => {
                let offset = cx.offset();
                if file.forward(offset)?
                    && let World::Forward(file) = std::mem::replace(&mut self.world, World::Closed)
                {
                    self.world = World::Open(self.rows.table.records(file, offset));
                }
            }
            World::Open(_) => return self.produce(batch, cx),
        }
        Ok(Next::Again)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        Ok(Next::End)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.rows.rejects.advice(reason)
    }
}
