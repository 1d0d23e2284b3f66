//! A sink that writes lines to a file or a pipe: what `jsonl` and `csv` share.
//!
//! Each batch is one write, so nothing is held over; the position kept in the account is the file's length, and which
//! file it is. A restart cuts that file to that length: what was written but never counted goes, so that the file and
//! the account say the same. What is to replace a file grows beside it, and takes its place when all records are there.

use super::beside::Beside;
use super::lock;
use super::place::{self, Kind};
use super::position::Position;
use super::regular::{Regular, is_gone};
use super::stream::Stream;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Cx, Ending, Fill, Next, Operator, Planned};
use crate::params::Problem;
use crate::storage::{IfExists, warn};
use crate::units::Span;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// How records become lines.
pub(crate) trait Format: Clone + Send + 'static {
    /// What goes in front of the first record.
    fn head(&self) -> &[u8];
    /// Appends the rows of a batch; says on `cx` what it leaves out.
    fn rows(&mut self, batch: &Batch, cx: &mut Cx, out: &mut Vec<u8>);
    /// Why these records can't follow what `there` holds, as a clause.
    fn differs(&self, there: &File) -> Option<String>;
}

/// Where to write; a checked one.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: String,
    if_exists: IfExists,
    patience: Span,
}

/// How often the sink looks whether its file still lies where it was.
const LOOK_NS: u64 = 1_000_000_000;

impl Target {
    pub(crate) fn new(
        path: String,
        if_exists: IfExists,
        patience: Span,
    ) -> std::result::Result<Target, Problem> {
        place::check(&path).map_or(Ok(Target { path, if_exists, patience }), Err)
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
            target: self.clone(),
            format: format.clone(),
            out: None,
            looked_ns: 0,
            pending: Vec::new(),
            buffer: Vec::new(),
        };
        let preflight = move || target.preflight(&its_format).map_err(|e| Error::usage(e.sentence));
        Planned {
            results,
            fills,
            preflight: Some(Box::new(preflight)),
            ..Planned::new(Schema::default(), made)
        }
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
            IfExists::Fail if holds_only(there, len, format.head()) => Ok(0),
            IfExists::Fail => Err(Error::failed(format!(
                "{path} holds records already (say if_exists = \"append\" to write behind them, or choose another path)"
            ))),
            IfExists::Append => match format.differs(there) {
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

fn holds_only(there: &File, len: u64, head: &[u8]) -> bool {
    let mut begins = vec![0; head.len()];
    len == head.len() as u64 && there.read_exact_at(&mut begins, 0).is_ok() && begins == head
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
            Out::Stream(_, written) => Position { len: *written, file: None, born_ns: 0 },
        }
    }

    /// What must come before the next record: the header, or the end of a line that another program left open.
    fn pending<F: Format>(&self, format: &F) -> Result<Vec<u8>> {
        Ok(match self {
            _ if self.position().len == 0 => format.head().to_vec(),
            Out::File(file) if !file.ends_a_line()? => vec![b'\n'],
            _ => Vec::new(),
        })
    }
}

struct Sink<F> {
    target: Target,
    format: F,
    out: Option<Out>,
    looked_ns: u64,
    pending: Vec<u8>,
    buffer: Vec<u8>,
}

impl<F: Format> Sink<F> {
    /// Sees that the file is open: here the first time, and again when it has been moved away.
    fn open(&mut self, cx: &mut Cx) -> Result<()> {
        let mut before = Position::of(cx);
        if let Some(Out::File(file)) = &mut self.out
            && cx.now_ns.saturating_sub(self.looked_ns) >= LOOK_NS
        {
            self.looked_ns = cx.now_ns;
            if file.was_moved() {
                file.must_be_there(&self.target.path)?;
                warn(&format!(
                    "{} was removed or replaced while it was written to: what it held went with it; the sink goes on \
                    in a new file",
                    self.target.path
                ));
                // Whatever lies there now is not ours to drop.
                self.target.if_exists = IfExists::Append;
                (self.out, before) = (None, None);
            } else if file.settle()? {
                self.pending = self.out.as_ref().map_or(Ok(Vec::new()), |out| out.pending(&self.format))?;
            }
        }
        if self.out.is_none() {
            let out = self.target.open(&self.format, before, cx)?;
            self.looked_ns = cx.now_ns;
            self.pending = out.pending(&self.format)?;
            out.position().keep(cx);
            self.out = Some(out);
        }
        Ok(())
    }

    /// Writes the batch behind what is pending, and tells how far the file has come.
    fn write(&mut self, batch: &Batch, cx: &mut Cx) -> Result<()> {
        self.open(cx)?;
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.pending);
        self.format.rows(batch, cx, &mut self.buffer);
        let Target { path, patience, .. } = &self.target;
        let out = self.out.as_mut().expect("it has just been opened");
        match out {
            Out::File(file) => {
                file.write(&self.buffer, *patience, cx)?;
                if file.is_beside() && !batch.is_empty() && cx.shows_what_it_reads() {
                    file.swap(path)?;
                }
            }
            Out::Stream(stream, written) => {
                stream.write(&self.buffer, *patience, cx)?;
                *written += self.buffer.len() as u64;
            }
        }
        self.pending.clear();
        out.position().keep(cx);
        Ok(())
    }
}

impl<F: Format> Operator for Sink<F> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if batch.is_empty() {
            self.open(cx)?;
        } else {
            self.write(batch, cx)?;
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.open(cx)?;
        let out = self.out.take().expect("it has just been opened");
        let (Out::File(mut file), path) = (out, &self.target.path) else { return Ok(Next::End) };
        let holds_records = file.position().len > self.format.head().len() as u64;
        if file.is_beside() && !(holds_records && cx.ending() == Ending::Drained) {
            file.stay_beside(path, holds_records)?;
            return Ok(Next::End);
        }
        file.swap(path)?;
        file.sync()?;
        self.out = Some(Out::File(file));
        // The header of a file that got no records.
        if !holds_records && !self.pending.is_empty() {
            self.write(batch, cx)?;
        }
        Ok(Next::End)
    }
}
