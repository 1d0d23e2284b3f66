//! `watch`: the records of a running topology, as they pass.

use crate::args::{Shown, Watch};
use crate::terminal::screen_of_stdout;
use crate::{target, tell};
use sluicebox::clock::{mono_ns, wall_ns};
use sluicebox::data::time;
use sluicebox::error::{Error, Result, reason};
use sluicebox::live::{self, Format, Lines, Rates, Stream, Wanted, choose};
use sluicebox::run::dir::RunDir;
use sluicebox::stop;
use sluicebox::topology::plan::Plan;
use sluicebox::units::group;
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// So often a chart has a line, and it is looked for the next run.
const SECOND_NS: u64 = 1_000_000_000;
const LOOK_NS: u64 = 100_000_000;
/// How long the longest bar of a chart is.
const BAR: usize = 40;

pub fn watch(args: &Watch) -> Result<()> {
    if args.rate && args.format == Shown::Csv {
        return Err(Error::usage("--rate draws a chart, or tells rates with --format json: it has no CSV"));
    }
    let target = target::named(args.target.as_deref())?;
    let dir = target::dir(&target)?;
    stop::listen_or_leave(Duration::ZERO)?;
    let until_ns = args.watch_for.map_or(u64::MAX, |span| mono_ns().saturating_add(span.ns));
    let mut session = Session { args, until_ns, seen: 0, missed: 0, most: args.count.unwrap_or(u64::MAX) };
    let mut before: Option<(String, Vec<Stream>)> = None;
    loop {
        let plan = match awaited(args, &target, &dir, before.as_ref(), until_ns)? {
            Some(plan) => plan,
            None => break,
        };
        let streams = choose(&plan, &args.streams)?;
        if args.endpoint {
            return tell_endpoints(&plan, &dir, &streams);
        }
        if !session.watch(&plan, &dir, &streams)? {
            break;
        }
        tell(&format!("topology \"{}\" has ended; waiting for its next run", plan.name));
        before = Some((plan.run, streams));
    }
    session.tell_end();
    Ok(())
}

/// What a SUB of ZeroMQ connects to, each once.
fn tell_endpoints(plan: &Plan, dir: &RunDir, streams: &[Stream]) -> Result<()> {
    let mut told: Vec<String> = Vec::new();
    for endpoint in streams.iter().flat_map(|stream| stream.endpoints(plan, dir)) {
        if !told.contains(&endpoint) {
            told.push(endpoint);
        }
    }
    write(format!("{}\n", told.join("\n")).as_bytes()).map(|_| ())
}

/// The plan of the run to watch; with `--follow` of the next one, as soon as there is one. `None`: it is not waited for
/// any more.
fn awaited(
    args: &Watch,
    target: &str,
    dir: &RunDir,
    before: Option<&(String, Vec<Stream>)>,
    until_ns: u64,
) -> Result<Option<Plan>> {
    if !args.follow {
        let plan = target::plan(target, dir)?;
        let name = &plan.name;
        return match dir.is_held() {
            true => Ok(Some(plan)),
            false => Err(Error::failed(format!(
                "topology \"{name}\" does not run now (`sluicebox run FILE` starts it, --follow waits for it)"
            ))),
        };
    }
    while stop::asked() == 0 && mono_ns() < until_ns {
        // A plan comes last of all that a run is found by, and those of an earlier run go first.
        let plan = if dir.is_held() { dir.plan().ok() } else { None };
        // Of a run that goes on they have workers again that are to finish.
        let is_new = |plan: &Plan| match before {
            Some((run, streams)) if *run == plan.run => target::reader(plan, dir).is_ok_and(|all| {
                let books = all.read();
                streams.iter().any(|stream| stream.is_to_come(&books))
            }),
            _ => true,
        };
        if let Some(plan) = plan.filter(is_new) {
            return Ok(Some(plan));
        }
        stop::nap(LOOK_NS);
    }
    Ok(None)
}

/// What one command watches, over one run or several.
struct Session<'a> {
    args: &'a Watch,
    until_ns: u64,
    seen: u64,
    missed: u64,
    /// How many records are still wanted.
    most: u64,
}

impl Session<'_> {
    /// Watches one run; whether the next one is to be watched too.
    fn watch(&mut self, plan: &Plan, dir: &RunDir, streams: &[Stream]) -> Result<bool> {
        let written =
            if self.args.rate { self.chart(plan, dir, streams) } else { self.records(plan, dir, streams) };
        match written? {
            End::Run => Ok(self.args.follow),
            End::Enough => Ok(false),
        }
    }

    fn records(&mut self, plan: &Plan, dir: &RunDir, streams: &[Stream]) -> Result<End> {
        let mut watch = live::Watch::open(plan, dir, streams)?;
        let format = match self.args.format {
            Shown::Table => Format::Table,
            Shown::Json => Format::Json,
            Shown::Csv => Format::Csv,
        };
        let condition = self.args.condition.as_deref();
        let wanted = Wanted { format, condition, fields: &self.args.fields, age: self.args.latency };
        let mut lines = Lines::new(wanted, streams, watch.schemas())?;
        let mut out = Vec::new();
        let end = loop {
            let Some(seen) = watch.next(self.until_ns)? else {
                break if watch.is_over(mono_ns()) { End::Run } else { End::Enough };
            };
            out.clear();
            let n = lines.write(&seen, self.most, screen_of_stdout(), &mut out)?;
            (self.seen, self.most) = (self.seen + n, self.most - n);
            if !write(&out)? || self.most == 0 {
                break End::Enough;
            }
        };
        self.missed += watch.missed();
        let asked_to_end = stop::asked() > 0 || mono_ns() >= self.until_ns;
        Ok(if asked_to_end { End::Enough } else { end })
    }

    /// A line for each stream a second: how many records, and a bar.
    fn chart(&mut self, plan: &Plan, dir: &RunDir, streams: &[Stream]) -> Result<End> {
        let reader = target::reader(plan, dir)?;
        let (mut rates, mut most) = (Rates::default(), 1.0f64);
        let width = streams.iter().map(|stream| stream.name.len()).max().unwrap_or(0);
        loop {
            let now = mono_ns();
            let books = reader.read();
            let told = rates.look(plan, streams, &books, now).unwrap_or_default();
            most = told.iter().copied().fold(most, f64::max);
            let mut out = String::new();
            let at = time::to_text(wall_ns());
            for (stream, rate) in streams.iter().zip(&told) {
                let bar = "#".repeat((rate / most * BAR as f64).ceil() as usize);
                out += &match self.args.format {
                    Shown::Json => format!(
                        "{}\n",
                        serde_json::json!({ "time": at, "stream": stream.name, "records_per_s": rate })
                    ),
                    _ => format!(
                        "{} {:<width$} {:>12}/s {bar}\n",
                        clock(&at),
                        stream.name,
                        group(*rate as u64)
                    ),
                };
            }
            if !write(out.as_bytes())? {
                return Ok(End::Enough);
            }
            if !dir.is_held() {
                return Ok(End::Run);
            }
            let next = (now + SECOND_NS).min(self.until_ns);
            while mono_ns() < next && stop::asked() == 0 {
                stop::nap(next.saturating_sub(mono_ns()));
            }
            if stop::asked() > 0 || next >= self.until_ns {
                return Ok(End::Enough);
            }
        }
    }

    /// How much was seen, and what was not.
    fn tell_end(&self) {
        if !self.args.rate {
            let records = if self.seen == 1 { "record" } else { "records" };
            tell(&format!("watched {} {records}, missed {}", group(self.seen), group(self.missed)));
        }
    }
}

/// Why a run is not watched any more.
enum End {
    /// It has ended.
    Run,
    /// What was asked for has been seen.
    Enough,
}

/// The time of day of a time in UTC.
fn clock(time: &str) -> &str {
    time.get(11..19).unwrap_or(time)
}

/// Writes lines at once; false when nobody reads them any more.
fn write(lines: &[u8]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(lines).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(e) => Err(Error::failed(format!("cannot write the records: {}", reason(&e)))),
    }
}
