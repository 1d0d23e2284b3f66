//! A file of the records that a source has rejected, for who wants to see them. A thread writes it, so that no disk is
//! in the source's way: what it can't take in time, or where the file has no room, is left out and told.

use crate::error::reason;
use crate::ingest::common::warn;
use crate::operator::Fill;
use crate::params::{JsonSchema, Problem};
use crate::units::Bytes;
use serde::Deserialize;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// So many wait to be written.
const WAITING: usize = 256;
const HEAD: &[u8] = b"reason,record,file,text\n";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectsParams {
    /// A CSV file for what is rejected: why, which record, of which file or peer, and its text; none, if absent.
    rejects: Option<String>,
    /// It grows no larger.
    #[serde(default = "ten_mebibytes")]
    #[schemars(range(min = 1))]
    rejects_max: Bytes,
}

fn ten_mebibytes() -> Bytes {
    Bytes(10 << 20)
}

/// Where they are kept; nothing is opened yet.
#[derive(Clone, Debug)]
pub(crate) struct RejectsFile {
    path: String,
    max: u64,
}

impl RejectsParams {
    /// What the parameters say; `None` where nothing is kept, or with problems.
    pub(crate) fn check(self, problems: &mut Vec<Problem>) -> Option<RejectsFile> {
        let path = self.rejects?;
        if path.is_empty() || path == "-" {
            problems.push(Problem::at(
                "rejects",
                "it must be a file: the port STAGE/rejected leads anywhere else",
            ));
            return None;
        }
        Some(RejectsFile { path, max: self.rejects_max.0 })
    }
}

impl RejectsFile {
    /// What a source fills that keeps its rejects so.
    pub(crate) fn fills(file: &Option<RejectsFile>) -> Vec<Fill> {
        file.iter().map(|file| Fill::whole(&file.path)).collect()
    }
}

/// The file, while its source runs.
pub(super) struct Kept {
    path: String,
    to: Option<SyncSender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
    /// So much more may be written.
    left: u64,
    missed: u64,
}

impl Kept {
    /// `anew`: what an earlier run has kept goes.
    pub(super) fn open(file: &RejectsFile, anew: bool) -> Kept {
        let path = file.path.clone();
        let there = std::fs::metadata(&path).map_or(0, |there| there.len());
        let there = if anew { 0 } else { there };
        let left = file.max.saturating_sub(there.max(HEAD.len() as u64));
        let (to, from) = sync_channel(WAITING);
        let name = path.clone();
        let writer = std::thread::Builder::new().name("rejects".to_string());
        match writer.spawn(move || write(&name, anew, &from)) {
            Ok(writer) => Kept { path, to: Some(to), writer: Some(writer), left, missed: 0 },
            Err(e) => {
                warn(&format!("rejected records are not kept in {path}: {}", reason(&e)));
                Kept { path, to: None, writer: None, left, missed: 0 }
            }
        }
    }

    pub(super) fn keep(&mut self, reason: &str, record: u64, file: &str, text: &[u8]) {
        let Some(to) = &self.to else { return };
        let mut line = Vec::with_capacity(text.len() + 64);
        quoted(reason.as_bytes(), &mut line);
        line.extend_from_slice(format!(",{record},").as_bytes());
        quoted(file.as_bytes(), &mut line);
        line.push(b',');
        quoted(text, &mut line);
        line.push(b'\n');
        if line.len() as u64 > self.left {
            warn(&format!("{} is full, and keeps no more rejected records (raise rejects_max)", self.path));
            self.to = None;
            return;
        }
        self.left -= line.len() as u64;
        match to.try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.missed += 1,
            // The thread has said why.
            Err(TrySendError::Disconnected(_)) => self.to = None,
        }
    }
}

/// What was given is written before the source is gone.
impl Drop for Kept {
    fn drop(&mut self) {
        self.to = None;
        if let Some(writer) = self.writer.take() {
            // Its panic is told by itself.
            let _ = writer.join();
        }
        if self.missed > 0 {
            warn(&format!("{} rejected records came too fast to be kept in {}", self.missed, self.path));
        }
    }
}

fn write(path: &str, anew: bool, from: &Receiver<Vec<u8>>) {
    let told = |e: std::io::Error| warn(&format!("rejected records are not kept in {path}: {}", reason(&e)));
    // Without a reader, opening a FIFO would wait for one.
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    let opened =
        File::options().create(true).append(true).custom_flags(flags).open(path).and_then(|mut file| {
            if !file.metadata()?.is_file() {
                return Err(std::io::Error::other(
                    "it is no file (the port STAGE/rejected leads anywhere else)",
                ));
            }
            if anew {
                file.set_len(0)?;
            }
            if file.metadata()?.len() == 0 {
                file.write_all(HEAD)?;
            }
            Ok(file)
        });
    let mut file = match opened {
        Ok(file) => file,
        Err(e) => return told(e),
    };
    for line in from {
        if let Err(e) = file.write_all(&line) {
            return told(e);
        }
    }
}

fn quoted(text: &[u8], line: &mut Vec<u8>) {
    if !text.iter().any(|byte| b",\"\n\r".contains(byte)) {
        return line.extend_from_slice(text);
    }
    line.push(b'"');
    for byte in text {
        line.extend(std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }));
    }
    line.push(b'"');
}
