//! Groups of words that are kept several times, so that they change by one store.
//!
//! The word at `at` is the generation; copy `generation % COPIES` is the one that is shown.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Where a group lies: its generation at `at`, its copies of `len` words each from `at + 1`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<const COPIES: usize> {
    pub at: usize,
    pub len: usize,
}

/// One copy is shown, one is being filled.
pub(super) type Twin = Kept<2>;
/// One copy is shown together with the one that was shown before it, one is being filled.
pub(super) type Triplet = Kept<3>;

impl<const COPIES: usize> Kept<COPIES> {
    /// Words that the whole takes, rounded up so that two groups never share a cache line.
    pub(super) fn words(len: usize) -> usize {
        (1 + COPIES * len).next_multiple_of(8)
    }

    fn copy(self, words: &[AtomicU64], generation: u64) -> &[AtomicU64] {
        let start = self.at + 1 + (generation % COPIES as u64) as usize * self.len;
        &words[start..start + self.len]
    }

    /// Fills a hidden copy, then shows it. One thread of one process may do so.
    pub(super) fn write(self, words: &[AtomicU64], fill: impl FnOnce(&[AtomicU64])) {
        let generation = words[self.at].load(Ordering::Relaxed) + 1;
        fence(Ordering::Release);
        fill(self.copy(words, generation));
        words[self.at].store(generation, Ordering::Release);
    }

    /// Reads the shown copy; again, if it was overtaken meanwhile.
    pub(super) fn read<T>(self, words: &[AtomicU64], read: impl Fn(&[AtomicU64]) -> T) -> T {
        self.read_at(words, |generation| read(self.copy(words, generation)))
    }

    fn read_at<T>(self, words: &[AtomicU64], read: impl Fn(u64) -> T) -> T {
        loop {
            let generation = words[self.at].load(Ordering::Acquire);
            let found = read(generation);
            fence(Ordering::Acquire);
            if words[self.at].load(Ordering::Relaxed) == generation {
                return found;
            }
        }
    }
}

impl Triplet {
    /// Reads the shown copy and the one that was shown before it (zeros, before the second was written).
    pub(super) fn read_both<T>(
        self,
        words: &[AtomicU64],
        read: impl Fn(&[AtomicU64], &[AtomicU64]) -> T,
    ) -> T {
        // Two on is one back, and no generation is below zero.
        self.read_at(words, |generation| read(self.copy(words, generation), self.copy(words, generation + 2)))
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

    #[test]
    fn of_three_copies_the_shown_one_and_the_one_before_are_read_together() {
        const LAST: u64 = 200_000;
        let words: Vec<AtomicU64> = (0..Triplet::words(16)).map(|_| AtomicU64::new(0)).collect();
        let triplet = Triplet { at: 0, len: 16 };
        let all = |copy: &[AtomicU64]| copy.iter().map(|w| w.load(Ordering::Relaxed)).collect::<Vec<_>>();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for i in 1..=LAST {
                    triplet.write(&words, |copy| copy.iter().for_each(|w| w.store(i, Ordering::Relaxed)));
                }
            });
            let mut last = 0;
            while last < LAST {
                let (now, before) = triplet.read_both(&words, |now, before| (all(now), all(before)));
                assert!(now.iter().all(|word| *word == now[0]) && now[0] >= last, "{now:?} after {last}");
                assert!(before.iter().all(|word| *word == now[0].saturating_sub(1)), "{before:?}, {now:?}");
                last = now[0];
            }
        });
    }
}
