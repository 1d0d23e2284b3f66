//! The actor that leads a run: it knows who is still there, and what the run's end was.

use super::child::{ChildActor, Tell};
use super::launch::{Event, Outcome};
use super::restart::{Ending, Verdict};
use crate::error::{Error, Exit};
use crate::runtime::books::{Books, worker_name};
use crate::runtime::dir::RunDir;
use crate::topology::plan::Plan;
use crate::units::Span;
use crate::wire::ledger::State;
use actix::prelude::*;
use nix::sys::signal::Signal;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
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

/// Start the processes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Begin;

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
    /// What a stage said of itself by name, until it is clear whether that was the sentence it ended with: the
    /// end of the run tells that one, and it is not said twice.
    pub held: HashMap<(usize, u16), String>,
    pub stops: u32,
}

impl Actor for Lead {
    type Context = Context<Self>;
}

impl Handler<Begin> for Lead {
    type Result = ();

    fn handle(&mut self, _: Begin, ctx: &mut Self::Context) {
        if let Some(span) = self.run_for {
            ctx.run_later(span.duration(), |lead, ctx| {
                // One that drains already is not hurried.
                if lead.stops == 0 {
                    lead.stop("the time is up", 1, ctx);
                }
            });
        }
        for at in self.plan.workers().collect::<Vec<_>>() {
            let stage = &self.plan.stages[at.0];
            let file = self.plan.file.display().to_string();
            let words =
                ["stage", &file, "--name", &stage.name, "--worker", &at.1.to_string()].map(String::from);
            let child = ChildActor {
                at,
                name: self.name(at),
                program: self.program.clone(),
                args: words.to_vec(),
                run_dir: self.dir.path().to_path_buf(),
                log: std::fs::File::create(self.dir.log_path(at)).ok(),
                may_restart: stage.restart,
                lead: ctx.address(),
                pid: None,
                history: Default::default(),
                coming: None,
                stopping: self.stops > 0,
                leaving: self.stops > 1,
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

    fn stop(&mut self, why: &str, times: u32, ctx: &mut Context<Self>) {
        self.stops = self.stops.max(times);
        (self.tell)(Event::Stopping { why, at_once: times > 1 });
        self.tell_all(Signal::SIGTERM, times > 1);
        if times > 1 {
            ctx.run_later(GRACE, |lead, _| lead.tell_all(Signal::SIGKILL, true));
        }
    }

    /// Tells a worker's neighbours that it will not come back: nobody need wait for it.
    fn abandon(&self, at: (usize, u16)) {
        if let Ok(ledger) = self.dir.ledger(at)
            && ledger.state() != State::Finished
        {
            ledger.set_state(State::GivenUp);
        }
    }

    /// A stage will not come back: tell its neighbours through its ledger, and drain the rest.
    fn lose(&mut self, at: (usize, u16), exit: Exit, sentence: String, ctx: &mut Context<Self>) {
        self.abandon(at);
        if let Some(another) = self.outcome.fail(Error::new(exit, sentence)) {
            (self.tell)(Event::Failed { sentence: &another.sentence });
        }
        if self.stops == 0 {
            let why = format!("stage \"{}\" has failed", self.name(at));
            self.stop(&why, 1, ctx);
        }
    }

    /// A sink whose reader went away has ended well, and the run with it.
    fn done(&mut self, at: (usize, u16), ctx: &mut Context<Self>) {
        if !self.dir.ledger(at).is_ok_and(|ledger| ledger.state() == State::GivenUp) {
            return;
        }
        self.held.remove(&at);
        self.outcome.closed();
        if self.stops == 0 {
            self.stop("nobody reads standard output any more", 1, ctx);
        }
    }

    fn say(&mut self, at: (usize, u16), line: &str) {
        let stage = self.name(at);
        (self.tell)(Event::Said { stage: &stage, line });
    }

    fn say_held(&mut self, at: (usize, u16)) {
        if let Some(line) = self.held.remove(&at) {
            self.say(at, &line);
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
        self.say_held(said.at);
        if said.line.starts_with(&format!("stage \"{}\": ", self.name(said.at))) {
            self.held.insert(said.at, said.line.clone());
        } else {
            self.say(said.at, &said.line);
        }
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
                self.say_held(ended.at);
                (self.tell)(Event::Restart { stage: &name, how: &how, after });
                return;
            }
            Verdict::Done => self.done(ended.at, ctx),
            Verdict::Left => {
                self.held.remove(&ended.at);
                self.outcome.left();
                self.abandon(ended.at);
                if self.stops == 0 {
                    let why = format!("stage \"{name}\" was told to leave");
                    self.stop(&why, 1, ctx);
                }
            }
            Verdict::GiveUp => {
                self.say_held(ended.at);
                let words = self.last_words(ended.at);
                let said = if words.is_empty() { String::new() } else { format!("; it said last: {words}") };
                let often =
                    if self.plan.stages[ended.at.0].restart { "too often" } else { "(restart = false)" };
                let sentence = format!("stage \"{name}\" {how} {often} and is given up{said}");
                self.lose(ended.at, Exit::GaveUp, sentence, ctx);
            }
            Verdict::Failed => {
                self.held.remove(&ended.at);
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
        self.stop("asked to stop", times, ctx);
    }
}

impl Handler<Look> for Lead {
    type Result = ();

    fn handle(&mut self, _: Look, _: &mut Self::Context) {
        if let Ok(books) = Books::read(&self.plan, &self.dir) {
            (self.tell)(Event::Books { plan: &self.plan, books: &Rc::new(books) });
        }
    }
}
