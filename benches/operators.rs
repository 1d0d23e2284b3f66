//! What each operator costs: nanoseconds a record, in batches of 1, 100 and 1,000 records.
//!
//! ```text
//!   bare   batch ─── its columns, copied ───> batch     (the last number of a line)
//!   ours   batch ─── process ───────────────> batch     for every operator that is registered
//! ```
//!
//! An operator's parameters and records are those of the first example on its page (or of `--example 2`), repeated
//! until a batch is full; a source's file holds its example's lines again and again. Batches are filled before the
//! clock starts. A sink writes to a folder that goes away afterwards, a file as a line a record, a database in
//! transactions as its page says.
//!
//! `cargo bench --bench operators -- [--only kmeans [--example 2]] [--for 200ms] [--smoke]`

#[path = "../tests/it/case.rs"]
mod case;
mod common;
#[path = "../tests/it/page.rs"]
mod page;

use case::Case;
use common::args::{self, Args, Opt};
use common::clock::median_ns;
use page::{Example, Rows};
use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Desk, Next, Spec};
use sluicebox::registry;
use sluicebox::stage::{Place, Steps};
use sluicebox::units::Span;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

const ROWS: [usize; 3] = [1, 100, 1000];
/// One call of what is timed goes over so many records: a transaction of `sqlite` among them.
const RECORDS: usize = 10_000;
/// Operators that the same few records again and again say nothing of, and the bench that does.
const ELSEWHERE: [(&str, &str); 1] = [("join", "join")];
/// A source's file holds its lines so often.
const REPEATS: usize = 20_000;

/// An example in which a source has enough to read.
fn long(example: &Example) -> Example {
    let mut long = example.clone();
    if let Some(lines) = &mut long.file {
        // A header stands on top of a CSV file only.
        let (head, rest) = match lines.tag.as_str() {
            "csv" => lines.text.split_once('\n').unwrap_or((&lines.text, "")),
            _ => ("", lines.text.as_str()),
        };
        let text = format!("{head}\n{}", format!("{}\n", rest.trim_end()).repeat(REPEATS));
        lines.text = text.trim_start().to_string();
    }
    // A source that would end after some records goes on.
    if let Some(count) = long.params.get_mut("count") {
        *count = i64::MAX.into();
    }
    long
}

/// An operator that is ready to work.
struct Ready<'a> {
    case: Case,
    example: &'a Example,
}

impl<'a> Ready<'a> {
    fn plan(room: &str, spec: &Spec, example: &'a Example) -> Result<Self> {
        let failed = |what: String| Error::failed(format!("operator \"{}\": {what}", spec.name));
        let case = Case::plan(room, spec, example).map_err(failed)?;
        let (params, planned) = (&case.params, &case.planned);
        // A page says names and types; of which zone a time is stands in its parameters.
        let columns = |schema: &Schema| -> Vec<_> {
            schema.fields.iter().map(|field| (field.name.clone(), field.of)).collect()
        };
        if case.place != Place::Sink && columns(&planned.output) != columns(&example.output.schema) {
            return Err(failed(format!("with {params}, its page is of another output")));
        }
        for port in &planned.ports {
            let shown = example.ports.iter().find(|(name, _)| *name == port.name);
            if shown.is_some_and(|(_, rows)| rows.schema != port.schema) {
                return Err(failed(format!("with {params}, its page is of another port \"{}\"", port.name)));
            }
        }
        Ok(Ready { case, example })
    }

    /// The records it works on: those it reads first, or those that a source makes.
    fn records(&self) -> &Rows {
        self.example.inputs.first().map_or(&self.example.output, |feed| &feed.rows)
    }

    fn is_source(&self) -> bool {
        self.case.place == Place::Source
    }

    /// An operator that has had its first call, which opens the world.
    fn start(&self, rows: usize) -> Result<Work<'_>> {
        let mut desk = self.case.desk(&self.case.account());
        desk.cx().records_max = rows;
        desk.cx().now_ns = mono_ns();
        let batches = vec![Batch::default(); if self.is_source() { 1 } else { RECORDS.div_ceil(rows) }];
        let mut work = Work { ready: self, steps: self.case.steps(), desk, batches, rows, ended: false };
        work.batches.iter_mut().for_each(|batch| work.steps.reset(batch, 0));
        work.steps.process(0, &mut work.batches[0], &mut work.desk)?;
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

/// An operator at work, in a row of its own.
struct Work<'a> {
    ready: &'a Ready<'a>,
    steps: Steps,
    desk: Desk,
    batches: Vec<Batch>,
    rows: usize,
    /// A source has come to its end.
    ended: bool,
}

impl Work<'_> {
    /// Fills all batches with the example's records, again and again; a source that has ended begins anew.
    fn fill(&mut self) {
        if self.ended
            && let Ok(again) = self.ready.start(self.rows)
        {
            (self.steps, self.desk, self.ended) = (again.steps, again.desk, false);
        }
        let (feeds, turns) = (&self.ready.example.inputs, self.ready.example.turns());
        for (batch, (inlet, from, to)) in self.batches.iter_mut().zip(turns.into_iter().cycle()) {
            self.steps.reset(batch, inlet);
            while batch.len() < self.rows {
                batch.extend(&feeds[inlet].rows.batch, from, to.min(from + self.rows - batch.len()));
            }
        }
        self.desk.parts().sides.iter_mut().flatten().for_each(Batch::clear);
        self.desk.cx().now_ns = mono_ns();
    }

    /// Has all batches worked on, and answers how many records these were; a source fills one so often.
    fn process(&mut self) -> Result<u64> {
        if !self.ready.is_source() {
            let inlets = self.ready.example.turns().into_iter().map(|(inlet, ..)| inlet).cycle();
            for (batch, inlet) in self.batches.iter_mut().zip(inlets) {
                self.desk.cx().inlet = inlet;
                self.steps.process(0, black_box(batch), &mut self.desk)?;
                // What it has more of it gives before it takes more.
                while self.steps.wish(0) == Next::Again {
                    self.steps.reset(batch, inlet);
                    self.steps.process(0, black_box(batch), &mut self.desk)?;
                }
            }
            return Ok((self.batches.len() * self.rows) as u64);
        }
        let before = self.desk.cx().done();
        while self.desk.cx().done() < before + RECORDS as u64 && !self.ended {
            self.steps.reset(&mut self.batches[0], 0);
            self.steps.process(0, &mut self.batches[0], &mut self.desk)?;
            match self.steps.wish(0) {
                Next::End => self.ended = true,
                Next::At(ns) | Next::Full(ns) => self.desk.cx().now_ns = self.desk.cx().now_ns.max(ns),
                Next::Wait | Next::Again => {}
            }
        }
        Ok(self.desk.cx().done() - before)
    }

    fn finish(&mut self) -> Result<()> {
        while self.steps.finish(&mut self.batches[0], &mut self.desk)? {}
        Ok(())
    }
}

/// One line of the table.
fn line(room: &'static str, spec: &'static Spec, at: usize, time: Duration) -> Result<()> {
    let examples =
        page::examples(spec).map_err(|e| Error::failed(format!("the page of \"{}\": {e}", spec.name)))?;
    print!("{room:<12}{:<14}", spec.name);
    if spec.server.is_some() {
        println!("    waits for somebody outside");
        return Ok(());
    }
    if let Some((_, bench)) = ELSEWHERE.iter().find(|(name, _)| *name == spec.name) {
        println!("    as many partners as records: see `cargo bench --bench {bench}`");
        return Ok(());
    }
    let Some(example) = examples.get(at - 1).map(long) else {
        println!("    its page has {} examples", examples.len());
        return Ok(());
    };
    if !Ready::plan(room, spec, &example)?.case.planned.deterministic {
        println!("    another program does the work");
        return Ok(());
    }
    let mut copy = 0.0;
    for rows in ROWS {
        let ready = Ready::plan(room, spec, &example)?;
        print!("{:>12.1}", ready.measure(rows, time)?);
        copy = ready.copy(time)?;
    }
    println!("{copy:>12.1}");
    Ok(())
}

fn all(args: &Args) -> Result<()> {
    let time = args.get("--for", |text| Span::parse(text).map(Span::duration))?;
    let known = |name: &str| name == "all" || registry::all().any(|(_, spec)| spec.name == name);
    let only = args.get("--only", |name| known(name).then(|| name.to_string()))?;
    let example = args.get("--example", |text| text.parse().ok().filter(|at| *at > 0))?;
    println!("ns a record, by records a batch");
    println!("{:<26}{:>12}{:>12}{:>12}{:>12}", "", ROWS[0], ROWS[1], ROWS[2], "copy");
    let chosen = registry::all().filter(|(_, spec)| only == "all" || spec.name == only);
    chosen.into_iter().try_for_each(|(room, spec)| line(room, spec, example, time))
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--only", usual: "all", smoke: "all", about: "the name of one operator" },
    Opt { name: "--example", usual: "1", smoke: "1", about: "which example of its page" },
    Opt { name: "--for", usual: "200ms", smoke: "1ms", about: "how long each number is measured" },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, all)
}
