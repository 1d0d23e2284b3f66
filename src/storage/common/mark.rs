//! What a sink writes on its file before it writes into it: which run does, and how far at most it means to.
//!
//! It is an extended attribute of the file (xattr(7)), so it outlives any kill, goes along when the file is renamed,
//! and is there for other runs too. Who goes on in a file cuts off only what it may have written itself.

use super::place::cannot;
use crate::error::Result;
use crate::storage::warn;
use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use rustix::io::Errno;
use std::fmt::Write;
use std::fs::File;

const NAME: &str = "user.sluicebox";
/// The name of a run is shorter.
const BYTES_MAX: usize = 1024;

/// The mark of one run.
pub(crate) struct Mark {
    pub run: String,
    text: String,
}

impl Mark {
    pub(crate) fn of(run: &str) -> Mark {
        Mark { run: run.to_string(), text: String::new() }
    }

    /// Says that this run writes next, and that nothing of it lies behind `end`.
    pub(crate) fn intend(&mut self, file: &File, end: u64) {
        self.text.clear();
        // Writing into a text can't fail.
        let _ = write!(self.text, "{end} {}", self.run);
        // Without the mark less is cut than might be: what it can't say is left to people.
        let _ = fsetxattr(file, NAME, self.text.as_bytes(), XattrFlags::empty());
    }

    /// Whether all that lies behind the first `stays` of the file's `len` bytes is what this run wrote and never
    /// counted.
    ///
    /// # Errors
    /// When it may be somebody else's.
    pub(crate) fn may_cut(&self, path: &str, file: &File, stays: u64, len: u64) -> Result<()> {
        let mut bytes = [0; BYTES_MAX];
        let read = match fgetxattr(file, NAME, &mut bytes) {
            Ok(read) => read,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                warn(&format!(
                    "{path} is cut to what was counted, {stays} of {len} bytes: its file system can't tell who wrote \
                     the rest"
                ));
                return Ok(());
            }
            Err(_) => 0,
        };
        let there = String::from_utf8_lossy(&bytes[..read]);
        let (end, run) = there.split_once(' ').unwrap_or_default();
        let who = match end.parse::<u64>() {
            Ok(_) if run != self.run => format!("run {run:?}"),
            Ok(end) if len <= end => return Ok(()),
            _ => "another program".to_string(),
        };
        let why = format!(
            "{who} has written to it since run {:?} did, and to go on would cut off the {} bytes behind what that has \
             counted",
            self.run,
            len - stays
        );
        Err(cannot(
            path,
            &why,
            "start a new run, or move those bytes to another file before this one goes on",
        ))
    }
}
