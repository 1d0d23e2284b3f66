//! The lines behind the head, each of which is to be a record.

use super::head::Relation;
use crate::format::found::Found;
use crate::format::json::Lines;
use std::io::{self, Read};
use std::sync::Arc;

/// The records of a text.
pub(crate) struct Records<R> {
    lines: Lines<R>,
    /// What stands above them, as far as it is read.
    relation: Arc<Relation>,
}

impl<R: Read> Records<R> {
    /// Records of a text that stands at `offset`.
    pub(crate) fn new(from: R, line_max: usize, offset: u64) -> Records<R> {
        Records { lines: Lines::new(from, line_max, offset), relation: Arc::default() }
    }

    /// Says what stands above, of a text that begins behind it.
    pub(crate) fn know(&mut self, relation: Arc<Relation>) {
        self.relation = relation;
    }

    /// Reads the head; where it is not all there yet (`WouldBlock`), it is called again later.
    ///
    /// # Errors
    /// As the text has them; `Ok(Err(_))`: why there is no head, as a clause.
    pub(crate) fn head(&mut self) -> io::Result<Result<&Relation, String>> {
        while !self.relation.is_whole() {
            let wrong = match self.lines.next()? {
                Found::Record => match Arc::make_mut(&mut self.relation).read(self.lines.record()) {
                    Ok(()) => continue,
                    Err(why) => why,
                },
                Found::Nothing => continue,
                Found::Bad(_) => "has a line that is longer than line_max".to_string(),
                Found::End => "has no @data: it is cut, or no ARFF".to_string(),
            };
            return Ok(Err(wrong));
        }
        Ok(Ok(&self.relation))
    }

    pub(crate) fn relation(&self) -> &Arc<Relation> {
        &self.relation
    }

    /// Looks for the next record; lines that begin with % are none.
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        if !self.relation.is_whole() {
            return Err(io::Error::other("what stands above its records can't be read any more"));
        }
        match self.lines.next()? {
            Found::Record if self.lines.record().first() == Some(&b'%') => Ok(Found::Nothing),
            found => Ok(found),
        }
    }

    pub(crate) fn lines(&self) -> &Lines<R> {
        &self.lines
    }

    pub(crate) fn lines_mut(&mut self) -> &mut Lines<R> {
        &mut self.lines
    }

    /// Begins with another text of its own head.
    pub(crate) fn restart(&mut self, from: R) {
        self.lines.restart(from);
        self.relation = Arc::default();
    }
}
