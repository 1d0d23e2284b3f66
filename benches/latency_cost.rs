//! What does it cost that every stage times its records, always? One turn of a stage on a batch, untimed and timed.
//!
//! ```text
//!             frame of 1, 100 or 1000 records
//!                      |
//!   untimed  socket ─ header > decode ─ filter ─ encode > header ─ socket      (a stage)
//!   timed    socket ─ header > decode ─ filter ─ encode > header ─ socket
//!                        └ link             service, age ┘
//!
//!   untimed  socket ─ header > decode ─ jsonl > /dev/null                      (a sink)
//!   timed    socket ─ header > decode ─ jsonl > /dev/null
//!                        └ link                └ service, each record's age
//! ```
//!
//! The turn is that of `stage/run.rs` without its waiting: the filter and the codec are the real ones, the clock
//! is read where the loop reads it, and the frame goes out to and comes in from a socket of this thread's own, which
//! is the least that a link costs. So a real stage has more to do for the same timing, and the share is the upper
//! limit of what timing costs it. Runs go untimed, timed, timed, untimed; told is the median over all rounds. The
//! last lines are what is done once a second or two: making the histograms public.
//!
//! `cargo bench --bench latency_cost -- [--for 40ms] [--repeat 25] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::compare;
use common::median::median;
use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result, reason};
use sluicebox::latency::{Encoder, Timings};
use sluicebox::operator::{Account, Cx, Desk, Input, Operator, Reads};
use sluicebox::registry;
use sluicebox::units::Span;
use sluicebox::wire::codec;
use sluicebox::wire::header::{Header, Kind, LEN};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

/// What timing may cost of a stage's throughput.
const GOAL: f64 = 0.03;

/// What the stage does with a batch.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Stage,
    Sink,
}

/// When the records of a batch were born: each at its own time, as of a source that keeps a rate (a million a second
/// here), or all at once, as of one that goes flat out.
#[derive(Clone, Copy, PartialEq)]
enum Births {
    Paced,
    FlatOut,
}

/// One worker and the frame it takes over and over.
struct Worker {
    part: Part,
    operator: Box<dyn Operator>,
    desk: Desk,
    batch: Batch,
    schema: Schema,
    records: u32,
    out: UnixStream,
    back: UnixStream,
    frame: Vec<u8>,
    body: Vec<u8>,
    timings: Timings,
}

/// 100 bytes a record with its id and its birth, as in `one_way`.
fn schema() -> Schema {
    Schema::of(&[("n", Type::I64), ("x", Type::F64), ("text", Type::Str)])
}

fn operator(part: Part) -> Result<Box<dyn Operator>> {
    let (name, key, value) = match part {
        Part::Stage => ("filter", "where", "n % 10 < 9 AND x > 0"),
        Part::Sink => ("jsonl", "path", "/dev/null"),
    };
    let (_, spec) = registry::find(name, false).expect("it is registered");
    let params = [(key.to_string(), value.into())].into_iter().collect();
    let planned = (spec.plan)(params, &[Input::new("in", schema())]);
    Ok((planned.map_err(|problems| Error::failed(format!("{name}: {problems:?}")))?.make)())
}

impl Worker {
    fn new(part: Part, records: u32, births: Births) -> Result<Worker> {
        let cannot = |e: std::io::Error| Error::failed(format!("cannot make a socket: {}", reason(&e)));
        let (out, back) = UnixStream::pair().map_err(cannot)?;
        let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
        desk.enter(0, &Reads::of("step", &schema()));
        let mut batch = Batch::new(&schema());
        let (text, start) = ("x".repeat(68), mono_ns());
        for n in 0..i64::from(records) {
            batch.id.push(n as u64);
            batch.born_ns.push(if births == Births::Paced { start + n as u64 * 1000 } else { start });
            let values = [Value::I64(n), Value::F64(n as f64 + 0.5), Value::Str(&text)];
            batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        let mut body = Vec::new();
        codec::encode(&batch, &mut body);
        let operator = operator(part)?;
        let (frame, timings) = (Vec::new(), Timings::default());
        let mut worker = Worker {
            part,
            operator,
            desk,
            batch,
            schema: schema(),
            records,
            out,
            back,
            frame,
            body,
            timings,
        };
        worker.frame = [&worker.header(mono_ns())[..], &worker.body].concat();
        Ok(worker)
    }

    fn header(&self, now: u64) -> [u8; LEN] {
        let (body_len, bytes) = (self.body.len() as u32, self.body.len() as u64);
        let header =
            Header { count: self.records, body_len, sent_ns: now, bytes, ..Header::new(Kind::Data, 1, 1) };
        header.write()
    }

    /// Through the socket and back: what the least of links does.
    fn pass(&mut self) -> std::io::Result<()> {
        let Worker { out, back, frame, .. } = self;
        for piece in frame.chunks_mut(16 * 1024) {
            out.write_all(piece)?;
            back.read_exact(piece)?;
        }
        Ok(())
    }

    /// Takes the frame, works on it and sends what is left. The same for both, but for what is timed.
    fn turn<const TIMED: bool>(&mut self) -> Result<()> {
        self.pass().map_err(|e| Error::failed(format!("the socket broke: {}", reason(&e))))?;
        let now = mono_ns();
        self.desk.cx().now_ns = now;
        let (header, body) = Header::read(&self.frame).map_err(Error::failed)?;
        self.batch.reset(&self.schema);
        codec::decode(body, header.count as usize, header.has(Header::LATE), &mut self.batch)
            .ok_or_else(|| Error::failed("a broken body"))?;
        if TIMED {
            self.timings.taken(header.sent_ns, now, u64::from(header.count));
        }
        let taken = self.batch.len() as u64;
        self.desk.account_mut().done += taken;
        self.operator.process(&mut self.batch, self.desk.cx())?;
        if self.part == Part::Sink {
            if TIMED {
                let stored = mono_ns();
                self.timings.stored(&self.batch.born_ns, stored);
                self.timings.served(now, stored, taken);
            }
            return Ok(());
        }
        self.body.clear();
        codec::encode(&self.batch, &mut self.body);
        let sent = mono_ns();
        let header = self.header(sent);
        self.frame[40..48].copy_from_slice(&header[40..48]);
        if TIMED {
            self.timings.sent(&self.batch.born_ns, sent);
            self.timings.served(now, sent, taken);
        }
        Ok(())
    }

    /// Nanoseconds a record, in a run of some time.
    fn run(&mut self, timed: bool, span: Span) -> Result<f64> {
        let start = mono_ns();
        let mut turns = 0u64;
        while mono_ns() - start < span.ns {
            for _ in 0..64 {
                if timed { self.turn::<true>() } else { self.turn::<false>() }?;
            }
            turns += 64;
        }
        Ok((mono_ns() - start) as f64 / (turns * u64::from(self.records)) as f64)
    }
}

fn compare(args: &Args) -> Result<()> {
    let span = args.get("--for", |text| Span::parse(text).filter(|span| span.ns > 0))?;
    let repeat = compare::repeat(args)?;
    println!(
        "{repeat} rounds of untimed, timed, timed, untimed, {span} each; goal: below {:.0} %",
        100.0 * GOAL
    );
    println!("{:<14} {:>7}  {:>16} {:>16}  {:>6}", "what", "records", "untimed", "timed", "share");
    let rows = [
        ("stage", Part::Stage, Births::Paced),
        ("sink, flat out", Part::Sink, Births::FlatOut),
        ("sink, paced", Part::Sink, Births::Paced),
    ];
    for (name, part, births) in rows {
        for records in [1, 100, 1000] {
            let mut worker = Worker::new(part, records, births)?;
            worker.run(true, span)?;
            let mut pairs = Vec::new();
            for _ in 0..repeat {
                let first = (worker.run(false, span)?, worker.run(true, span)?);
                let timed = worker.run(true, span)?;
                pairs.push(first);
                pairs.push((worker.run(false, span)?, timed));
            }
            let of = |value: &dyn Fn(&(f64, f64)) -> f64| median(pairs.iter().map(value).collect());
            // Of the throughput: records a second are so many fewer.
            let share = of(&|(untimed, timed)| 1.0 - untimed / timed);
            let verdict = if share < GOAL { "" } else { "  above the goal" };
            println!(
                "{name:<14} {records:>7}  {:>9.1} ns/rec {:>9.1} ns/rec  {:>5.1}%{verdict}",
                of(&|(untimed, _)| *untimed),
                of(&|(_, timed)| *timed),
                100.0 * share
            );
        }
    }
    tell(repeat);
    Ok(())
}

/// What is done once a second or two, with histograms of a million records that are spread as widely as is usual.
fn tell(repeat: usize) {
    let (mut timings, mut bytes, mut encoder) = (Timings::default(), Vec::new(), Encoder::default());
    let mut ns = 1000.0f64;
    while ns < 1e8 {
        let at = ns as u64;
        timings.taken(0, at, 10);
        timings.served(0, at, 10);
        timings.stored(&[0; 10], at);
        ns *= 1.000_115;
    }
    let mut once = || {
        let start = mono_ns();
        timings.write(&mut encoder, &mut bytes);
        (mono_ns() - start) as f64 / 1e3
    };
    once();
    let us = median((0..4 * repeat).map(|_| once()).collect());
    println!(
        "telling: {us:.0} us for {} records in {} bytes, once a second or two: {:.3} % of it",
        timings.age.len(),
        bytes.len(),
        us / 1e4
    );
}

const OPTIONS: &[Opt] = &[
    Opt { usual: "40ms", smoke: "2ms", ..compare::FOR },
    Opt { usual: "25", smoke: "2", ..compare::REPEAT },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
