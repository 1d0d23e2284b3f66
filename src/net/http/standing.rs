//! What a connection is at, as far as the others need to know of it: who goes for one that comes new.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What a connection is at, in the order in which it goes for one that comes new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// It asks for nothing.
    Nothing,
    /// Its request is not all there.
    Asking,
    /// Its request is read, and answered.
    Answered,
}

/// What it is at, and since when.
pub(super) struct Standing(Mutex<(Doing, Instant)>);

impl Standing {
    pub(super) fn new() -> Standing {
        Standing(Mutex::new((Doing::Nothing, Instant::now())))
    }

    pub(super) fn now(&self) -> (Doing, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn turn(&self, to: Doing) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (to, Instant::now());
    }
}
