//! A sink that writes lines to a file or a pipe: what `jsonl` and `csv` share.
//!
//! Each batch is one write, so nothing is held over; the position kept in the account is the file's length, and which
//! file it is. A restart cuts that file to that length: what was written but never counted goes, so that the file and
//! the account say the same. What is to replace a file grows beside it, and takes its place when all records are there.

mod sink;

use super::beside::Beside;
use super::lock;
use super::place::{self, Kind};
use super::position::Position;
use super::regular::{Regular, is_gone};
use super::squeeze::{Compression, Piece};
use super::stream::Stream;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Cx, Fill, Planned};
use crate::params::Problem;
use crate::storage::{IfExists, warn};
use crate::units::Span;
use sink::Sink;
use std::fs::File;
use std::io::Read;

/// How records become lines.
pub(crate) trait Format: Clone + Send + 'static {
    /// What goes in front of the first record.
    fn head(&self) -> &[u8];
    /// Appends the rows of a batch; says on `cx` what it leaves out.
    fn rows(&mut self, batch: &Batch, cx: &mut Cx, out: &mut Vec<u8>);
    /// Why these records can't follow the text that `there` holds, as a clause.
    fn differs(&self, there: &mut dyn Read) -> Option<String>;
}

/// Where to write; a checked one.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: String,
    if_exists: IfExists,
    compression: Option<Compression>,
    patience: Span,
}

impl Target {
    pub(crate) fn new(
        path: String,
        if_exists: IfExists,
        patience: Span,
    ) -> std::result::Result<Target, Problem> {
        place::check(&path).map_or(Ok(Target { path, if_exists, compression: None, patience }), Err)
    }

    /// The same, compressed.
    pub(crate) fn compressed(self, compression: Option<Compression>) -> Target {
        Target { compression, ..self }
    }

    /// The plan of a sink that writes there.
    pub(crate) fn planned<F: Format>(self, format: F) -> Planned {
        let (target, its_format) = (self.clone(), format.clone());
        let results = if self.path == "-" { Vec::new() } else { vec![self.path.clone()] };
        let mut fills = vec![Fill::whole(&self.path)];
        if self.if_exists == IfExists::Replace && self.path != "-" {
            fills.push(Fill::whole(&Beside::of(&self.path).path()));
        }
        let made = move || Sink {
            piece: Piece::new(self.compression),
            target: self.clone(),
            format: format.clone(),
            out: None,
            looked_ns: 0,
            pending: Vec::new(),
            buffer: Vec::new(),
        };
        let planned = Planned { results, fills, ..Planned::new(Schema::default(), made) };
        planned.looks(move || target.preflight(&its_format))
    }

    fn preflight<F: Format>(&self, format: &F) -> Result<()> {
        let path = &self.path;
        if path == "-" || place::inspect(path)? != Kind::File {
            return Ok(());
        }
        let there = File::open(path).map_err(|e| place::cannot_io(path, &e))?;
        lock::is_free(&there, None).map_err(|holder| holder.refuses(path))?;
        if self.replaces(&there)? {
            Beside::of(path).check(path)
        } else {
            self.stays(format, &there).map(|_| ())
        }
    }

    /// Whether there is something that goes when the new records are there.
    fn replaces(&self, there: &File) -> Result<bool> {
        Ok(self.if_exists == IfExists::Replace && self.len(there)? > 0)
    }

    fn len(&self, there: &File) -> Result<u64> {
        Ok(there.metadata().map_err(|e| place::cannot_io(&self.path, &e))?.len())
    }

    /// How many bytes of what lies there before the run stay in the file that is written to.
    fn stays<F: Format>(&self, format: &F, there: &File) -> Result<u64> {
        let (path, len) = (&self.path, self.len(there)?);
        match self.if_exists {
            _ if len == 0 => Ok(0),
            IfExists::Replace => Ok(0),
            // A run that had no records leaves its header.
            IfExists::Fail if holds_only(&mut *Compression::text(self.compression, there), format.head()) => {
                Ok(0)
            }
            IfExists::Fail => Err(Error::failed(format!(
                "{path} holds records already (say if_exists = \"append\" to write behind them, or choose another path)"
            ))),
            IfExists::Append => match format.differs(&mut *Compression::text(self.compression, there)) {
                None => Ok(len),
                Some(why) => {
                    Err(Error::failed(format!("cannot append to {path}: {why} (choose another path)")))
                }
            },
        }
    }

    /// Opens what is there, going on where an earlier process has come to.
    fn open<F: Format>(&mut self, format: &F, before: Option<Position>, cx: &mut Cx) -> Result<Out> {
        let kind = if self.path == "-" { Kind::Device } else { place::inspect(&self.path)? };
        let stream = match kind {
            Kind::Nothing | Kind::File => return self.open_file(format, before, cx).map(Out::File),
            _ if self.path == "-" => Stream::stdout()?,
            _ => Stream::open(&self.path, kind, self.patience, cx)?,
        };
        Ok(Out::Stream(stream, before.map_or(0, |before| before.len)))
    }

    fn open_file<F: Format>(&mut self, format: &F, before: Option<Position>, cx: &Cx) -> Result<Regular> {
        let (path, run) = (self.path.clone(), cx.run());
        if let Some(before) = before
            && let Some(file) = Regular::again(&path, before, run)?
        {
            return Ok(file);
        }
        if before.is_some_and(|before| before.len > 0) {
            // The rest alone is not what is to take the old one's place.
            if self.if_exists == IfExists::Replace && !cx.shows_what_it_reads() {
                return Err(is_gone(&path, "the file that was written to before the sink was started again"));
            }
            warn(&format!(
                "{path} is not the file that was written to before the sink was started again: that was moved or \
                 replaced, and may hold the last records twice; the sink goes on behind what is there now"
            ));
            // Whatever lies there now is not ours to drop.
            self.if_exists = IfExists::Append;
        }
        let mut file = Regular::open(&path, run)?;
        if self.replaces(file.file())? {
            return file.beside();
        }
        let stays = self.stays(format, file.file())?;
        file.cut(stays)?;
        Ok(file)
    }
}

/// Whether a text is a head without records.
fn holds_only(there: &mut dyn Read, head: &[u8]) -> bool {
    let mut begins = Vec::new();
    let read = there.take(head.len() as u64 + 1).read_to_end(&mut begins);
    !head.is_empty() && read.is_ok() && begins == head
}

enum Out {
    File(Regular),
    /// With the bytes written so far.
    Stream(Stream, u64),
}

impl Out {
    fn position(&self) -> Position {
        match self {
            Out::File(file) => file.position(),
            Out::Stream(_, written) => Position { len: *written, ..Position::default() },
        }
    }

    /// What must come before the next record: the header, or the end of a line that another program left open.
    fn pending<F: Format>(&self, format: &F, compressed: bool) -> Result<Vec<u8>> {
        Ok(match self {
            _ if self.position().len == 0 => format.head().to_vec(),
            _ if compressed => Vec::new(),
            Out::File(file) if !file.ends_a_line()? => vec![b'\n'],
            _ => Vec::new(),
        })
    }
}
