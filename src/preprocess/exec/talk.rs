//! One conversation with a program: what goes to it, and what each line of it means.

use super::asks::Asks;
use super::flight::Flight;
use super::given::{Given, Reply};
use crate::data::{Batch, Value};
use crate::error::Result;
use crate::format::{Found, Misfit, Reader, Records};
use crate::net::child::Child;
use crate::operator::Cx;
use crate::printable::one_line;
use std::io::ErrorKind;
use std::process::ChildStdout;

/// So much is put aside for it at the most, besides the record that goes beyond.
const OUTBOX_MAX: usize = 256 << 10;
/// A program that ends closes its streams so long before that is known at the most.
pub(super) const MUTE_NS: u64 = 500_000_000;
/// So much of what it says is looked at in one call, or one record more.
const HEARD_MAX: u64 = 1 << 20;
/// So much is shown of a line.
const SHOWN: usize = 120;

/// Why a conversation is over, as a clause: "wrote a line that is no JSON: …". `None`: it has ended by itself.
pub(super) type Fault = Option<String>;

pub(super) struct Talk {
    pub child: Child,
    records: Records<ChildStdout>,
    reader: Reader,
    /// Its standard output has come to its end.
    silent: bool,
    /// Since when it is known that it says or takes nothing any more.
    pub mute_ns: Option<u64>,
    /// There is more to read.
    pub more: bool,
    /// So much of its input it had taken when that was looked at last.
    took: u64,
}

impl Talk {
    pub(super) fn start(given: &Given) -> Result<Talk> {
        let (child, stdout) = Child::start(&given.program)?;
        let records = given.form.records(stdout, 0, &given.answer);
        let reader = given.form.reader(&given.answer);
        Ok(Talk { child, records, reader, silent: false, mute_ns: None, more: false, took: 0 })
    }

    /// Gives it what it may have.
    pub(super) fn feed(
        &mut self,
        given: &Given,
        asks: &mut Asks,
        flight: &mut Flight,
        (now_ns, window): (u64, usize),
    ) {
        let window = if given.reply.by_id() { window } else { usize::MAX };
        while self.child.waiting() < OUTBOX_MAX
            && let Some((number, rows, row)) = flight.next_ask(window)
        {
            asks.write(number, rows, row, self.child.outbox());
            let end = self.child.written() + self.child.waiting() as u64;
            flight.ask(now_ns, end);
        }
        self.child.push();
        if self.child.written() > self.took {
            flight.took_beyond(self.took);
            self.took = self.child.written();
        }
    }

    /// Reads what it has said. Rows that it makes itself go into `batch`.
    pub(super) fn hear(
        &mut self,
        given: &Given,
        flight: &mut Flight,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> std::result::Result<(), Fault> {
        self.more = false;
        self.reader.begin();
        let heard = self.hear_lines(given, flight, batch, cx);
        if given.reply == Reply::Any {
            self.reader.end(batch);
        }
        heard
    }

    fn hear_lines(
        &mut self,
        given: &Given,
        flight: &mut Flight,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> std::result::Result<(), Fault> {
        let (from, mut looks) = (self.records.work(), 0);
        while !self.silent {
            if looks >= cx.records_max || self.records.work() - from >= HEARD_MAX {
                self.more = true;
                break;
            }
            looks += 1;
            match self.records.next() {
                Ok(Found::End) => {
                    self.silent = true;
                    self.child.forget_voice();
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(Some(format!("can't be heard: {}", crate::error::reason(&e)))),
                // Whatever it says.
                Ok(_) if given.reply == Reply::None => {}
                Ok(Found::Record) if given.reply == Reply::Any => self.make(given, batch, cx)?,
                Ok(Found::Record) => self.answer(given, flight, cx)?,
                // Its end may never come.
                Ok(Found::Nothing) if !self.records.is_too_long() => {}
                Ok(Found::Bad("too_long") | Found::Nothing) => {
                    return Err(Some(format!(
                        "wrote {} longer than line_max: {}",
                        given.unit(),
                        self.shown()
                    )));
                }
                Ok(Found::Bad(reason)) => {
                    return Err(Some(format!(
                        "wrote {} that is none ({reason}): {}",
                        given.unit(),
                        self.shown()
                    )));
                }
            }
        }
        Ok(())
    }

    /// A line is a record of its own.
    fn make(&mut self, given: &Given, batch: &mut Batch, cx: &mut Cx) -> std::result::Result<(), Fault> {
        let reason = match self.reader.add(&self.records, &mut batch.columns) {
            Ok(()) => None,
            Err(Misfit::Field(at)) => Some(format!("type:{}", given.answer.fields[at].name)),
            // What is no map may be anything: where the next one begins is not known.
            Err(Misfit::Record(reason @ "msgpack")) => return Err(Some(self.no_answer(given, reason))),
            Err(Misfit::Record(reason)) => {
                cx.made(1);
                cx.reject_raw(self.records.record(), reason);
                return Ok(());
            }
        };
        batch.id.push(cx.new_id());
        batch.born_ns.push(cx.now_ns);
        cx.made(1);
        if let Some(reason) = reason {
            cx.reject_raw(self.records.record(), &reason);
        }
        Ok(())
    }

    /// What it wrote is not what was asked for.
    fn no_answer(&self, given: &Given, why: &str) -> String {
        format!("wrote {} that is no answer ({why}): {}", given.unit(), self.shown())
    }

    /// A line is the answer to a record.
    fn answer(&mut self, given: &Given, flight: &mut Flight, cx: &mut Cx) -> std::result::Result<(), Fault> {
        let misfit = match self.reader.add(&self.records, &mut flight.answers.columns) {
            Ok(()) => None,
            Err(Misfit::Field(at)) => Some(at),
            Err(Misfit::Record(reason)) => {
                let why = self.reader.why().unwrap_or(reason);
                return Err(Some(self.no_answer(given, why)));
            }
        };
        flight.answers.id.push(0);
        flight.answers.born_ns.push(0);
        let row = flight.answers.len() - 1;
        let value = |at: usize| flight.answers.columns[at].value(row);
        let Value::I64(number) = value(0) else {
            let id = &given.id_as;
            return Err(Some(format!("wrote an answer without a number as \"{id}\": {}", self.shown())));
        };
        let Some(slot) = flight.slot(number) else {
            return Err(Some(format!(
                "answered {number}, which it was not asked, or has answered already: {}",
                self.shown()
            )));
        };
        let (rows, at) = flight.row(slot);
        if let Some(column) = misfit {
            cx.reject(rows, at, &format!("type:{}", given.answer.fields[column].name));
        } else if given.words.drop.is_some_and(|column| value(column) == Value::Bool(true)) {
            cx.filtered(1);
        } else if let Some(Value::Str(reason)) = given.words.reject.map(value) {
            cx.reject(rows, at, if reason.is_empty() { "no_reason" } else { reason });
        } else if given.reply == Reply::One {
            flight.answer(slot);
            return Ok(());
        }
        flight.let_go(slot);
        Ok(())
    }

    /// Whether it has closed a stream, and did not only end: that is known a moment later.
    pub(super) fn is_mute(&mut self, reply: Reply, now_ns: u64) -> std::result::Result<(), Fault> {
        let which = match (self.silent, self.child.is_deaf()) {
            // Who need not say anything may close it.
            (true, _) if reply != Reply::None => "output",
            (_, true) => "input",
            _ => return Ok(()),
        };
        let since = *self.mute_ns.get_or_insert(now_ns);
        if now_ns.saturating_sub(since) < MUTE_NS {
            return Ok(());
        }
        Err(Some(format!("closed its standard {which}")))
    }

    /// The line at hand, as a person may see it.
    fn shown(&self) -> String {
        let line = self.records.record();
        // Of a text each letter is a value of MessagePack: it is shown as the text that it is.
        let behind = if line.len() == 1 { self.records.rest() } else { &[] };
        let bytes = [line, behind].concat();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
        let more = if bytes.len() > SHOWN { "…" } else { "" };
        format!("{}{more}", one_line(&text))
    }
}
