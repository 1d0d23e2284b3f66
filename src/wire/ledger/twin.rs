//! A group of words that is kept twice, so that it changes by one store.
//!
//! The word at `at` is the generation; copy `generation % 2` is the one that is shown.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Where a group lies: its generation at `at`, two copies of `len` words from `at + 1`.
#[derive(Clone, Copy, Debug)]
pub struct Twin {
    pub at: usize,
    pub len: usize,
}

impl Twin {
    /// Words that the whole takes, rounded up so that two groups never share a cache line.
    pub fn words(len: usize) -> usize {
        (1 + 2 * len).next_multiple_of(8)
    }

    fn copy(self, words: &[AtomicU64], generation: u64) -> &[AtomicU64] {
        let start = self.at + 1 + (generation % 2) as usize * self.len;
        &words[start..start + self.len]
    }

    /// Fills the hidden copy, then shows it. One thread of one process may do so.
    pub fn write(self, words: &[AtomicU64], fill: impl FnOnce(&[AtomicU64])) {
        let generation = words[self.at].load(Ordering::Relaxed) + 1;
        fence(Ordering::Release);
        fill(self.copy(words, generation));
        words[self.at].store(generation, Ordering::Release);
    }

    /// Reads the shown copy; again, if it was overtaken meanwhile.
    pub fn read<T>(self, words: &[AtomicU64], read: impl Fn(&[AtomicU64]) -> T) -> T {
        loop {
            let generation = words[self.at].load(Ordering::Acquire);
            let found = read(self.copy(words, generation));
            fence(Ordering::Acquire);
            if words[self.at].load(Ordering::Relaxed) == generation {
                return found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_never_see_a_group_half_written() {
        let words: Vec<AtomicU64> = (0..Twin::words(16)).map(|_| AtomicU64::new(0)).collect();
        let twin = Twin { at: 0, len: 16 };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for i in 0..200_000 {
                    twin.write(&words, |copy| copy.iter().for_each(|word| word.store(i, Ordering::Relaxed)));
                }
            });
            let mut last = 0;
            while last < 199_999 {
                let all = twin.read(&words, |copy| {
                    copy.iter().map(|word| word.load(Ordering::Relaxed)).collect::<Vec<_>>()
                });
                assert!(all.iter().all(|word| *word == all[0]) && all[0] >= last, "{all:?} after {last}");
                last = all[0];
            }
        });
    }
}
