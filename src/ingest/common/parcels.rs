//! Lines of CSV or JSON out of datagrams, each of which holds whole ones.

use super::lines::{Filled, Lines};
use super::pace::Pace;
use super::post::Open;
use super::stream::Stream;
use crate::data::Batch;
use crate::format::Records;
use crate::operator::{Advice, Cx};
use std::io::{self, Read};

/// So much is read of a datagram at once.
const ROOM: usize = 8 << 10;

pub(crate) struct Parcels {
    lines: Lines,
    records: Records<Text>,
    /// The last one is not done with.
    more: bool,
}

/// A text in memory.
#[derive(Default)]
pub(crate) struct Text {
    text: Vec<u8>,
    read: usize,
}

impl Text {
    pub(crate) fn new(text: Vec<u8>) -> Text {
        Text { text, read: 0 }
    }

    /// All of it.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }
}

impl Read for Text {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = (&self.text[self.read..]).read(into)?;
        self.read += n;
        Ok(n)
    }
}

impl Parcels {
    pub(crate) fn new(stream: &Stream) -> Parcels {
        let cut = "a datagram of UDP holds 64 KiB: send fewer records in one".to_string();
        let lines = stream.lines(&[("cut", cut)]);
        let mut records = stream.form.records(Text::default(), 0, &stream.schema);
        records.set_room(ROOM);
        Parcels { lines, records, more: false }
    }
}

impl Open for Parcels {
    fn begin(&mut self, cx: &Cx) {
        self.lines.begin(cx);
    }

    fn take(&mut self, datagram: &[u8], cut: bool, pace: &mut Pace, _: &mut Batch, cx: &mut Cx) {
        if cut {
            cx.read(1);
            pace.take(cx.now_ns);
            return self.lines.refuse(cx, datagram, "cut");
        }
        let mut text = std::mem::take(self.records.source_mut()).text;
        text.clear();
        text.extend_from_slice(datagram);
        self.records.restart(Text::new(text));
        self.more = true;
    }

    fn go_on(&mut self, pace: &mut Pace, max: usize, batch: &mut Batch, cx: &mut Cx) -> bool {
        if self.more {
            // A text in memory has no errors.
            let filled = self.lines.fill(&mut self.records, pace, max, batch, cx);
            self.more = matches!(filled, Ok(Filled::Enough));
        }
        self.more
    }

    fn end(&mut self, batch: &mut Batch) {
        self.lines.end(batch);
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}
