//! How a run ended, for who asks from outside: in a word, by the exit code of its launcher and the sentence that went
//! with it.

use super::dir::RunDir;
use crate::error::{Error, Exit, Result, scarce};
use nix::fcntl::posix_fallocate;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const FILE: &str = "end.json";
const DRAFT: &str = "end.draft";
/// Where the account lies that a launcher closes its run with.
pub(crate) const ACCOUNT: &str = "account.json";

#[derive(Serialize, Deserialize)]
struct Words {
    /// `drained`, `stopped` or `failed`.
    word: String,
    exit: i32,
    sentence: String,
}

/// Room for it, kept from the start: `stop` ends as the run did, also where the run directory is full by then.
pub(crate) struct End {
    room: File,
    draft: PathBuf,
    path: PathBuf,
}

/// Most sentences find room in this.
const BYTES: i64 = 4096;

/// Makes that room.
///
/// # Errors
/// When the run directory has none.
pub(crate) fn reserve(dir: &RunDir) -> Result<End> {
    let (path, draft) = (dir.path().join(FILE), dir.path().join(DRAFT));
    let make = || {
        let room = File::create(&draft)?;
        posix_fallocate(&room, 0, BYTES)?;
        Ok(room)
    };
    let room = make().map_err(|e: io::Error| cannot(&path, &e))?;
    Ok(End { room, draft, path })
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
        let written = self.room.write_all_at(&bytes, 0).and_then(|()| self.room.set_len(bytes.len() as u64));
        written.and_then(|()| fs::rename(&self.draft, &self.path)).map_err(|e| cannot(&self.path, &e))
    }
}

fn cannot(path: &Path, e: &io::Error) -> Error {
    Error::failed(format!("cannot write {}: {}", path.display(), scarce(e)))
}

/// Forgets it, and the account that was told with it: the run goes on.
pub(crate) fn forget(dir: &RunDir) {
    [FILE, ACCOUNT].iter().for_each(|name| dir.remove(name));
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
        let dir = RunDir::at(folder.path());
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
