//! A sink that writes a series of files: one grows under a hidden name, and appears as a whole, by a rename, when it is
//! large or old enough.
//!
//! Each write is counted before its file is closed, and files are closed between two calls: so a file that has appeared
//! holds exactly what was counted, whatever a kill cuts short. The file that grows is cut back to what was counted, as
//! any other sink's.

use super::beside::Beside;
use super::file::Format;
use super::lock;
use super::place::{self, cannot, cannot_io};
use super::position::Position;
use super::regular::Regular;
use super::series::Series;
use super::squeeze::{Compression, Piece};
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Cx, Fill, Next, Operator, Planned};
use crate::params::{JsonSchema, Problem};
use crate::storage::{IfExists, warn};
use crate::units::{Bytes, Span};
use std::fs::{self, File};

/// When a file is closed and the next begun.
#[derive(Clone, Copy, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotate {
    /// When it has so many bytes.
    #[schemars(range(min = 1))]
    size: Option<Bytes>,
    /// When its first record is so old.
    age: Option<Span>,
    /// So many closed files are kept, the oldest go; all, if absent.
    #[schemars(range(min = 1))]
    keep: Option<u64>,
}

/// Where the series is to lie; a checked one.
#[derive(Clone, Debug)]
pub(crate) struct Rolled {
    path: String,
    series: Series,
    /// Where the next file grows.
    grows: String,
    rotate: Rotate,
    if_exists: IfExists,
    compression: Option<Compression>,
    patience: Span,
}

impl Rolled {
    pub(crate) fn check(
        path: &str,
        (rotate, compression): (Rotate, Option<Compression>),
        (if_exists, patience): (IfExists, Span),
    ) -> std::result::Result<Rolled, Problem> {
        place::check(path).map_or(Ok(()), Err)?;
        let problem = |key: &str, what: &str| Err(Problem::at(key, what));
        if path == "-" {
            return problem("rotate", "standard output is no file: name one, or leave it out");
        }
        if rotate.size.is_none() && rotate.age.is_none() {
            return problem(
                "rotate",
                "say when a file is closed: { size = \"100MiB\" }, { age = \"1h\" }, or both",
            );
        }
        if rotate.age.is_some_and(|age| age.ns == 0) {
            return problem(
                "rotate",
                "an age of nothing closes a file before it has records: say a time such as \"1h\"",
            );
        }
        if if_exists == IfExists::Replace {
            let what = "a series of files takes no other's place, since who reads one may rely on it: say \"append\" \
                        to go on behind its last, or another path";
            return problem("if_exists", what);
        }
        let series = Series::of(path, compression.map_or("", Compression::ending));
        let grows = Beside::of(path).path();
        Ok(Rolled { path: path.to_string(), series, grows, rotate, if_exists, compression, patience })
    }

    pub(crate) fn planned<F: Format>(self, format: F) -> Planned {
        let (results, fills) =
            (vec![self.series.pattern()], vec![Fill::whole(&self.path), Fill::whole(&self.grows)]);
        let checked = self.clone();
        let made = move || Rolling {
            piece: Piece::new(self.compression),
            rolled: self.clone(),
            format: format.clone(),
            file: None,
            number: 0,
            begun_ns: None,
            buffer: Vec::new(),
        };
        let planned = Planned { results, fills, ..Planned::new(Schema::default(), made) };
        planned.looks(move || checked.preflight())
    }

    /// Whether the series can be begun, or gone on with.
    fn preflight(&self) -> Result<()> {
        if place::inspect(&self.path)? == place::Kind::Fifo {
            return Err(cannot(&self.path, "it is a pipe, and pipes are not rotated", "choose another path"));
        }
        if let Ok(there) = File::open(&self.grows) {
            lock::is_free(&there, None).map_err(|holder| holder.refuses(&self.grows))?;
        }
        self.may_begin()
    }

    fn may_begin(&self) -> Result<()> {
        let left = fs::metadata(&self.grows).is_ok_and(|there| there.len() > 0);
        if self.if_exists == IfExists::Fail && (left || !self.series.numbers()?.is_empty()) {
            return Err(Error::failed(format!(
                "{} is there already (say if_exists = \"append\" to go on behind it, or choose another path)",
                self.series.pattern()
            )));
        }
        Ok(())
    }

    /// The number of the next file.
    fn next_number(&self) -> Result<u64> {
        Ok(self.series.numbers()?.last().map_or(1, |last| last + 1))
    }

    /// What a run that is over had open becomes a file of the series: its records were counted.
    fn close_what_is_left(&self, number: u64) -> Result<u64> {
        if !fs::metadata(&self.grows).is_ok_and(|there| there.len() > 0) {
            return Ok(number);
        }
        let there = File::open(&self.grows).map_err(|e| cannot_io(&self.grows, &e))?;
        lock::is_free(&there, None).map_err(|holder| holder.refuses(&self.grows))?;
        let path = self.series.path(number);
        fs::rename(&self.grows, &path).map_err(|e| cannot_io(&self.grows, &e))?;
        warn(&format!(
            "an earlier run had left a file open: it is {} now, and may end in the middle",
            path.display()
        ));
        Ok(number + 1)
    }
}

struct Rolling<F> {
    rolled: Rolled,
    format: F,
    /// What grows; none before there are records for it.
    file: Option<Regular>,
    /// The number that it gets.
    number: u64,
    /// When its first record came.
    begun_ns: Option<u64>,
    piece: Piece,
    buffer: Vec<u8>,
}

impl<F: Format> Rolling<F> {
    /// Finds where an earlier process has come to. Called once.
    fn begin(&mut self, cx: &mut Cx) -> Result<()> {
        let before = Position::of(cx);
        if let Some(before) = before.filter(|before| before.number > 0) {
            self.number = before.number;
            if let Some(inode) = before.file {
                self.file = Regular::again(&self.rolled.grows, before, cx.run())?;
                if self.file.is_some() {
                    self.begun_ns = Some(cx.now_ns);
                    return Ok(());
                }
                if let Some(number) = self.rolled.series.number_of(inode, before.number)? {
                    self.number = number + 1;
                } else if before.len > 0 {
                    warn(&format!(
                        "{} is not the file that was written to before the sink was started again: that was moved or \
                         removed, with the {} bytes that it held",
                        self.rolled.grows, before.len
                    ));
                }
            }
        } else {
            self.rolled.may_begin()?;
        }
        place::make_folders(&self.rolled.grows)?;
        self.number = self.number.max(self.rolled.next_number()?);
        match before {
            // What grows there is of this run, and nothing of it was counted.
            Some(_) => drop(fs::remove_file(&self.rolled.grows)),
            None => self.number = self.rolled.close_what_is_left(self.number)?,
        }
        Position { number: self.number, len: 0, file: None, born_ns: 0 }.keep(cx);
        Ok(())
    }

    /// Writes what waits, behind the head of a new file.
    fn flush(&mut self, cx: &mut Cx) -> Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = Regular::open(&self.rolled.grows, cx.run())?;
                file.cut(0)?;
                self.begun_ns = Some(cx.now_ns);
                file
            }
        };
        let head = if file.position().len == 0 { self.format.head() } else { &[] };
        self.piece.write(head, &mut self.buffer)?;
        file.write(&self.buffer, self.rolled.patience, cx)?;
        Position { number: self.number, ..file.position() }.keep(cx);
        self.file = Some(file);
        Ok(())
    }

    /// Whether the file is to be closed, as far as its account is public.
    fn is_full(&self, cx: &Cx) -> bool {
        let Some(file) = &self.file else { return false };
        let Rotate { size, age, .. } = self.rolled.rotate;
        let large = size.is_some_and(|Bytes(size)| file.position().len >= size);
        large || age.zip(self.begun_ns).is_some_and(|(age, since)| cx.now_ns >= since.saturating_add(age.ns))
    }

    /// The file that grows takes its place in the series.
    fn close(&mut self, cx: &mut Cx) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        file.sync()?;
        let Rolled { series, grows, rotate, .. } = &self.rolled;
        if file.was_moved() {
            return Err(super::regular::is_gone(&series.pattern(), grows));
        }
        // Another program may have made one of this name meanwhile.
        while series.path(self.number).exists() {
            self.number += 1;
        }
        let path = series.path(self.number);
        fs::rename(grows, &path).map_err(|e| cannot_io(&path.display().to_string(), &e))?;
        // The name survives a loss of power where the file system can promise that.
        let _ = path.parent().map(File::open).map(|folder| folder.and_then(|folder| folder.sync_all()));
        drop(file);
        self.number += 1;
        self.begun_ns = None;
        Position { number: self.number, len: 0, file: None, born_ns: 0 }.keep(cx);
        rotate.keep.map_or(Ok(()), |keep| series.keep(keep))
    }

    fn next(&self, cx: &mut Cx) -> Next {
        let piece = self.piece.next(cx);
        if self.piece.is_empty() && self.is_full(cx) {
            return Next::Again;
        }
        let due = self.rolled.rotate.age.zip(self.begun_ns).map(|(age, since)| since.saturating_add(age.ns));
        match (piece, due) {
            (Next::At(piece), Some(due)) => Next::At(piece.min(due.max(cx.now_ns + 1))),
            (piece, None) => piece,
            (_, Some(due)) => Next::At(due),
        }
    }
}

impl<F: Format> Operator for Rolling<F> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.number == 0 {
            self.begin(cx)?;
        }
        // What it holds is public by now.
        if self.piece.is_empty() && self.is_full(cx) {
            self.close(cx)?;
        }
        if !batch.is_empty() {
            self.format.rows(batch, cx, &mut self.piece.text);
            self.piece.took(batch, cx);
        }
        if self.piece.is_due(cx) || (!self.piece.is_empty() && self.is_full(cx)) {
            self.flush(cx)?;
        }
        Ok(self.next(cx))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if !self.piece.is_empty() {
            self.flush(cx)?;
            return Ok(Next::Again);
        }
        self.close(cx)?;
        Ok(Next::End)
    }
}
