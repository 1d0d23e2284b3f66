//! `logs`: what the stages of a run have said, and go on saying.

use crate::args::Logs;
use crate::{target, tell};
use serde_json::json;
use sluicebox::error::{Error, Result, reason};
use sluicebox::params::nearest;
use sluicebox::printable::one_line;
use sluicebox::run::logs::{Line, Log, Tails, logs as logs_of};
use sluicebox::stop;
use sluicebox::topology::plan::{Plan, WorkerId};
use std::io::{BufWriter, ErrorKind, Write};
use std::time::Duration;

/// How often it is looked for more.
const LOOK_NS: u64 = 100_000_000;

pub fn logs(args: &Logs) -> Result<()> {
    let target = target::named(args.target.as_deref())?;
    let dir = target::dir(&target)?;
    let known = dir.get("plan.json").is_some();
    let plan = target::plan(&target, &dir)
        .map_err(|error| if known { error } else { Error::usage(error.sentence) })?;
    let launcher = dir.launcher();
    let chosen = chosen(&plan, logs_of(&plan, &dir), &args.stages)?;
    if args.follow {
        stop::listen_or_leave(Duration::ZERO)?;
    }
    let mut tails = Tails::new(&chosen);
    let mut out =
        Out { args, plan: &plan, chosen: &chosen, seen: false, to: BufWriter::new(std::io::stdout().lock()) };
    loop {
        // Looked at first: what was said before the end is there then.
        let over = !dir.is_locked() || dir.launcher() != launcher;
        let mut written = Ok(());
        tails.drain(over, |at, line| {
            written = out.line(at, line);
            written.is_ok()
        });
        match written.and_then(|()| out.to.flush()) {
            Ok(()) if args.follow && !over && stop::asked() == 0 => stop::nap(LOOK_NS),
            Ok(()) => break,
            // Who read it has seen enough.
            Err(e) if e.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(e) => return Err(Error::failed(format!("cannot write the logs: {}", reason(&e)))),
        }
    }
    if !out.seen {
        let name = &plan.name;
        tell(&format!(
            "nothing was said there yet: no logs of {} (one that is started by hand says it to its own terminal)",
            if args.stages.is_empty() { format!("topology \"{name}\"") } else { args.stages.join(", ") }
        ));
    }
    Ok(())
}

/// The logs of the stages, workers and processes that were asked for; of all, if none was.
fn chosen(plan: &Plan, mut all: Vec<Log>, asked: &[String]) -> Result<Vec<Log>> {
    if let Some(unknown) = asked.iter().find(|asked| !all.iter().any(|log| is_meant(plan, log, asked))) {
        let (name, _) = parted(unknown);
        let stages = plan.stages.iter().map(|stage| stage.name.as_str());
        let what = match plan.stage(name) {
            Some(stage) => {
                format!("has no worker \"{unknown}\": it has {name}/0 to {}", plan.stages[stage].workers - 1)
            }
            None => {
                let near = nearest(name, stages.chain(all.iter().map(|log| log.name.as_str())));
                format!(
                    "has no stage \"{name}\"{}",
                    near.map_or(String::new(), |n| format!(": did you mean \"{n}\"?"))
                )
            }
        };
        return Err(Error::usage(format!("topology \"{}\" {what}", plan.name)));
    }
    all.retain(|log| asked.is_empty() || asked.iter().any(|asked| is_meant(plan, log, asked)));
    Ok(all)
}

/// Whether STAGE, STAGE/WORKER (or as a line calls it, STAGE.WORKER) or a process's own name means a log.
fn is_meant(plan: &Plan, log: &Log, asked: &str) -> bool {
    let (name, worker) = parted(asked);
    let number = worker.map(str::parse::<u16>);
    let stage = plan.stage(name);
    let meant =
        |of: &WorkerId| Some(of.stage) == stage && number.as_ref().is_none_or(|n| *n == Ok(of.worker));
    log.workers.iter().any(meant) || log.name == asked
}

fn parted(asked: &str) -> (&str, Option<&str>) {
    asked.split_once(['/', '.']).map_or((asked, None), |(name, worker)| (name, Some(worker)))
}

/// Where lines go, and how they look.
struct Out<'a, W> {
    args: &'a Logs,
    plan: &'a Plan,
    chosen: &'a [Log],
    /// Whether anything was said at all, shown or not.
    seen: bool,
    to: W,
}

impl<W: Write> Out<'_, W> {
    fn line(&mut self, at: usize, line: &Line) -> std::io::Result<()> {
        self.seen = true;
        if self.args.since.is_some_and(|since| line.ns < since) {
            return Ok(());
        }
        let (log, time) = (&self.chosen[at], line.time());
        let text = one_line(&line.text);
        match (self.args.json, self.chosen.len()) {
            (true, _) => {
                let (stage, worker) = match log.workers.as_slice() {
                    [alone] => (self.plan.stages[alone.stage].name.as_str(), Some(alone.worker)),
                    _ => (log.name.as_str(), None),
                };
                let object = json!({ "time": time, "stage": stage, "worker": worker, "line": line.text });
                writeln!(self.to, "{object}")
            }
            (false, 1) => writeln!(self.to, "{time} {text}"),
            (false, _) => writeln!(self.to, "{time} {} | {text}", log.name),
        }
    }
}
