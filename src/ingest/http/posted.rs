//! A body that was posted: its records, one after another, and what is told of them.

use crate::data::{Batch, Schema};
use crate::format::json::breaks_off;
use crate::format::{Form, Records};
use crate::ingest::common::lines::{Filled, Lines};
use crate::ingest::common::pace::Pace;
use crate::ingest::common::parcels::Text;
use crate::net::http::{Answer, Content, Parcel};
use crate::operator::Cx;
use serde_json::{Value, json};

/// So many rejected records are told one by one.
const TOLD_MAX: usize = 100;
/// A call looks at about so many bytes, then others get their turn.
const BYTES: u64 = 64 << 10;

pub(super) struct Posted {
    parcel: Parcel,
    records: Records<Text>,
    accepted: u64,
    rejected: Vec<Value>,
    more: u64,
    /// Up to which byte lines were counted, and how many there are up to it.
    counted: (usize, u64),
}

impl Posted {
    /// Begins to read it; one that can't be read is told so at once, and none of its records counts.
    pub(super) fn begin(mut parcel: Parcel, form: Option<&Form>, schema: &Schema) -> Option<Posted> {
        let bytes = std::mem::take(&mut parcel.bytes);
        if parcel.content == Content::Json && breaks_off(&bytes) {
            parcel.answer(Answer::Bad(
                "the body is no JSON: its array is not closed, or has no element somewhere",
            ));
            return None;
        }
        let Some(form) = form else {
            parcel.answer(Answer::Bad("CSV has no column for the rest of a record: post JSON"));
            return None;
        };
        let room = bytes.len() + 1;
        let mut records = form.records(Text::new(bytes), 0, schema);
        if parcel.content == Content::Json {
            // It is held whole: once is enough.
            records.set_room(room);
        }
        Some(Posted { parcel, records, accepted: 0, rejected: Vec::new(), more: 0, counted: (0, 1) })
    }

    pub(super) fn is_csv(&self) -> bool {
        self.parcel.content == Content::Csv
    }

    /// Reads up to `max` records more; true when that was all.
    pub(super) fn fill(
        &mut self,
        lines: &mut Lines,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> bool {
        let enough = self.records.work() + BYTES;
        let mut left = max;
        while left > 0 && self.records.work() < enough {
            let (at, done, rejected) = (self.records.position(), cx.done(), cx.rejected_total());
            let filled = lines.fill(&mut self.records, pace, 1, batch, cx);
            if cx.rejected_total() > rejected {
                self.reject(at, lines.last_reason());
            } else {
                self.accepted += cx.done() - done;
            }
            left -= (cx.done() - done) as usize;
            // A text in memory has no errors.
            if !matches!(filled, Ok(Filled::Enough)) {
                return true;
            }
        }
        false
    }

    /// The record that begins behind byte `at` was rejected.
    fn reject(&mut self, at: u64, reason: &str) {
        if self.rejected.len() == TOLD_MAX {
            self.more += 1;
            return;
        }
        let line = match self.parcel.content {
            Content::Json => self.accepted + self.rejected.len() as u64 + 1,
            Content::Lines | Content::Csv => self.line(at),
        };
        self.rejected.push(json!({ "line": line, "reason": reason }));
    }

    /// The line in which the first record behind byte `at` begins.
    fn line(&mut self, at: u64) -> u64 {
        let text = self.records.source().text();
        let at = (at as usize).min(text.len());
        let blank = text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let (from, lines) = self.counted;
        let upto = (at + blank).max(from);
        let lines = lines + text[from..upto].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = (upto, lines);
        lines
    }

    /// Tells what has become of it.
    pub(super) fn answer(self) {
        let mut answer = json!({ "accepted": self.accepted, "rejected": self.rejected });
        if self.more > 0 {
            answer["more"] = self.more.into();
        }
        self.parcel.answer(Answer::Read(answer.to_string()));
    }
}
