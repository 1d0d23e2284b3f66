//! Where in a ledger file what lies: words of eight bytes, native byte order.
//!
//! Head (64 words) · account (twin) · one twin an incoming link · timings (triplet).

use super::kept::{Triplet, Twin};
use crate::operator::{Account, Amount, REASON_BYTES_MAX, REASONS_MAX};
use crate::wire::link::Received;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a worker has, and so what its ledger must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Incoming links.
    pub inlets: usize,
    /// Outgoing links.
    pub outlets: usize,
}

/// Words of the head.
pub mod word {
    pub const MAGIC: usize = 0;
    pub const INLETS: usize = 1;
    pub const OUTLETS: usize = 2;
    pub const PID: usize = 8;
    pub const EPOCH: usize = 9;
    pub const STATE: usize = 10;
    pub const LOST_INSIDE: usize = 11;
    pub const REFUSED: usize = 12;
    pub const BUSY: usize = 16;
    pub const BLOCKED: usize = 17;
    pub const IDLE: usize = 18;
    /// What the worker does now, and since when: nanoseconds << 2 | phase.
    pub const NOW: usize = 19;
}

const MAGIC: u64 = u64::from_le_bytes(*b"sluice02");
const HEAD: usize = 64;
const ACCOUNT_FIXED: usize = 12;
/// A reason takes a count, and its text with a zero byte at the end where it is shorter.
const REASON: usize = 1 + REASON_BYTES_MAX / 8;
const RECEIVED: usize = 8;
/// Bytes of the three histograms of a worker. Three digits of times spread over 1 us to 100 ms take 70 KB when there
/// are a million records, 150 KB when there are ten thousand million; over 1 ns to an hour, all slots in use, 300 KB
/// and more. Two digits take an eighth of that, so they always fit.
pub const TIMINGS_MAX: usize = 160 * 1024;
/// A length, and the bytes.
const TIMINGS: usize = 1 + TIMINGS_MAX / 8;

/// Where in an account an outgoing link's records are; its bytes come next.
fn offered_at(outlet: usize) -> usize {
    ACCOUNT_FIXED + REASONS_MAX * REASON + 2 * outlet
}

/// A shape, and where its parts lie.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub shape: Shape,
    pub words: usize,
    account: Twin,
    inlets: usize,
    timings: Triplet,
}

impl Layout {
    pub fn of(shape: Shape) -> Layout {
        let account = Twin { at: HEAD, len: ACCOUNT_FIXED + REASONS_MAX * REASON + 2 * shape.outlets };
        let inlets = HEAD + Twin::words(account.len);
        let timings = Triplet { at: inlets + shape.inlets * Twin::words(RECEIVED), len: TIMINGS };
        let words = timings.at + Triplet::words(TIMINGS);
        Layout { shape, words, account, inlets, timings }
    }

    /// The words that a new file starts with; all others are zero.
    pub fn head(&self) -> [(usize, u64); 3] {
        let Shape { inlets, outlets } = self.shape;
        [(word::INLETS, inlets as u64), (word::OUTLETS, outlets as u64), (word::MAGIC, MAGIC)]
    }

    /// The layout of a file; `None` when it is no ledger, or cut short.
    pub fn read(words: &[AtomicU64]) -> Option<Layout> {
        let get = |at: usize| Some(words.get(at)?.load(Ordering::Acquire));
        if get(word::MAGIC)? != MAGIC {
            return None;
        }
        let shape = Shape {
            inlets: usize::try_from(get(word::INLETS)?).ok().filter(|n| *n < 1 << 20)?,
            outlets: usize::try_from(get(word::OUTLETS)?).ok().filter(|n| *n < 1 << 20)?,
        };
        let layout = Layout::of(shape);
        (layout.words <= words.len()).then_some(layout)
    }

    pub fn done(&self, words: &[AtomicU64]) -> u64 {
        self.account.read(words, |copy| copy[1].load(Ordering::Relaxed))
    }

    pub fn offered(&self, words: &[AtomicU64], outlet: usize) -> Amount {
        assert!(outlet < self.shape.outlets, "a worker has {} outgoing links", self.shape.outlets);
        let at = offered_at(outlet);
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        self.account.read(words, |copy| Amount { records: load(&copy[at]), bytes: load(&copy[at + 1]) })
    }

    pub fn publish(&self, words: &[AtomicU64], account: &Account) {
        self.account.write(words, |copy| {
            let put = |at: usize, value: u64| copy[at].store(value, Ordering::Relaxed);
            let Account { serial, done, filtered, absorbed, made, reported, sets, ids, positions, .. } =
                account;
            let fixed =
                [serial, done, filtered, absorbed, made, reported, sets, ids, &positions[0], &positions[1]];
            fixed.into_iter().enumerate().for_each(|(at, value)| put(at, *value));
            put(10, account.rejected.len() as u64);
            for (i, (reason, count)) in account.rejected.iter().enumerate() {
                let at = ACCOUNT_FIXED + i * REASON;
                put(at, *count);
                let mut text = [0; REASON_BYTES_MAX];
                text[..reason.len()].copy_from_slice(reason.as_bytes());
                let (chunks, _) = text.as_chunks::<8>();
                chunks.iter().enumerate().for_each(|(i, chunk)| put(at + 1 + i, u64::from_le_bytes(*chunk)));
            }
            for (i, Amount { records, bytes }) in account.offered.iter().enumerate() {
                let at = offered_at(i);
                put(at, *records);
                put(at + 1, *bytes);
            }
        });
    }

    pub fn account(&self, words: &[AtomicU64]) -> Account {
        self.account.read(words, |copy| {
            let get = |at: usize| copy[at].load(Ordering::Relaxed);
            let reason = |i: usize| {
                let at = ACCOUNT_FIXED + i * REASON;
                let text: Vec<u8> =
                    (1..REASON).flat_map(|i| get(at + i).to_le_bytes()).take_while(|b| *b != 0).collect();
                (String::from_utf8_lossy(&text).into_owned(), get(at))
            };
            let offered = |i: usize| Amount { records: get(offered_at(i)), bytes: get(offered_at(i) + 1) };
            Account {
                serial: get(0),
                done: get(1),
                filtered: get(2),
                absorbed: get(3),
                made: get(4),
                reported: get(5),
                sets: get(6),
                ids: get(7),
                positions: [get(8), get(9)],
                rejected: (0..(get(10) as usize).min(REASONS_MAX)).map(reason).collect(),
                offered: (0..self.shape.outlets).map(offered).collect(),
            }
        })
    }

    fn inlet(&self, inlet: usize) -> Twin {
        assert!(inlet < self.shape.inlets, "a worker has {} incoming links", self.shape.inlets);
        Twin { at: self.inlets + inlet * Twin::words(RECEIVED), len: RECEIVED }
    }

    pub fn received(&self, words: &[AtomicU64], inlet: usize) -> Received {
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
            }
        })
    }

    pub fn set_received(&self, words: &[AtomicU64], inlet: usize, r: &Received) {
        self.inlet(inlet).write(words, |copy| {
            let epochs = [u64::from(r.epoch), u64::from(r.ended), u64::from(r.old.0), r.old.1];
            let values = [r.next, r.records, r.bytes, r.duplicates].into_iter().chain(epochs);
            copy.iter().zip(values).for_each(|(word, value)| word.store(value, Ordering::Relaxed));
        });
    }

    /// The bytes told last, and those told before them.
    pub fn timings(&self, words: &[AtomicU64]) -> [Vec<u8>; 2] {
        let bytes = |copy: &[AtomicU64]| {
            let len = (copy[0].load(Ordering::Relaxed) as usize).min(TIMINGS_MAX);
            let words = copy[1..].iter().take(len.div_ceil(8));
            let mut bytes: Vec<u8> =
                words.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
            bytes.truncate(len);
            bytes
        };
        self.timings.read_both(words, |now, before| [bytes(now), bytes(before)])
    }

    /// Tells bytes, of which there must be no more than `TIMINGS_MAX`.
    pub fn set_timings(&self, words: &[AtomicU64], bytes: &[u8]) {
        self.timings.write(words, |copy| {
            copy[0].store(bytes.len() as u64, Ordering::Relaxed);
            let (whole, rest) = bytes.as_chunks::<8>();
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            for (word, chunk) in copy[1..].iter().zip(whole.iter().chain([&last])) {
                word.store(u64::from_le_bytes(*chunk), Ordering::Relaxed);
            }
        });
    }
}
