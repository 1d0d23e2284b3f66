//! The records of a text, whatever its format: which one it is, is asked once a record.

use super::arff::Records as ArffRecords;
use super::csv::Records as CsvRecords;
use super::field::{Field, Record};
use super::found::Found;
use super::json::Lines;
use super::msgpack::Flow;
use super::whole::Whole;
use super::window::Window;
use std::io::{self, Read};

/// Reads a text piece by piece. It may have no more just now (`WouldBlock`): what came of a record stays, and `next` is
/// called again later.
pub(crate) enum Records<R> {
    Arff(Box<ArffRecords<R>>),
    Csv(Box<CsvRecords<R>>, Option<Head>),
    Json(Lines<R>),
    Maps(Box<Flow<R>>),
    Whole(Whole<R>),
}

/// A first line that has to name the columns.
pub(crate) struct Head {
    names: Vec<String>,
    is: State,
}

#[derive(Clone, Copy)]
enum State {
    Awaited,
    Read,
    /// It had other names: nothing behind it is read.
    Refused,
}

impl Head {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Head {
        Head { names: names.map(str::to_string).collect(), is: State::Awaited }
    }
}

impl<R: Read> Records<R> {
    /// Looks for the next record. It is in `record` until the next call. A reason of its own is `header`: a text has
    /// come to its end then, since its columns are others.
    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        match self {
            Records::Csv(records, None | Some(Head { is: State::Read, .. })) => records.next(),
            Records::Csv(records, Some(head)) => headed(records, head),
            Records::Arff(records) => records.next(),
            Records::Json(lines) => lines.next(),
            Records::Maps(maps) => maps.next(),
            Records::Whole(whole) => whole.next(),
        }
    }

    /// The record that was found, as it stands in the text, without its line end.
    #[inline]
    pub(crate) fn record(&self) -> &[u8] {
        match self {
            Records::Csv(records, _) => records.record(),
            Records::Arff(records) => records.lines().record(),
            Records::Json(lines) => lines.record(),
            Records::Maps(maps) => maps.record(),
            Records::Whole(whole) => whole.record(),
        }
    }

    /// Whether it is known of the line that comes next that it is too long, though its end has not come yet.
    pub(crate) fn is_too_long(&self) -> bool {
        match self {
            Records::Arff(records) => records.lines().is_too_long(),
            Records::Json(lines) => lines.is_too_long(),
            _ => false,
        }
    }

    /// Where the next unread record begins in the text.
    pub(crate) fn position(&self) -> u64 {
        match self {
            Records::Csv(records, _) => records.position(),
            Records::Arff(records) => records.lines().position(),
            Records::Json(lines) => lines.position(),
            Records::Maps(maps) => maps.position(),
            Records::Whole(whole) => whole.position(),
        }
    }

    /// How many bytes were looked at so far, those seen twice counted twice: what the work has cost.
    #[inline]
    pub(crate) fn work(&self) -> u64 {
        match self {
            Records::Csv(records, _) => records.work(),
            Records::Arff(records) => records.lines().work(),
            Records::Json(lines) => lines.work(),
            Records::Maps(maps) => maps.work(),
            Records::Whole(whole) => whole.work(),
        }
    }

    /// Reads so many bytes at once: so much memory a text takes that has short records.
    pub(crate) fn set_room(&mut self, bytes: usize) {
        match self {
            Records::Csv(records, _) => records.set_room(bytes),
            Records::Arff(records) => records.lines_mut().set_room(bytes),
            Records::Json(lines) => lines.set_room(bytes),
            Records::Whole(whole) => whole.window_mut().room = bytes,
            Records::Maps(_) => {}
        }
    }

    /// Begins with another text of the same form, and keeps the memory.
    pub(crate) fn restart(&mut self, from: R) {
        match self {
            Records::Csv(records, head) => {
                records.restart(from);
                if let Some(head) = head {
                    head.is = State::Awaited;
                }
            }
            Records::Arff(records) => records.restart(from),
            Records::Json(lines) => lines.restart(from),
            Records::Maps(maps) => maps.restart(from),
            Records::Whole(whole) => whole.restart(from),
        }
    }

    fn window(&self) -> &Window<R> {
        match self {
            Records::Arff(records) => records.lines().window(),
            Records::Json(lines) => lines.window(),
            Records::Csv(records, _) => records.window(),
            Records::Maps(maps) => maps.window(),
            Records::Whole(whole) => whole.window(),
        }
    }

    fn window_mut(&mut self) -> &mut Window<R> {
        match self {
            Records::Arff(records) => records.lines_mut().window_mut(),
            Records::Json(lines) => lines.window_mut(),
            Records::Csv(records, _) => records.window_mut(),
            Records::Maps(maps) => maps.window_mut(),
            Records::Whole(whole) => whole.window_mut(),
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

    /// Whether surely no record is left.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        match self {
            Records::Csv(records, _) => records.is_at_end(),
            Records::Arff(records) => records.lines_mut().is_at_end(),
            Records::Json(lines) => lines.is_at_end(),
            Records::Maps(maps) => maps.is_at_end(),
            Records::Whole(whole) => Ok(whole.is_at_end()),
        }
    }
}

/// Reads the first line, which no record is.
fn headed<R: Read>(records: &mut CsvRecords<R>, head: &mut Head) -> io::Result<Found> {
    if let State::Refused = head.is {
        return Ok(Found::End);
    }
    match records.next()? {
        Found::Record => {}
        Found::Bad(_) => {
            head.is = State::Refused;
            return Ok(Found::Bad("header"));
        }
        found => return Ok(found),
    }
    let mut scratch = String::new();
    let fields = records.fields(&mut scratch).filter(|_| records.count() == head.names.len());
    let agrees = fields.is_some_and(|mut fields| {
        head.names.iter().enumerate().all(|(at, name)| match fields.field(at) {
            Field::Text(text) | Field::Quoted(text) => text.trim_ascii() == name,
            _ => false,
        })
    });
    head.is = if agrees { State::Read } else { State::Refused };
    if agrees { records.next() } else { Ok(Found::Bad("header")) }
}
