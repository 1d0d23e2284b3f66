//! A sink that writes lines to a file or a pipe: what `jsonl` and `csv` share.
//!
//! Each batch is one write, so nothing is held over; the position kept in the account is the file's length + 1,
//! and 0 before the file was first opened. A restart cuts the file to that length: what was written but never
//! counted goes, so that the file and the account say the same.

use super::place::{self, Kind};
use super::regular::Regular;
use super::stream::Stream;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Cx, Next, Operator, Planned};
use crate::params::Problem;
use crate::storage::{IfExists, warn};
use crate::units::Span;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// How records become lines.
pub(crate) trait Format: Clone + Send + 'static {
    /// What goes in front of the first record.
    fn head(&self) -> &[u8];
    fn rows(&mut self, batch: &Batch, out: &mut Vec<u8>);
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
        let fills = place::fills(&self.path);
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
        if self.path != "-" && place::inspect(&self.path)? == Kind::File {
            let there = File::open(&self.path).map_err(|e| place::cannot_io(&self.path, &e))?;
            self.stays(format, &there)?;
        }
        Ok(())
    }

    /// How many bytes of what lies there before the run stay.
    fn stays<F: Format>(&self, format: &F, there: &File) -> Result<u64> {
        let len = there.metadata().map_err(|e| place::cannot_io(&self.path, &e))?.len();
        let path = &self.path;
        match self.if_exists {
            _ if len == 0 => Ok(0),
            IfExists::Replace => Ok(0),
            // A run that had no records leaves its header.
            IfExists::Fail if holds_only(there, len, format.head()) => Ok(0),
            IfExists::Fail => Err(Error::failed(format!(
                "{path} holds records already (say if_exists = \"append\" or \"replace\", or choose another path)"
            ))),
            IfExists::Append => match format.differs(there) {
                None => Ok(len),
                Some(why) => Err(Error::failed(format!(
                    "cannot append to {path}: {why} (say if_exists = \"replace\", or choose another path)"
                ))),
            },
        }
    }

    /// Opens what is there, going on at `position`.
    fn open<F: Format>(&self, format: &F, position: u64, cx: &mut Cx) -> Result<Out> {
        let written = position.checked_sub(1);
        let kind = if self.path == "-" { Kind::Device } else { place::inspect(&self.path)? };
        let stream = match kind {
            Kind::Nothing | Kind::File => {
                let stays = |there: &File| written.map_or_else(|| self.stays(format, there), Ok);
                return Regular::open(&self.path, self.patience, cx, stays).map(Out::File);
            }
            _ if self.path == "-" => Stream::stdout()?,
            _ => Stream::open(&self.path, kind, self.patience, cx)?,
        };
        Ok(Out::Stream(stream, written.unwrap_or(0)))
    }
}

fn holds_only(there: &File, len: u64, head: &[u8]) -> bool {
    let mut begins = vec![0; head.len()];
    len == head.len() as u64 && there.read_exact_at(&mut begins, 0).is_ok() && begins == head
}

/// What must come before the next record: the header, or the end of a line that another program left open.
fn pending<F: Format>(format: &F, len: u64, file: Option<&Regular>) -> Result<Vec<u8>> {
    Ok(match file {
        _ if len == 0 => format.head().to_vec(),
        Some(file) if !file.ends_a_line()? => vec![b'\n'],
        _ => Vec::new(),
    })
}

enum Out {
    File(Regular),
    /// With the bytes written so far.
    Stream(Stream, u64),
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
    /// The open file; opened here the first time, and again when it has been moved away.
    fn out(&mut self, cx: &mut Cx) -> Result<&mut Out> {
        let mut position = cx.offset();
        if let Some(Out::File(file)) = &mut self.out
            && cx.now_ns.saturating_sub(self.looked_ns) >= LOOK_NS
        {
            self.looked_ns = cx.now_ns;
            if file.was_moved() {
                warn(&format!(
                    "{} was removed or replaced while it was written to: what it held went with it; the sink goes on \
                    in a new file",
                    self.target.path
                ));
                // Whatever lies there now is not ours to drop.
                self.target.if_exists = IfExists::Append;
                self.out = None;
                position = 0;
            } else if file.settle()? {
                self.pending = pending(&self.format, file.len(), Some(file))?;
            }
        }
        if self.out.is_none() {
            let out = self.target.open(&self.format, position, cx)?;
            self.looked_ns = cx.now_ns;
            self.pending = match &out {
                Out::File(file) => pending(&self.format, file.len(), Some(file))?,
                Out::Stream(_, written) => pending(&self.format, *written, None)?,
            };
            self.out = Some(out);
        }
        Ok(self.out.as_mut().expect("it has just been opened"))
    }

    /// Writes the batch behind what is pending, and tells how far the file has come.
    fn write(&mut self, batch: &Batch, cx: &mut Cx) -> Result<()> {
        self.out(cx)?;
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.pending);
        self.format.rows(batch, &mut self.buffer);
        let patience = self.target.patience;
        let out = self.out.as_mut().expect("it has just been opened");
        match out {
            Out::File(file) => file.write(&self.buffer, patience, cx)?,
            Out::Stream(stream, written) => {
                stream.write(&self.buffer, patience, cx)?;
                *written += self.buffer.len() as u64;
            }
        }
        self.pending.clear();
        cx.set_offset(out.len() + 1);
        Ok(())
    }
}

impl Out {
    fn len(&self) -> u64 {
        match self {
            Out::File(file) => file.len(),
            Out::Stream(_, written) => *written,
        }
    }
}

impl<F: Format> Operator for Sink<F> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if batch.is_empty() {
            let position = self.out(cx)?.len() + 1;
            cx.set_offset(position);
        } else {
            self.write(batch, cx)?;
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        // The header of a file that got no records.
        if self.out(cx)?.len() == 0 && !self.pending.is_empty() {
            self.write(batch, cx)?;
        }
        if let Some(Out::File(file)) = &self.out {
            file.sync()?;
        }
        Ok(Next::End)
    }
}
