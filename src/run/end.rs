//! How a run ended, for who asks from outside: in a word, by the exit code of its launcher and the sentence that went
//! with it.

use super::dir::RunDir;
use super::summary::Summary;
use crate::error::{Error, Exit, Result};
use nix::fcntl::posix_fallocate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

const FILE: &str = "end.json";
const DRAFT: &str = "end.draft";
/// Where the account lies that a launcher closes its run with.
const ACCOUNT: &str = "account.json";

#[derive(Serialize, Deserialize)]
struct Words {
    /// `drained`, `stopped` or `failed`.
    word: String,
    exit: i32,
    sentence: String,
}

/// Room for it, kept from the start: `stop` ends as the run did, also where the run directory is full by then.
pub(crate) struct End {
    dir: RunDir,
    room: File,
}

/// Most sentences find room in this.
const BYTES: i64 = 4096;

/// Makes that room.
///
/// # Errors
/// When the run directory has none.
pub(crate) fn reserve(dir: &RunDir) -> Result<End> {
    let make = || {
        let room = File::create(dir.inside(DRAFT)?)?;
        posix_fallocate(&room, 0, BYTES)?;
        Ok(room)
    };
    let room = make().map_err(|e: io::Error| dir.cannot("write", FILE, &e))?;
    Ok(End { dir: dir.clone(), room })
}

impl End {
    /// Writes how the run ended; `None` is a good end.
    ///
    /// # Errors
    /// When the run directory is gone.
    pub(crate) fn tell(self, word: &str, error: Option<&Error>) -> Result<()> {
        let (exit, sentence) = error.map_or((0, ""), |error| (error.exit as i32, &error.sentence));
        let end = Words { word: word.to_string(), exit, sentence: sentence.to_string() };
        let bytes = serde_json::to_vec(&end).expect("an end is plain data");
        let write = || {
            self.room.write_all_at(&bytes, 0)?;
            self.room.set_len(bytes.len() as u64)?;
            fs::rename(self.dir.inside(DRAFT)?, self.dir.inside(FILE)?)
        };
        write().map_err(|e| self.dir.cannot("write", FILE, &e))
    }
}

/// Keeps the account that the run is closed with.
pub(crate) fn keep_account(dir: &RunDir, summary: &Summary) -> Result<()> {
    dir.put(ACCOUNT, &as_kept(summary))
}

/// Whether an account is the one that was kept; so it is too where none could be. An earlier version may have kept less
/// of it, and in other bytes.
pub fn is_kept(dir: &RunDir, summary: &Summary) -> bool {
    let Some(kept) = dir.get(ACCOUNT) else { return true };
    // Both come out of their text, so a number with a point is the same in both.
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let whole = serde_json::from_slice::<Summary>(&kept).is_ok();
    let both = value(&kept).zip(value(&as_kept(summary)));
    whole && both.is_some_and(|(kept, now)| says(&kept, &now))
}

/// Whether all that was kept is said now too.
fn says(kept: &Value, now: &Value) -> bool {
    match (kept, now) {
        (Value::Object(kept), Value::Object(now)) => {
            kept.iter().all(|(key, kept)| now.get(key).is_some_and(|now| says(kept, now)))
        }
        (Value::Array(kept), Value::Array(now)) => {
            kept.len() == now.len() && kept.iter().zip(now).all(|(kept, now)| says(kept, now))
        }
        _ => kept == now,
    }
}

fn as_kept(summary: &Summary) -> Vec<u8> {
    serde_json::to_vec(summary).expect("a summary is plain data")
}

/// Forgets it, and the account that was told with it: the run goes on.
pub(crate) fn forget(dir: &RunDir) {
    [FILE, ACCOUNT].iter().for_each(|name| dir.remove(name));
}

/// Sees that what was told of an end can be read.
///
/// # Errors
/// A sentence, when it can't.
pub fn check(dir: &RunDir) -> Result<()> {
    match (dir.get(FILE), told(dir)) {
        (Some(_), None) => Err(Error::failed(format!(
            "{} does not say how a run ended: it is cut short or not of this program",
            dir.path().join(FILE).display()
        ))),
        _ => Ok(()),
    }
}

fn read(dir: &RunDir) -> Option<Words> {
    serde_json::from_slice(&dir.get(FILE)?).ok()
}

/// In a word; `None` when the launcher has not come to its end, or there was none.
pub fn word(dir: &RunDir) -> Option<String> {
    read(dir).map(|end| end.word)
}

/// As the launcher ended; `None` as for `word`.
pub fn told(dir: &RunDir) -> Option<Result<()>> {
    let Words { exit, sentence, .. } = read(dir)?;
    Some(match Exit::of_code(exit)? {
        Exit::Closed => Ok(()),
        exit => Err(Error::new(exit, sentence)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::at(folder.path().join("runs/t"));
        dir.create().unwrap();
        assert_eq!(told(&dir), None);
        for error in [None, Some(Error::failed("a")), Some(Error::new(Exit::GaveUp, "b"))] {
            reserve(&dir).unwrap().tell("drained", error.as_ref()).unwrap();
            assert_eq!(told(&dir), Some(error.map_or(Ok(()), Err)));
            assert_eq!(word(&dir).as_deref(), Some("drained"));
        }
        forget(&dir);
        assert_eq!((told(&dir), word(&dir)), (None, None));
    }
}
