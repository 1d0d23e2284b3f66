//! The records of a text, whatever its format: which one it is, is asked once a record.

use super::csv::Records as CsvRecords;
use super::field::{Field, Record};
use super::found::Found;
use super::json::Lines;
use super::window::Window;
use std::io::{self, Read};

/// Reads a text piece by piece. It may have no more just now (`WouldBlock`): what came of a record stays, and `next` is
/// called again later.
pub(crate) enum Records<R> {
    Csv(Box<CsvRecords<R>>, Head),
    Json(Lines<R>),
}

/// What becomes of a first line that names the columns.
pub(crate) enum Head {
    /// There is none, or it was read.
    Read,
    /// It has to have these names.
    Awaited(Vec<String>),
    /// It had others: nothing behind it is read.
    Refused,
}

impl<R: Read> Records<R> {
    /// Records of a text whose header was read.
    pub(crate) fn of_csv(records: CsvRecords<R>) -> Records<R> {
        Records::Csv(Box::new(records), Head::Read)
    }

    /// Looks for the next record. It is in `record` until the next call. A reason of its own is `header`: a text has
    /// come to its end then, since its columns are others.
    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        match self {
            Records::Json(lines) => lines.next(),
            Records::Csv(records, Head::Read) => records.next(),
            Records::Csv(records, head) => headed(records, head),
        }
    }

    /// The record that was found, as it stands in the text, without its line end.
    #[inline]
    pub(crate) fn record(&self) -> &[u8] {
        match self {
            Records::Json(lines) => lines.record(),
            Records::Csv(records, _) => records.record(),
        }
    }

    /// Where the next unread record begins in the text.
    pub(crate) fn position(&self) -> u64 {
        match self {
            Records::Json(lines) => lines.position(),
            Records::Csv(records, _) => records.position(),
        }
    }

    /// How many bytes were looked at so far, those seen twice counted twice: what the work has cost.
    #[inline]
    pub(crate) fn work(&self) -> u64 {
        match self {
            Records::Json(lines) => lines.work(),
            Records::Csv(records, _) => records.work(),
        }
    }

    /// Reads so many bytes at once: so much memory a text takes that has short records.
    pub(crate) fn set_room(&mut self, bytes: usize) {
        match self {
            Records::Json(lines) => lines.set_room(bytes),
            Records::Csv(records, _) => records.set_room(bytes),
        }
    }

    fn window(&self) -> &Window<R> {
        match self {
            Records::Json(lines) => lines.window(),
            Records::Csv(records, _) => records.window(),
        }
    }

    fn window_mut(&mut self) -> &mut Window<R> {
        match self {
            Records::Json(lines) => lines.window_mut(),
            Records::Csv(records, _) => records.window_mut(),
        }
    }

    /// Where the text comes from.
    pub(crate) fn source(&self) -> &R {
        self.window().source()
    }

    pub(crate) fn source_mut(&mut self) -> &mut R {
        self.window_mut().source_mut()
    }

    /// What was read of the text, and is no record yet.
    pub(crate) fn rest(&self) -> &[u8] {
        self.window().text()
    }

    /// How much memory the text takes.
    pub(crate) fn held(&self) -> usize {
        self.window().buffer.len()
    }

    /// Gives memory back that a long record has taken, where nothing waits to be read.
    pub(crate) fn slim(&mut self) {
        self.window_mut().slim();
    }

    /// Begins with another text, and keeps the memory.
    pub(crate) fn restart(&mut self, from: R) {
        match self {
            Records::Json(lines) => lines.restart(from),
            Records::Csv(records, _) => records.restart(from),
        }
    }

    /// Whether surely no record is left.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        match self {
            Records::Json(lines) => lines.is_at_end(),
            Records::Csv(records, _) => records.is_at_end(),
        }
    }
}

/// Reads the first line, which no record is.
fn headed<R: Read>(records: &mut CsvRecords<R>, head: &mut Head) -> io::Result<Found> {
    let Head::Awaited(names) = head else { return Ok(Found::End) };
    match records.next()? {
        Found::Record => {}
        Found::Bad(_) => {
            *head = Head::Refused;
            return Ok(Found::Bad("header"));
        }
        found => return Ok(found),
    }
    let mut scratch = String::new();
    let fields = records.fields(&mut scratch).filter(|_| records.count() == names.len());
    let agrees = fields.is_some_and(|mut fields| {
        names.iter().enumerate().all(|(at, name)| match fields.field(at) {
            Field::Text(text) | Field::Quoted(text) => text.trim_ascii() == name,
            _ => false,
        })
    });
    *head = if agrees { Head::Read } else { Head::Refused };
    if agrees { records.next() } else { Ok(Found::Bad("header")) }
}
