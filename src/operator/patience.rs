//! Waiting for a store that cannot take records just now: back-pressure first, then a clear failure.

use super::Cx;
use crate::error::{Error, Result};
use crate::units::Span;
use std::time::{Duration, Instant};

/// Why a store did not take what it was given.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is locked or full: it may take it later.
    NotNow(Error),
    /// Waiting would not help.
    Never(Error),
}

const PAUSE_MIN: Duration = Duration::from_millis(1);
/// Short enough to stay polite to a store that has just become free, and to who waits for a sign of life.
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// Attempts until the store takes it, or until `patience` has gone by.
///
/// # Errors
/// The last refusal, or that the process was asked twice to stop.
pub(crate) fn insist<T>(
    patience: Span,
    cx: &mut Cx,
    mut attempt: impl FnMut(&mut Cx) -> std::result::Result<T, Refusal>,
) -> Result<T> {
    let start = Instant::now();
    let mut pause = PAUSE_MIN;
    loop {
        let error = match attempt(cx) {
            Ok(done) => return Ok(done),
            Err(Refusal::Never(error)) => return Err(error),
            Err(Refusal::NotNow(error)) => error,
        };
        let store = || format!("a store, no longer than {patience}: {error}");
        cx.wait(start, store)?;
        let left = patience.duration().saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(error);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_now() -> Refusal {
        Refusal::NotNow(Error::failed("locked"))
    }

    #[test]
    fn a_refusal_is_overcome_or_told() {
        let mut cx = Cx::new("run", "store", Default::default());
        let mut tries = 0;
        let taken = insist(Span::from_ms(60_000), &mut cx, |_| {
            tries += 1;
            if tries < 4 { Err(not_now()) } else { Ok(tries) }
        });
        assert_eq!(taken, Ok(4));
        let refused: Result<()> = insist(Span::from_ms(3), &mut cx, |_| Err(not_now()));
        assert_eq!(refused.unwrap_err().sentence, "locked");
        let mut tries = 0;
        let refused: Result<()> = insist(Span::from_ms(60_000), &mut cx, |_| {
            tries += 1;
            Err(Refusal::Never(Error::failed("no")))
        });
        assert_eq!((refused.unwrap_err().sentence.as_str(), tries), ("no", 1));
    }
}
