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
//! A file as a spreadsheet or a database wrote it:
//!
//! ```toml
//! operator = "csv"
//! path = "data/shops.csv"
//! skip = 1                         # lines above the header line
//! delimiter = ";"
//! unique_names = true              # a second "a" is "a_2", a third column without a name is "column3"
//! comment = "#"                    # a line that begins so is no record
//! ragged = true                    # a record may have fewer fields, or empty ones too many
//! quoted_null = false              # "" in quotes is an empty text
//! trim = true                      # blanks around fields are no part of them
//! decimal = ","
//! thousands = "."
//! time_format = "%d.%m.%Y"         # as for strptime
//! true = ["ja"]                    # besides "true"
//! false = ["nein"]
//! ```
//!
//! ```csv
//! Shops, as of May
//! name;name;since;sales;open;
//! "Nord; 1"; "" ;31.12.2019;1.234,5;ja;
//! # closed last year
//! Ost;;01.02.2020;-7;Nein
//! ```
//!
//! | name str (out) | name_2 str (out) | since time (out) | sales f64 (out) | open bool (out) |
//! |---|---|---|---|---|
//! | "Nord; 1" Ost | "" NULL | 2019-12-31T00:00:00Z 2020-02-01T00:00:00Z | 1234.5 -7 | true false |
//!
//! More parameters: `quote = "'"` (`""` for none), `escape = "\\"` (it takes the meaning of a quote, a delimiter, a
//! line end or itself behind it; anything else it leaves alone), `encoding = "windows-1252"` (by the names of the web;
//! a byte-order mark wins), `names = ["a", "b"]` (instead of the header line's; `header = false`: there is none),
//! `lenient_quotes = true` (text behind a closing quote is taken as it is), `line_max = "1MiB"` (a longer record is
//! never held in memory), `rate = "20k/s"` (absent: as fast as it can be read).
//!
//! The type of a column is guessed from the first 10,000 records (or the first MiB): the first of i64, f64, time,
//! bool (true, false) and str that holds all its values and changes none of them. So these are str: digits with a
//! leading zero or a plus sign, `12E4` (a number has a point or a signed exponent, as `5.9e-05`), whole numbers beyond
//! 2⁵³ beside decimals, decimals with more digits than an f64 keeps, dates without a time of day, and a column of
//! NULLs, unless a stage reads it together with one of its name that has a type. What comes later and would be changed
//! is rejected (`type:COLUMN`). A number must be finite; thousands must stand in groups of three digits. A list<str>,
//! which is never guessed, is a JSON array. `check` and `run` warn where another delimiter seems to be meant, or no
//! record has a field for each column.
//!
//! A time is RFC 3339, or a date and a time of day of `time_zone`; an offset or a zone that it names (`+05:30`,
//! `[Europe/Paris]`) holds before that. One that clocks were put forward over, or that is there twice when they are put
//! back, is rejected. With `types = { d = "time" }` a date alone is the moment at which it begins in `time_zone`. The
//! zone goes with the columns: it holds for expressions on them too. With `time_format` a time is read so only.
//!
//! A record that can't be read is rejected, with the reason `type:COLUMN` (a value is not of its column's type),
//! `fields` (there are more or fewer than columns), `quote` (a quote is never closed, or has text behind it: only the
//! line where the record begins is rejected), `too_long`, or `utf8` (`encoding`, where that is said). More than 1 % of
//! such records end the run: the stage's key `max_rejects` says how many may be. Blank lines are no records; `\n`,
//! `\r\n` and `\r` end a line. Any byte may stand in a field. A byte-order mark at the start of a line is none of it.
//!
//! With `time` each record is known to be late by how far its time lies behind the greatest that was read before
//! it. A time more than `ahead_max` beyond that is rejected (`time_ahead`; absent: no bound, and one wrong year makes
//! all that follow late). Windows wait for a source that reads nothing, unless that is so for `idle_after`.
//!
//! After a crash it goes on where it was, at a byte of the text, if it is the same file still: one that was replaced,
//! cut or written anew is told. It may grow. NULs behind the last member of a gzip file are padding; anything else is
//! left out, with a warning. Of a gzip file that was cut the whole lines are read, then it fails. RFC 4180.

mod given;
mod table;

use super::common::first_seen::FirstSeen;
use super::common::input::{Input, Reading};
use super::common::lines::{Filled, Lines};
use super::common::pace::Pace;
use crate::data::{Batch, Schema};
use crate::error::{Error, Exit, Result};
use crate::format::Records;
use crate::operator::{self, Advice, Cx, Inputs, Next, Operator, PlanResult, Planned, Sample, Spec};
use crate::params;
use given::{All, Given, check};
use table::Table;

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

fn sample(params: &params::Params) -> Result<Sample> {
    // What is wrong with the parameters, `plan` says better: by key.
    let Ok(Given { table, .. }) = check(params.clone()) else { return Ok(Sample::default()) };
    table.sample().map_err(|error| Error { exit: Exit::Usage, ..error })
}

fn plan(given: params::Params, inputs: &[operator::Input]) -> PlanResult {
    let Given { table, flow } = check(given)?;
    let schema = table.typing.in_zone(inputs.first().map(|input| input.schema.clone()).unwrap_or_default());
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
        rows: Lines::new(&table.form(), &schema, &[]),
        table: table.clone(),
        pace: Pace::new(flow.rate),
        first_seen: None,
        schema: schema.clone(),
    });
    Ok(Planned { time, ..planned })
}

/// How far the file is open.
enum World {
    Closed,
    /// On the way to the byte of the text where an earlier process stopped.
    Forward(Input, u64),
    Open(Records<Input>),
}

struct Csv {
    schema: Schema,
    world: World,
    table: Table,
    rows: Lines,
    pace: Pace,
    /// Which file it is, as it was when it was opened first.
    first_seen: Option<FirstSeen>,
}

impl Csv {
    /// Opens the file, and goes where an earlier process stopped.
    fn open(&mut self, cx: &mut Cx) -> Result<World> {
        let before = position(cx.position());
        let table = &self.table;
        let again = match before {
            Some((offset, first)) => Some((offset, table.input(Reading::Again(first))?)),
            None => None,
        };
        let reading = if again.is_some() { Reading::Look } else { Reading::All };
        let input = table.input(reading)?;
        let first_seen = again.as_ref().map_or(input.first_seen(), |(_, input)| input.first_seen());
        let (records, head) = table.open(input)?;
        if !self.schema.names().eq(head.names.iter().map(String::as_str)) {
            let path = &table.path;
            let why = format!("the columns of {path} have changed since it was checked: start a new run");
            return Err(Error::failed(why));
        }
        self.first_seen = Some(first_seen);
        let Some((offset, input)) = again else {
            keep(records.position(), self.first_seen, cx)?;
            return Ok(World::Open(Records::of_csv(records)));
        };
        Ok(World::Forward(input, offset))
    }

    fn produce(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let World::Open(records) = &mut self.world else { return Ok(Next::Again) };
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        let failed = |e: std::io::Error| Input::failure(&self.table.path, &e);
        self.rows.begin();
        let filled = self.rows.fill(records, &mut self.pace, allowed, batch, cx);
        self.rows.end(batch);
        keep(records.position(), self.first_seen, cx)?;
        let (mut ended, next) = (filled.map_err(failed)? == Filled::End, self.pace.next(cx.now_ns));
        if let Next::At(_) = next {
            // The end is told at once, not when one more record would be due.
            ended = ended || records.is_at_end().map_err(failed)?;
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

/// Keeps how far the text was read, and of which file.
fn keep(offset: u64, first_seen: Option<FirstSeen>, cx: &mut Cx) -> Result<()> {
    let [a, b, c, d] = first_seen.map_or([0; 4], FirstSeen::to_words);
    cx.set_position([offset, a, b, c, d].map(u64::to_le_bytes).as_flattened())
}

/// How far an earlier process has come, and in which file.
fn position(bytes: &[u8]) -> Option<(u64, FirstSeen)> {
    let (words, _) = bytes.as_chunks();
    let &[offset, a, b, c, d] = words else { return None };
    Some((u64::from_le_bytes(offset), FirstSeen::from_words([a, b, c, d].map(u64::from_le_bytes))))
}

impl Operator for Csv {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        match &mut self.world {
            World::Closed => self.world = self.open(cx)?,
            World::Forward(file, offset) => {
                if file.forward(*offset)?
                    && let World::Forward(file, offset) = std::mem::replace(&mut self.world, World::Closed)
                {
                    self.world = World::Open(Records::of_csv(self.table.records(file, offset)));
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
        self.rows.advice(reason)
    }
}
