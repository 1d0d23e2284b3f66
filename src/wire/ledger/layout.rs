//! Where in a ledger file what lies: words of eight bytes, native byte order.
//!
//! Head (128 words) · account (twin) · one twin an incoming link · timings (triplet). What is kept free is room for
//! counts to come, so that they need no other layout.

use super::account::{self, AccountLayout};
use super::kept::{Triplet, Twin};
use super::shape::{Shape, ordered, unordered};
use crate::operator::{Account, Amount};
use crate::wire::link::Received;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of the head.
pub(super) mod word {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const INLETS: usize = 1;
    pub(crate) const OUTLETS: usize = 2;
    pub(crate) const PORTS: usize = 3;
    pub(crate) const STEPS: usize = 4;
    /// Of which worker of which run.
    pub(crate) const WHOSE: usize = 5;
    /// Of a ledger at rest, the sum of all other words.
    pub(crate) const SEAL: usize = 6;
    pub(crate) const PID: usize = 8;
    pub(crate) const EPOCH: usize = 9;
    pub(crate) const STATE: usize = 10;
    pub(crate) const LOST_INSIDE: usize = 11;
    pub(crate) const REFUSED: usize = 12;
    pub(crate) const BUSY: usize = 16;
    pub(crate) const BLOCKED: usize = 17;
    pub(crate) const IDLE: usize = 18;
    /// What the worker does now, and since when: nanoseconds << 2 | phase.
    pub(crate) const NOW: usize = 19;
    /// With which sentence the worker's process ended: generation << 32 | exit code << 16 | length, and the bytes.
    pub(crate) const FAILURE: usize = 64;
    pub(crate) const FAILURE_END: usize = 128;
}

const MAGIC: u64 = u64::from_le_bytes(*b"sluice06");
const HEAD: usize = word::FAILURE_END;
/// Words of what has come over one link; some are free.
const RECEIVED: usize = 16;
/// Bytes of the three histograms of a worker. Three digits of times spread over 1 us to 100 ms take 70 KB when there
/// are a million records, 150 KB when there are ten thousand million; over 1 ns to an hour, all slots in use, 300 KB
/// and more. Two digits take an eighth of that, so they always fit.
pub(super) const TIMINGS_MAX: usize = 160 * 1024;
/// A length, and the bytes.
const TIMINGS: usize = 1 + TIMINGS_MAX / 8;

/// A shape, and where its parts lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub shape: Shape,
    pub words: usize,
    account: Twin,
    inlets: usize,
    timings: Triplet,
}

impl Layout {
    pub(super) fn of(shape: Shape) -> Layout {
        let account = Twin { at: HEAD, len: AccountLayout(shape).words() };
        let inlets = HEAD + Twin::words(account.len);
        let timings = Triplet { at: inlets + shape.inlets * Twin::words(RECEIVED), len: TIMINGS };
        let words = timings.at + Triplet::words(TIMINGS);
        Layout { shape, words, account, inlets, timings }
    }

    /// The words that a new file starts with; all others are zero.
    pub(super) fn head(&self, whose: u64) -> [(usize, u64); 6] {
        let Shape { inlets, outlets, ports, steps } = self.shape;
        [
            (word::INLETS, inlets as u64),
            (word::OUTLETS, outlets as u64),
            (word::PORTS, ports as u64),
            (word::STEPS, steps as u64),
            (word::WHOSE, whose),
            (word::MAGIC, MAGIC),
        ]
    }

    /// The layout of a file; `None` when it is no ledger, or cut short.
    pub(super) fn read(words: &[AtomicU64]) -> Option<Layout> {
        let get = |at: usize| Some(words.get(at)?.load(Ordering::Acquire));
        let count = |at: usize, most: usize| usize::try_from(get(at)?).ok().filter(|n| *n < most);
        if get(word::MAGIC)? != MAGIC {
            return None;
        }
        let shape = Shape {
            inlets: count(word::INLETS, 1 << 20)?,
            outlets: count(word::OUTLETS, 1 << 20)?,
            ports: count(word::PORTS, 1 << 8)?,
            steps: count(word::STEPS, 1 << 16)?,
        };
        let layout = Layout::of(shape);
        (layout.words <= words.len()).then_some(layout)
    }

    pub(super) fn done(&self, words: &[AtomicU64]) -> u64 {
        self.account.read(words, |copy| copy[account::DONE].load(Ordering::Relaxed))
    }

    pub(super) fn offered(&self, words: &[AtomicU64], outlet: usize) -> Amount {
        assert!(outlet < self.shape.outlets, "a worker has {} outgoing links", self.shape.outlets);
        self.account.read(words, |copy| AccountLayout(self.shape).offered(copy, outlet))
    }

    pub(super) fn publish(&self, words: &[AtomicU64], account: &Account) {
        self.account.write(words, |copy| AccountLayout(self.shape).write(copy, account));
    }

    pub(super) fn account(&self, words: &[AtomicU64]) -> Account {
        self.account.read(words, |copy| AccountLayout(self.shape).read(copy))
    }

    fn inlet(&self, inlet: usize) -> Twin {
        assert!(inlet < self.shape.inlets, "a worker has {} incoming links", self.shape.inlets);
        Twin { at: self.inlets + inlet * Twin::words(RECEIVED), len: RECEIVED }
    }

    pub(super) fn received(&self, words: &[AtomicU64], inlet: usize) -> Received {
        self.inlet(inlet).read(words, |copy| {
            let get = |at: usize| copy[at].load(Ordering::Relaxed);
            Received {
                next: get(0),
                records: get(1),
                bytes: get(2),
                duplicates: get(3),
                epoch: get(4) as u32,
                ended: get(5) == 1,
                old: (get(6) as u32, get(7)),
                watermark: unordered(get(8)),
                idle: get(9) == 1,
                stopped: get(10) == 1,
                missed: get(11),
            }
        })
    }

    pub(super) fn set_received(&self, words: &[AtomicU64], inlet: usize, r: &Received) {
        self.inlet(inlet).write(words, |copy| {
            let counts = [r.next, r.records, r.bytes, r.duplicates, u64::from(r.epoch), u64::from(r.ended)];
            let flags = [r.idle.into(), r.stopped.into(), r.missed];
            let rest = [u64::from(r.old.0), r.old.1, ordered(r.watermark)].into_iter().chain(flags);
            copy.iter()
                .zip(counts.into_iter().chain(rest))
                .for_each(|(word, value)| word.store(value, Ordering::Relaxed));
        });
    }

    /// The bytes told last, and those told before them.
    pub(super) fn timings(&self, words: &[AtomicU64]) -> [Vec<u8>; 2] {
        let bytes = |copy: &[AtomicU64]| {
            account::get_bytes(&copy[1..], (copy[0].load(Ordering::Relaxed) as usize).min(TIMINGS_MAX))
        };
        self.timings.read_both(words, |now, before| [bytes(now), bytes(before)])
    }

    /// Tells bytes, of which there must be no more than `TIMINGS_MAX`.
    pub(super) fn set_timings(&self, words: &[AtomicU64], bytes: &[u8]) {
        self.timings.write(words, |copy| {
            copy[0].store(bytes.len() as u64, Ordering::Relaxed);
            account::put_bytes(&copy[1..], bytes);
        });
    }
}
