//! The seal of a ledger at rest: a checksum over all its words, so that a change of what has come to its end is told.
//!
//! The worker seals its ledger when it lets go of it, and the launcher all that are at rest at the end of the run: also
//! those whose process was killed. Whoever is about to change one takes the seal off first. A ledger without a seal is
//! one that somebody works on, or that nobody was there to seal.

use super::Ledger;
use super::layout::word;
use std::sync::atomic::Ordering;
use xxhash_rust::xxh3::Xxh3;

/// Words that are taken into the sum at a time.
const STEP: usize = 512;

impl Ledger {
    /// Seals it: nobody changes it any more.
    pub(crate) fn seal(&self) {
        self.set(word::SEAL, self.sum());
    }

    /// Takes the seal off: it is about to change.
    pub(super) fn unseal(&self) {
        self.set(word::SEAL, 0);
    }

    /// Whether it was changed since it was sealed.
    pub fn is_broken(&self) -> bool {
        let seal = self.get(word::SEAL);
        // One that was taken off meanwhile is not broken.
        seal != 0 && seal != self.sum() && seal == self.get(word::SEAL)
    }

    /// Never zero.
    fn sum(&self) -> u64 {
        let mut sum = Xxh3::new();
        let mut bytes = [0; 8 * STEP];
        for (at, words) in self.words().chunks(STEP).enumerate() {
            for (i, (word, into)) in words.iter().zip(bytes.as_chunks_mut::<8>().0).enumerate() {
                let value = if at * STEP + i == word::SEAL { 0 } else { word.load(Ordering::Relaxed) };
                *into = value.to_ne_bytes();
            }
            sum.update(&bytes[..8 * words.len()]);
        }
        sum.digest().max(1)
    }
}
