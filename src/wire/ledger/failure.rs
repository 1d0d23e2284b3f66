//! The sentence with which a worker's process ended, as it told it itself.
//!
//! Its first word says how long it is, and grows with each one: who reads it twice the same has read one sentence. The
//! bytes follow.

use super::Ledger;
use super::account::{get_bytes, put_bytes};
use super::layout::word;
use crate::error::{Error, Exit};
use crate::printable::lines;
use std::sync::atomic::{Ordering, fence};

/// Longer ones are cut: the worker's log has the rest.
const BYTES_MAX: usize = 8 * (word::FAILURE_END - word::FAILURE - 1);
const CUT: &str = "…";

impl Ledger {
    /// Tells why the worker could not go on, or need not.
    pub fn set_failure(&self, error: &Error) {
        let mut text = error.sentence.clone();
        if text.len() > BYTES_MAX {
            let end = (0..=BYTES_MAX - CUT.len()).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            text += CUT;
        }
        self.put_failure(error.exit as u64, text.as_bytes());
    }

    /// Forgets it: another process tries again.
    pub(super) fn clear_failure(&self) {
        self.put_failure(0, &[]);
    }

    fn put_failure(&self, exit: u64, text: &[u8]) {
        let generation = (self.get(word::FAILURE) >> 32) + 1;
        self.set(word::FAILURE, generation << 32);
        fence(Ordering::Release);
        put_bytes(&self.words()[word::FAILURE + 1..word::FAILURE_END], text);
        self.set(word::FAILURE, generation << 32 | exit << 16 | text.len() as u64);
    }

    /// Why the last process could not go on; `None` when it has not said so.
    pub fn failure(&self) -> Option<Error> {
        loop {
            let told = self.get(word::FAILURE);
            let len = (told as u16 as usize).min(BYTES_MAX);
            let text = get_bytes(&self.words()[word::FAILURE + 1..word::FAILURE_END], len);
            fence(Ordering::Acquire);
            if self.get(word::FAILURE) != told {
                continue;
            }
            let exit = Exit::of_code((told >> 16 & 0xffff) as i32)?;
            let sentence = || lines(&String::from_utf8_lossy(&text)).into_owned();
            return (len > 0).then(|| Error { exit, sentence: sentence() });
        }
    }

    /// Whether a line of the worker's standard error is one of that sentence, which may be cut here.
    pub(crate) fn has_failed_with(&self, line: &str) -> bool {
        let is = |told: &str| match told.strip_suffix(CUT) {
            Some(begin) => line.starts_with(begin),
            None => told.trim_end() == line,
        };
        !line.is_empty() && self.failure().is_some_and(|error| error.sentence.lines().any(is))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::*;

    #[test]
    fn a_sentence_is_found_again_line_by_line_and_where_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.0.ledger");
        Ledger::create(&path, Shape { inlets: 0, outlets: 0, ports: 1, steps: 1 }, 0).unwrap();
        let ledger = Ledger::claim(&path).unwrap();
        assert!(!ledger.has_failed_with("a") && !ledger.has_failed_with(""));
        ledger.set_failure(&Error::drawn("a \n\nb".to_string()));
        assert!(ledger.has_failed_with("a") && ledger.has_failed_with("b"));
        assert!(!ledger.has_failed_with("a b") && !ledger.has_failed_with(""));
        let long = "ü".repeat(1000);
        ledger.set_failure(&Error::failed(&*long));
        assert!(ledger.has_failed_with(&long) && !ledger.has_failed_with("ü"));
    }
}
