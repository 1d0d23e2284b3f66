//! The actor that leads a run: it knows who is still there, and what the run's end was.

use super::child::{ChildActor, Tell};
use super::launch::{Event, Outcome};
use super::restart::{Ending, Verdict};
use crate::error::Exit;
use crate::runtime::books::{Books, worker_name};
use crate::runtime::dir::RunDir;
use crate::topology::plan::Plan;
use crate::units::Span;
use crate::wire::ledger::State;
use actix::prelude::*;
use nix::sys::signal::Signal;
use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Sender;
use std::time::Duration;

/// The last lines of a stage that go into the sentence about its failure.
const LAST_LINES: usize = 3;
/// What a process gets between the second signal and SIGKILL.
const GRACE: Duration = Duration::from_secs(1);

/// A process said something.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Said {
    pub at: (usize, u16),
    pub line: String,
}

/// A process ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ended {
    pub at: (usize, u16),
    pub verdict: Verdict,
    pub ending: Option<Ending>,
}

/// Stop was asked for, for the `times`th time.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop {
    pub times: u32,
}

/// Look at the ledgers and tell.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Look;

pub struct Lead {
    pub plan: Plan,
    pub dir: RunDir,
    pub program: std::path::PathBuf,
    pub tell: Box<dyn FnMut(Event<'_>)>,
    pub outcome: Outcome,
    /// Where the outcome goes when the last process has ended.
    pub ended: Sender<Outcome>,
    pub run_for: Option<Span>,
    pub children: HashMap<(usize, u16), Addr<ChildActor>>,
    pub running: usize,
    pub last_lines: HashMap<(usize, u16), VecDeque<String>>,
    pub stops: u32,
}

impl Actor for Lead {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(span) = self.run_for {
            ctx.run_later(span.duration(), |lead, ctx| lead.stop(1, ctx));
        }
        for at in self.plan.workers().collect::<Vec<_>>() {
            let stage = &self.plan.stages[at.0];
            let file = self.plan.file.display().to_string();
            let words =
                ["stage", &file, "--name", &stage.name, "--worker", &at.1.to_string()].map(String::from);
            let child = ChildActor {
                at,
                program: self.program.clone(),
                args: words.to_vec(),
                run_dir: self.dir.path().to_path_buf(),
                log: std::fs::File::create(self.dir.log_path(at)).ok(),
                may_restart: stage.restart,
                lead: ctx.address(),
                pid: None,
                history: Default::default(),
                leaving: false,
            };
            self.children.insert(at, child.start());
            self.running += 1;
        }
    }
}

impl Lead {
    fn name(&self, at: (usize, u16)) -> String {
        worker_name(&self.plan, at.0, at.1)
    }

    fn tell_all(&self, signal: Signal, leave: bool) {
        self.children.values().for_each(|child| child.do_send(Tell { signal, leave }));
    }

    fn stop(&mut self, times: u32, ctx: &mut Context<Self>) {
        self.stops = self.stops.max(times);
        (self.tell)(Event::Stopping { times });
        self.tell_all(Signal::SIGTERM, times > 1);
        if times > 1 {
            ctx.run_later(GRACE, |lead, _| lead.tell_all(Signal::SIGKILL, true));
        }
    }

    /// A stage will not come back: say so, tell its neighbours through its ledger, and drain the rest.
    fn lose(&mut self, at: (usize, u16), exit: Exit, sentence: String, ctx: &mut Context<Self>) {
        if let Ok(ledger) = self.dir.ledger(at) {
            ledger.set_state(State::GivenUp);
        }
        (self.tell)(Event::Failed { sentence: &sentence });
        self.outcome.fail(exit, sentence);
        if self.stops == 0 {
            self.stop(1, ctx);
        }
    }

    fn last_words(&self, at: (usize, u16)) -> String {
        let lines =
            self.last_lines.get(&at).map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
        lines.unwrap_or_default().join(" / ")
    }
}

impl Handler<Said> for Lead {
    type Result = ();

    fn handle(&mut self, said: Said, _: &mut Self::Context) {
        let name = self.name(said.at);
        (self.tell)(Event::Said { stage: &name, line: &said.line });
        let lines = self.last_lines.entry(said.at).or_default();
        lines.push_back(said.line);
        if lines.len() > LAST_LINES {
            lines.pop_front();
        }
    }
}

impl Handler<Ended> for Lead {
    type Result = ();

    fn handle(&mut self, ended: Ended, ctx: &mut Self::Context) {
        let name = self.name(ended.at);
        let how = match ended.ending {
            Some(Ending::Code(code)) => format!("ended with code {code}"),
            Some(Ending::Signal(signal)) => format!("was ended by signal {signal}"),
            None => "could not be started".to_string(),
        };
        match ended.verdict {
            Verdict::Restart(after) => {
                (self.tell)(Event::Restart { stage: &name, how: &how, after });
                return;
            }
            Verdict::Done => {}
            Verdict::Left => self.outcome.left(),
            Verdict::GiveUp => {
                let words = self.last_words(ended.at);
                let said = if words.is_empty() { String::new() } else { format!("; it said last: {words}") };
                let sentence = format!("stage \"{name}\" {how} too often and is given up{said}");
                self.lose(ended.at, Exit::GaveUp, sentence, ctx);
            }
            Verdict::Failed => {
                let words = self.last_lines.get(&ended.at).and_then(|lines| lines.back().cloned());
                let sentence = words.unwrap_or_else(|| format!("stage \"{name}\" {how} without a word"));
                self.lose(ended.at, Exit::Failed, sentence, ctx);
            }
        }
        self.running -= 1;
        if self.running == 0 {
            self.ended.send(self.outcome.clone()).expect("the launcher waits for it");
            System::current().stop();
        }
    }
}

impl Handler<Stop> for Lead {
    type Result = ();

    fn handle(&mut self, stop: Stop, ctx: &mut Self::Context) {
        self.outcome.stopped();
        // One that drains already because of a failure is stopped at once.
        let times = if self.stops > 0 { stop.times.max(self.stops + 1) } else { stop.times };
        self.stop(times, ctx);
    }
}

impl Handler<Look> for Lead {
    type Result = ();

    fn handle(&mut self, _: Look, _: &mut Self::Context) {
        if let Ok(books) = Books::read(&self.plan, &self.dir) {
            (self.tell)(Event::Books { plan: &self.plan, books: &books });
        }
    }
}
