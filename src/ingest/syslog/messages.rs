//! Messages of syslog as rows; what is none is rejected.

use crate::clock::wall_ns;
use crate::data::time::TimeZone;
use crate::data::{Batch, Schema, Type, Value};
use crate::format::syslog::{Clock, Message, parse};
use crate::ingest::common::pace::Pace;
use crate::ingest::common::post::Open;
use crate::ingest::common::rejects::{Rejects, RejectsFile};
use crate::operator::{Advice, Cx};
use crate::units::Bytes;

/// Makes rows of messages.
pub(super) struct Messages {
    /// A longer one is rejected.
    pub max: usize,
    clock: Clock,
    rejects: Rejects,
}

pub(super) fn schema() -> Schema {
    Schema::of(&[
        ("time", Type::Time),
        ("severity", Type::Str),
        ("level", Type::I64),
        ("facility", Type::Str),
        ("host", Type::Str),
        ("app", Type::Str),
        ("procid", Type::Str),
        ("msgid", Type::Str),
        ("message", Type::Str),
        ("data", Type::Str),
    ])
}

impl Messages {
    pub(super) fn new(max: usize, zone: Option<TimeZone>) -> Messages {
        let remedies = [
            ("pri", "a message begins with its priority, such as <13>: see who sends these".to_string()),
            (
                "syslog",
                "a message that begins with <13>1 must be one of RFC 5424: see who sends these".to_string(),
            ),
            ("utf8", "let its sender write UTF-8".to_string()),
            ("too_long", format!("raise message_max = \"{}\"", Bytes(max as u64))),
            ("cut", "its sender has gone in the middle of a message".to_string()),
            ("frame", "a message over TCP says its length (RFC 6587), or ends its line".to_string()),
        ];
        Messages { max, clock: Clock { zone, now_ns: 0 }, rejects: Rejects::new(&schema(), &remedies) }
    }

    /// What is rejected is kept in a file too.
    pub(super) fn keep_rejects(self, file: Option<RejectsFile>) -> Messages {
        Messages { rejects: self.rejects.kept_in(file), ..self }
    }

    /// Messages are read of this peer from now on; asked only where what is rejected is kept.
    pub(super) fn now_in(&mut self, peer: impl FnOnce() -> String) {
        self.rejects.now_in(peer);
    }

    /// Adds a message.
    pub(super) fn add(&mut self, text: &[u8], pace: &mut Pace, batch: &mut Batch, cx: &mut Cx) {
        if text.len() > self.max {
            return self.refuse(text, "too_long", pace, cx);
        }
        let parsed = str::from_utf8(text).map_err(|_| "utf8").and_then(|text| parse(text, &self.clock));
        let message = match parsed {
            Ok(message) => message,
            Err(reason) => return self.refuse(text, reason, pace, cx),
        };
        cx.read(1);
        batch.born_ns.push(pace.take(cx.now_ns));
        batch.id.push(cx.new_id());
        push(&message, batch);
    }

    /// Rejects what is none.
    pub(super) fn refuse(&mut self, raw: &[u8], reason: &str, pace: &mut Pace, cx: &mut Cx) {
        cx.read(1);
        pace.take(cx.now_ns);
        self.rejects.number(cx.done());
        self.rejects.refuse(cx, raw, reason);
    }
}

fn push(message: &Message<'_>, batch: &mut Batch) {
    let values = [
        message.time.map_or(Value::Null, Value::Time),
        Value::Str(message.severity()),
        Value::I64(message.level()),
        Value::Str(message.facility()),
        text(message.host),
        text(message.app),
        text(message.procid),
        text(message.msgid),
        Value::Str(message.text),
        text(message.data.as_deref()),
    ];
    batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, Value::Str)
}

/// A datagram is a message.
impl Open for Messages {
    fn begin(&mut self, cx: &Cx) {
        self.rejects.begin(cx);
        self.clock.now_ns = wall_ns();
    }

    fn take(&mut self, datagram: &[u8], cut: bool, pace: &mut Pace, batch: &mut Batch, cx: &mut Cx) {
        if cut { self.refuse(datagram, "too_long", pace, cx) } else { self.add(datagram, pace, batch, cx) }
    }

    fn go_on(&mut self, _: &mut Pace, _: usize, _: &mut Batch, _: &mut Cx) -> bool {
        false
    }

    fn end(&mut self, _: &mut Batch) {}

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.rejects.advice(reason)
    }
}
