//! The program of a step at work: it is started, fed and heard, begun anew when it fails, and ended at the end.

use super::asks::Asks;
use super::flight::Flight;
use super::given::{Given, Reply};
use super::talk::{Fault, MUTE_NS, Talk};
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Result, say};
use crate::net::child::complaint;
use crate::operator::{Cx, Next};
use crate::units::Span;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Duration;

const MINUTE_NS: u64 = 60_000_000_000;
/// After its first failure it is started again so much later, after each more twice that.
const PAUSE_NS: u64 = 100_000_000;
const PAUSE_MAX_NS: u64 = 5_000_000_000;
/// How long it may take to its end when nothing comes any more, and how long when it was asked to end.
const GRACE_NS: u64 = 10_000_000_000;
const LAST_GRACE_NS: u64 = 2_000_000_000;
/// At the end it is waited for in pieces of this.
const SLICE_MS: u16 = 50;

pub(super) struct Work {
    /// As messages begin.
    who: String,
    given: Given,
    asks: Asks,
    flight: Flight,
    talk: Option<Talk>,
    /// When it failed, within the last minute.
    fails: VecDeque<u64>,
    /// Not before this time is it started again.
    again_ns: u64,
    /// Nothing comes any more: since when there is nothing left to answer, and whether it was asked to end.
    idle_ns: Option<u64>,
    asked_to_end: bool,
    ending: bool,
}

impl Work {
    pub(super) fn new(given: &Given) -> Work {
        let id = given.reply.by_id().then_some(given.id_as.as_str());
        Work {
            who: String::new(),
            asks: Asks::new(given.written, id, &given.input),
            flight: Flight::new(&given.input, &given.answer),
            given: given.clone(),
            talk: None,
            fails: VecDeque::new(),
            again_ns: 0,
            idle_ns: None,
            asked_to_end: false,
            ending: false,
        }
    }

    pub(super) fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.talk.as_ref().map(|talk| talk.child.events())
    }

    /// Records have come.
    pub(super) fn take(&mut self, batch: &Batch) {
        self.flight.take(batch);
    }

    /// Does all that can be done now. What goes on is in the batch then.
    pub(super) fn go_on(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let now = mono_ns();
        self.turn(batch, now, cx)?;
        let oldest = self.flight.oldest(now).map(|since| since.saturating_add(self.given.time_max.ns));
        let mute = self.talk.as_ref().and_then(|talk| talk.mute_ns).map(|since| since + MUTE_NS);
        let due = match &self.talk {
            // Records that come have their turn meanwhile: a program may speak for ever.
            Some(talk) if talk.more => now,
            Some(_) => oldest.into_iter().chain(mute).min().unwrap_or(u64::MAX),
            None => self.again_ns,
        };
        Ok(match self.flight.held() {
            held if held >= cx.records_max => Next::Full(due),
            0 if due == u64::MAX => Next::Wait,
            _ => Next::At(due),
        })
    }

    fn turn(&mut self, batch: &mut Batch, now: u64, cx: &mut Cx) -> Result<()> {
        let done = self.converse_or_begin(batch, now, cx);
        // Also where it has failed for good: what it has answered before is no longer with it.
        cx.under_way(self.flight.held() as u64);
        done?;
        self.flight.move_on(batch, &self.given.from);
        cx.under_way(self.flight.held() as u64);
        if let Some(earliest) = self.flight.earliest() {
            cx.hold_back(earliest, self.flight.held());
        }
        Ok(())
    }

    fn converse_or_begin(&mut self, batch: &mut Batch, now: u64, cx: &mut Cx) -> Result<()> {
        if self.who.is_empty() {
            self.who = format!("stage \"{}\"", cx.stage());
        }
        if self.talk.is_none() && now >= self.again_ns && !(self.ending && self.flight.open() == 0) {
            match Talk::start(&self.given) {
                Ok(talk) => self.talk = Some(talk),
                Err(e) if self.fails.is_empty() => return Err(e),
                Err(e) => self.failed(&e.sentence, None, 0, now)?,
            }
        }
        match self.converse(batch, now, cx) {
            Ok(()) => Ok(()),
            Err(fault) => self.fail(fault, now, cx),
        }
    }

    /// Whatever is wrong with the program is told.
    fn converse(&mut self, batch: &mut Batch, now: u64, cx: &mut Cx) -> std::result::Result<(), Fault> {
        let Work { who, given, asks, flight, talk: Some(talk), ending, .. } = self else { return Ok(()) };
        // What it said before its end is heard all the same.
        let ended = talk.child.has_ended();
        if !ended {
            talk.feed(given, asks, flight, (now, cx.records_max));
        }
        talk.child.hear_complaints(who, now);
        talk.hear(given, flight, batch, cx)?;
        take_up_to(talk.child.written(), given.reply, flight, cx);
        if !ended {
            talk.feed(given, asks, flight, (now, cx.records_max));
        }
        if *ending && flight.asked() == flight.open() {
            // Nothing is to come behind what it has. Many a program answers only now.
            talk.child.close();
        }
        if *ending && flight.open() == 0 {
            return Ok(());
        }
        if !talk.more {
            if ended {
                return Err(None);
            }
            talk.is_mute(given.reply, now)?;
        }
        match flight.oldest(now) {
            Some(since) if now.saturating_sub(since) >= given.time_max.ns => {
                let what =
                    if given.reply.by_id() { "left a record without an answer" } else { "took nothing" };
                Err(Some(format!("{what} for {}", given.time_max)))
            }
            _ => Ok(()),
        }
    }

    /// Ends the program, and settles what it had.
    fn fail(&mut self, fault: Fault, now: u64, cx: &mut Cx) -> Result<()> {
        let Some(mut talk) = self.talk.take() else { return Ok(()) };
        let how = talk.child.end();
        talk.child.hear_complaints(&self.who, now);
        let what = fault.unwrap_or(how);
        let words = talk.child.last_words().map(str::to_string);
        take_up_to(talk.child.read(), self.given.reply, &mut self.flight, cx);
        let had = self.flight.asked() as u64;
        let lost = self.flight.fail(self.given.retry, talk.child.read());
        cx.lose(lost);
        let had = match (self.given.reply.by_id(), had) {
            (true, 1..) => format!(" while it had {had} {}", records(had)),
            _ => String::new(),
        };
        self.failed(&format!("{} {what}{had}", self.given.program.name()), words.as_deref(), lost, now)
    }

    fn failed(&mut self, what: &str, words: Option<&str>, lost: u64, now: u64) -> Result<()> {
        self.fails.retain(|at| now.saturating_sub(*at) < MINUTE_NS);
        self.fails.push_back(now);
        let n = self.fails.len() as u64;
        if n > self.given.restarts_max {
            let times = if n == 1 { "once".to_string() } else { format!("{n} times within a minute") };
            return Err(complaint(&format!("the program has failed {times}: {what}"), words));
        }
        let doublings = (n - 1).min(16) as u32;
        let pause = (PAUSE_NS << doublings).min(PAUSE_MAX_NS);
        self.again_ns = now + pause;
        let lost = match lost {
            0 => String::new(),
            1 => "; the record is lost".to_string(),
            lost => format!("; {lost} records are lost"),
        };
        say(&format!("{}: {what}{lost}; it is started again in {}", self.who, Span { ns: pause }));
        Ok(())
    }

    /// Goes one piece further to the end: what is still with the program is answered, and the program ends.
    pub(super) fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.ending {
            self.wait();
        }
        self.ending = true;
        cx.progress()?;
        let now = mono_ns();
        // What it has said before its end is heard with this turn, whoever else may still have its output.
        let ended = self.talk.as_ref().is_some_and(|talk| talk.child.has_ended());
        self.turn(batch, now, cx)?;
        if self.flight.open() > 0 {
            return Ok(Next::Again);
        }
        let Some(talk) = &mut self.talk else { return Ok(Next::End) };
        if talk.more || !ended {
            let idle = now.saturating_sub(*self.idle_ns.get_or_insert(now));
            let grace = GRACE_NS.min(self.given.time_max.ns);
            if idle < grace + LAST_GRACE_NS {
                if idle >= grace && !self.asked_to_end {
                    self.asked_to_end = true;
                    talk.child.ask_to_end();
                }
                return Ok(Next::Again);
            }
        }
        self.over()
    }

    /// The program has ended, or ends now.
    fn over(&mut self) -> Result<Next> {
        let Some(mut talk) = self.talk.take() else { return Ok(Next::End) };
        let how = talk.child.end();
        talk.child.hear_complaints(&self.who, mono_ns());
        if how == "exited with code 0" {
            return Ok(Next::End);
        }
        let name = self.given.program.name();
        if self.given.reply.is_sink() && !self.asked_to_end {
            let what = format!("{name} {how} at its end: what it was given may not be stored");
            return Err(complaint(&what, talk.child.last_words()));
        }
        let late = if self.asked_to_end { "did not end when its input had, and " } else { "" };
        say(&format!("warning: {}: {name} {late}{how}", self.who));
        Ok(Next::End)
    }

    /// Waits a little for the program.
    fn wait(&self) {
        match &self.talk {
            Some(talk) if talk.more => {}
            Some(talk) => {
                let mut fds = [PollFd::new(talk.child.events(), PollFlags::POLLIN)];
                // Whatever is wrong with it, the next turn tells it better.
                let _ = poll(&mut fds, PollTimeout::from(SLICE_MS));
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// A program that answers nothing by its id has its input so far: that was all that it is to do with these records.
fn take_up_to(input: u64, reply: Reply, flight: &mut Flight, cx: &mut Cx) {
    if !reply.by_id() {
        let taken = flight.written(input);
        if reply == Reply::Any {
            cx.absorbed(taken);
        }
    }
}

fn records(n: u64) -> &'static str {
    if n == 1 { "record" } else { "records" }
}
