//! What each operator costs: nanoseconds a record, in batches of 1, 100 and 1,000 records.
//!
//! ```text
//!   bare   batch ─── its columns, copied ───> batch     (the last number of a line)
//!   ours   batch ─── process ───────────────> batch     for every operator that is registered
//! ```
//!
//! An operator's parameters and records are those of the first example on its page, repeated until a batch is full; a
//! source's file holds its example's lines again and again. Batches are filled before the clock starts. A sink writes
//! to a folder that goes away afterwards, a file as a line a record, a database in transactions as its page says.
//!
//! `cargo bench --bench operators -- [--only kmeans] [--for 200ms] [--smoke]`

mod common;
#[path = "../tests/it/page.rs"]
mod page;

use common::args::{self, Args, Opt};
use common::clock::median_ns;
use page::{Example, Rows};
use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned, Reads, Spec};
use sluicebox::registry;
use sluicebox::units::Span;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const ROWS: [usize; 3] = [1, 100, 1000];
/// One call of what is timed goes over so many records: a transaction of `sqlite` among them.
const RECORDS: usize = 10_000;
/// A source's file holds its lines so often.
const REPEATS: usize = 20_000;

/// An operator that is ready to work.
struct Case<'a> {
    room: &'static str,
    spec: &'static Spec,
    example: &'a Example,
    planned: Planned,
}

impl<'a> Case<'a> {
    /// Plans an example; its files are in `folder`.
    fn plan(room: &'static str, spec: &'static Spec, example: &'a Example, folder: &Path) -> Result<Self> {
        let failed = |what: String| Error::failed(format!("operator \"{}\": {what}", spec.name));
        let mut params = example.params.clone();
        if let Some(path) = params.get_mut("path") {
            let file = folder.join("file");
            if let Some(lines) = &example.file {
                // A header stands on top of a CSV file only.
                let (head, rest) = match lines.tag.as_str() {
                    "csv" => lines.text.split_once('\n').unwrap_or((&lines.text, "")),
                    _ => ("", lines.text.as_str()),
                };
                let text = format!("{head}\n{}", format!("{}\n", rest.trim_end()).repeat(REPEATS));
                std::fs::write(&file, text.trim_start()).map_err(|e| failed(e.to_string()))?;
            }
            *path = file.display().to_string().into();
        }
        // A source that would end after some records goes on.
        if let Some(count) = params.get_mut("count") {
            *count = i64::MAX.into();
        }
        let input = |name: &str, schema: Schema| Input::new(name, schema);
        let inputs = match (room, spec.sample) {
            ("ingest", Some(sample)) => vec![input("sample", sample(&params)?)],
            ("ingest", None) => Vec::new(),
            _ => vec![input("input", example.input.schema.clone())],
        };
        let planned = (spec.plan)(params, &inputs).map_err(|problems| failed(format!("{problems:?}")))?;
        if planned.output != example.output.schema {
            return Err(failed("its page is of another output".to_string()));
        }
        Ok(Case { room, spec, example, planned })
    }

    fn is_source(&self) -> bool {
        self.room == "ingest"
    }

    /// The records it works on: those it reads, or those that a source makes.
    fn records(&self) -> &Rows {
        if self.is_source() { &self.example.output } else { &self.example.input }
    }

    /// An operator that has had its first call, which opens the world.
    fn start(&self, rows: usize) -> Result<Work<'_>> {
        let mut desk = Desk::new(Cx::new("run", "bench", Account::default()));
        desk.cx().records_max = rows;
        desk.enter(0, &Reads::of(self.spec.name, &self.example.input.schema));
        let batches = if self.is_source() { 1 } else { RECORDS.div_ceil(rows) };
        let batches = vec![Batch::new(&self.example.input.schema); batches];
        let mut work =
            Work { case: self, operator: (self.planned.make)(), desk, batches, rows, ended: false };
        work.desk.cx().now_ns = mono_ns();
        work.operator.process(&mut work.batches[0], work.desk.cx())?;
        Ok(work)
    }

    /// Nanoseconds a record in batches of so many.
    fn measure(&self, rows: usize, time: Duration) -> Result<f64> {
        let mut work = self.start(rows)?;
        let ns = median_ns(time, &mut work, Work::fill, Work::process)?;
        work.finish()?;
        Ok(ns)
    }

    /// Nanoseconds a record to copy what it works on.
    fn copy(&self, time: Duration) -> Result<f64> {
        let of = self.records();
        let mut batch = Batch::new(&of.schema);
        let calls = RECORDS.div_ceil(of.batch.len().max(1));
        median_ns(time, &mut batch, Batch::clear, |batch| {
            (0..calls).for_each(|_| batch.extend(black_box(&of.batch), 0, of.batch.len()));
            Ok((calls * of.batch.len()) as u64)
        })
    }
}

/// An operator at work.
struct Work<'a> {
    case: &'a Case<'a>,
    operator: Box<dyn Operator>,
    desk: Desk,
    batches: Vec<Batch>,
    rows: usize,
    /// A source has come to its end.
    ended: bool,
}

impl Work<'_> {
    /// Fills all batches with the example's records, again and again; a source that has ended begins anew.
    fn fill(&mut self) {
        let example = &self.case.example.input;
        if self.ended
            && let Ok(again) = self.case.start(self.rows)
        {
            (self.operator, self.desk, self.ended) = (again.operator, again.desk, false);
        }
        for batch in &mut self.batches {
            batch.reset(&example.schema);
            while !self.case.is_source() && batch.len() < self.rows {
                batch.extend(&example.batch, 0, example.batch.len().min(self.rows - batch.len()));
            }
        }
        self.desk.cx().now_ns = mono_ns();
    }

    /// Has all batches worked on, and answers how many records these were; a source fills one so often.
    fn process(&mut self) -> Result<u64> {
        if !self.case.is_source() {
            for batch in &mut self.batches {
                self.operator.process(black_box(batch), self.desk.cx())?;
            }
            return Ok((self.batches.len() * self.rows) as u64);
        }
        let before = self.desk.cx().done();
        while self.desk.cx().done() < before + RECORDS as u64 && !self.ended {
            match self.operator.process(&mut self.batches[0], self.desk.cx())? {
                Next::End => self.ended = true,
                Next::At(ns) => self.desk.cx().now_ns = self.desk.cx().now_ns.max(ns),
                Next::Wait | Next::Again => {}
            }
        }
        Ok(self.desk.cx().done() - before)
    }

    fn finish(&mut self) -> Result<()> {
        let batch = &mut self.batches[0];
        batch.clear();
        while self.operator.finish(batch, self.desk.cx())? == Next::Again {
            batch.clear();
        }
        Ok(())
    }
}

/// One line of the table.
fn line(room: &'static str, spec: &'static Spec, time: Duration) -> Result<()> {
    let examples =
        page::examples(spec).map_err(|e| Error::failed(format!("the page of \"{}\": {e}", spec.name)))?;
    print!("{room:<12}{:<14}", spec.name);
    let mut copy = 0.0;
    for rows in ROWS {
        let folder = tempfile::tempdir().map_err(|e| Error::failed(format!("cannot make a folder: {e}")))?;
        let case = Case::plan(room, spec, &examples[0], folder.path())?;
        print!("{:>12.1}", case.measure(rows, time)?);
        copy = case.copy(time)?;
    }
    println!("{copy:>12.1}");
    Ok(())
}

fn all(args: &Args) -> Result<()> {
    let time = args.get("--for", |text| Span::parse(text).map(Span::duration))?;
    let known = |name: &str| name == "all" || registry::all().any(|(_, spec)| spec.name == name);
    let only = args.get("--only", |name| known(name).then(|| name.to_string()))?;
    println!("ns a record, by records a batch");
    println!("{:<26}{:>12}{:>12}{:>12}{:>12}", "", ROWS[0], ROWS[1], ROWS[2], "copy");
    let chosen = registry::all().filter(|(_, spec)| only == "all" || spec.name == only);
    chosen.into_iter().try_for_each(|(room, spec)| line(room, spec, time))
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--only", usual: "all", smoke: "all", about: "the name of one operator" },
    Opt { name: "--for", usual: "200ms", smoke: "1ms", about: "how long each number is measured" },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, all)
}
