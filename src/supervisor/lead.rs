//! The actor that leads a run: it knows who is still there, and what the run's end was.

mod stopping;

use super::child::ChildActor;
use super::event::{Event, Observer, Running};
use super::messages::{Begin, Ended, How, Said, Stop, Tick};
use super::outcome::Outcome;
use super::processes::Processes;
use super::restart::Verdict;
use crate::error::{Error, Exit};
use crate::run::logs::Keeper;
use crate::units::Span;
use actix::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::mpsc::Sender;

/// The last lines of a stage that go into the sentence about its failure.
const LAST_LINES: usize = 3;
/// The actor.
pub(super) struct Lead {
    pub running: Running,
    pub processes: Processes,
    pub program: std::path::PathBuf,
    pub observers: Vec<Box<dyn Observer>>,
    pub outcome: Outcome,
    /// Where the outcome goes when the last process has ended.
    pub ended: Sender<Outcome>,
    pub run_for: Option<Span>,
    pub children: Vec<Addr<ChildActor>>,
    /// Which processes are still there, or are to come back.
    pub there: BTreeSet<usize>,
    pub last_lines: HashMap<usize, VecDeque<String>>,
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
        for of in 0..self.processes.all.len() {
            let at = self.processes.all[of][0];
            let stage = &self.running.plan.stages[at.stage];
            let file = self.running.plan.file.display().to_string();
            let words =
                ["stage", &file, "--name", &stage.name, "--worker", &at.worker.to_string()].map(String::from);
            let child = ChildActor {
                of,
                who: self.processes.who(of),
                program: self.program.clone(),
                args: words.to_vec(),
                run_dir: self.running.dir.lend(),
                log: Rc::new(RefCell::new(Keeper::new(self.running.dir.log_path(at)))),
                may_restart: self.processes.may_restart(of),
                reads_stdin: self.processes.reads_stdin(of),
                said: ctx.address().recipient(),
                over: ctx.address().recipient(),
                pid: Default::default(),
                history: Default::default(),
                coming: None,
                stopping: self.stops > 0,
                leaving: self.stops > 1,
            };
            self.children.push(child.start());
            self.there.insert(of);
        }
    }
}

impl Lead {
    fn tell(&mut self, event: &Event<'_>) {
        self.observers.iter_mut().for_each(|observer| observer.event(event));
    }

    /// A process will not come back: tell its neighbours through its ledgers, and drain the rest.
    fn lose(&mut self, of: usize, exit: Exit, sentence: String, ctx: &mut Context<Self>) {
        self.processes.abandon(of);
        if let Some(another) = self.outcome.fail(Error::new(exit, sentence)) {
            self.tell(&Event::Failed { sentence: &another.sentence });
        }
        if self.stops == 0 {
            let why = format!("{} has failed", self.processes.who(of));
            self.stop(&why, 1, ctx);
        }
    }

    /// A sink whose reader went away has ended well, and the run with it.
    fn done(&mut self, of: usize, ctx: &mut Context<Self>) {
        if self.processes.ended_early(of).is_none() {
            return;
        }
        self.outcome.closed();
        if self.stops == 0 {
            self.stop("nobody reads standard output any more", 1, ctx);
        }
    }

    /// Passes on what a process said, or could not say itself.
    fn say(&mut self, of: usize, line: &str) {
        let stage = self.processes.name(of);
        self.tell(&Event::Said { stage: &stage, line });
    }

    fn last_words(&self, of: usize) -> String {
        let lines =
            self.last_lines.get(&of).map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
        lines.unwrap_or_default().join(" / ")
    }
}

impl Handler<Said> for Lead {
    type Result = ();

    fn handle(&mut self, said: Said, _: &mut Self::Context) {
        // The end of the run tells that one, and it is not said twice.
        if !self.processes.is_sentence(said.of, &said.line) {
            self.say(said.of, &said.line);
        }
        let lines = self.last_lines.entry(said.of).or_default();
        lines.push_back(said.line);
        if lines.len() > LAST_LINES {
            lines.pop_front();
        }
    }
}

impl Handler<Ended> for Lead {
    type Result = ();

    fn handle(&mut self, ended: Ended, ctx: &mut Self::Context) {
        let who = self.processes.who(ended.of);
        let (how, limit, sentence) = match ended.how {
            How::Ended(ending) => {
                (ending.to_string(), ending.limit(), self.processes.sentence(ended.of, ending.exit()))
            }
            How::NotStarted(why) => (String::new(), String::new(), Some(why)),
            How::NotAgain => (String::new(), String::new(), None),
        };
        match ended.verdict {
            Verdict::Restart(after) => return self.tell(&Event::Restart { who: &who, how: &how, after }),
            Verdict::Done => self.done(ended.of, ctx),
            Verdict::Left => {
                self.outcome.left();
                self.processes.abandon(ended.of);
                if self.stops == 0 {
                    let why = format!("{who} was told to leave");
                    self.stop(&why, 1, ctx);
                }
            }
            Verdict::GiveUp => {
                let words = self.last_words(ended.of);
                let said = if words.is_empty() { String::new() } else { format!("; it said last: {words}") };
                let often =
                    if self.processes.may_restart(ended.of) { "too often" } else { "(restart = false)" };
                let sentence = format!("{who} {how} {often} and is given up{said}{limit}");
                self.lose(ended.of, Exit::GaveUp, sentence, ctx);
            }
            Verdict::Failed => {
                // One that failed before it had a ledger has only its last line.
                let words = || self.last_lines.get(&ended.of).and_then(|lines| lines.back().cloned());
                let sentence =
                    sentence.or_else(words).unwrap_or_else(|| format!("{who} {how} without a word"));
                self.lose(ended.of, Exit::Failed, sentence, ctx);
            }
        }
        self.there.remove(&ended.of);
        self.end();
    }
}

impl Handler<Stop> for Lead {
    type Result = ();

    fn handle(&mut self, stop: Stop, ctx: &mut Self::Context) {
        // That nobody reads it any more is no word of the user's: a Ctrl-C reaches a reader at the same terminal too.
        let unheard = self.outcome.is_unheard();
        self.outcome.stopped();
        // One that drains already because of a failure is stopped at once.
        let times = if self.stops > 0 && !unheard { stop.times.max(self.stops + 1) } else { stop.times };
        if times > self.stops {
            self.stop("asked to stop", times, ctx);
        }
    }
}

impl Handler<Tick> for Lead {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        let books = Rc::new(self.running.reader.read());
        self.tell(&Event::Books(&books));
        if self.stops > 0 {
            return;
        }
        // Of several threads one may end early while its process waits for the others; these wait for the sources.
        let (all, name) = (0..self.processes.all.len(), |at| self.running.plan.worker_name(at));
        let shared = all.clone().filter(|of| self.processes.all[*of].len() > 1);
        let failed = all.filter_map(|of| self.processes.failed(of));
        let failed = failed.map(|at| format!("stage \"{}\" has failed", name(at)));
        let early = shared.filter_map(|of| self.processes.ended_early(of));
        let early = early.map(|at| format!("stage \"{}\" has ended early", name(at)));
        let why = failed.chain(early).next();
        if let Some(why) = why {
            self.stop(&why, 1, ctx);
        }
    }
}
