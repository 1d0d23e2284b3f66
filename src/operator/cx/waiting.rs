//! What a step owes to others while it waits for its store: a sign of life, and a word to the user.

use super::Cx;
use crate::error::{Error, Exit, Result, say};
use crate::stop;
use std::time::{Duration, Instant};

/// A wait that is longer is told.
const LONG: Duration = Duration::from_secs(1);
/// A store that is slow again and again is told so often.
const AGAIN: Duration = Duration::from_secs(30);

impl Cx {
    /// A sign of life from a step that waits for its store.
    ///
    /// # Errors
    /// When the process was asked twice to stop, or has drained for as long as it may: give up waiting.
    pub fn progress(&mut self) -> Result<()> {
        if stop::must_leave(self.drain.ns) {
            return Err(Error::new(Exit::Stopped, "stopped before everything was stored"));
        }
        Ok(())
    }

    /// The same, and says on standard error what a wait is for that has become long since it began.
    ///
    /// # Errors
    /// As `progress`.
    pub(crate) fn wait(&mut self, since: Instant, for_what: impl FnOnce() -> String) -> Result<()> {
        let told = self.waited.is_some_and(|at| at >= since || at.elapsed() < AGAIN);
        if !told && since.elapsed() > LONG {
            self.waited = Some(Instant::now());
            say(&format!("waiting for {}", for_what()));
        }
        self.progress()
    }
}
