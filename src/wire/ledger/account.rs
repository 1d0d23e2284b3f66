//! Where in the words of an account what lies.
//!
//! Counts (24 words, some of them free) · ports · lengths of positions · two words a step · outgoing links (8 words
//! each, some of them free) · reasons · bytes of positions · times of partitions. What is written each time lies
//! together; of the rest only what is used is touched, and a position only when it has changed.

use super::shape::{Shape, ordered, unordered};
use crate::operator::{
    Account, Amount, PARTITIONS_MAX, POSITION_BYTES_MAX, Position, REASON_BYTES_MAX, REASONS_MAX,
    SOURCE_POSITION_BYTES_MAX, Shed, StepCounts,
};
use std::sync::atomic::{AtomicU64, Ordering, fence};

const SERIAL: usize = 0;
pub(super) const DONE: usize = 1;
const FILTERED: usize = 2;
const ABSORBED: usize = 3;
const MADE: usize = 4;
const MOVED: usize = 5;
const SETS: usize = 6;
const IDS: usize = 7;
const TIME_MAX: usize = 8;
/// How many reasons there are.
const REASONS: usize = 9;
const KEYS_GONE: usize = 10;
const HELD: usize = 11;
const LOST: usize = 12;
const REFUSED: usize = 13;
const MISSED: usize = 14;
/// How many partitions there are.
const PARTITIONS: usize = 23;
const FORGOTTEN: usize = 20;
const WAITING: usize = 21;
/// Words of the counts.
const COUNTS: usize = 24;

/// A reason takes a count, and its text with a zero byte at the end where it is shorter.
const REASON: usize = 1 + REASON_BYTES_MAX / 8;
const OUTLET: usize = 8;
const STEP: usize = 2;
/// Of a position's word, so many bits are its length.
const LENGTH_BITS: u32 = 16;

#[derive(Clone, Copy)]
pub(super) struct AccountLayout(pub Shape);

impl AccountLayout {
    pub(super) fn words(self) -> usize {
        self.times_at() + PARTITIONS_MAX
    }

    fn times_at(self) -> usize {
        self.position_at(self.0.steps)
    }

    fn length_at(self, step: usize) -> usize {
        COUNTS + self.0.ports + step
    }

    fn step_at(self, step: usize) -> usize {
        self.length_at(self.0.steps) + step * STEP
    }

    fn outlet_at(self, outlet: usize) -> usize {
        self.step_at(self.0.steps) + outlet * OUTLET
    }

    fn reason_at(self, reason: usize) -> usize {
        self.outlet_at(self.0.outlets) + reason * REASON
    }

    fn position_at(self, step: usize) -> usize {
        let before = (0..step).map(|before| self.position_bytes_max(before) / 8).sum::<usize>();
        self.reason_at(REASONS_MAX) + before
    }

    /// Who has no incoming link is a source.
    fn position_bytes_max(self, step: usize) -> usize {
        let many = step == 0 && self.0.inlets == 0;
        if many { SOURCE_POSITION_BYTES_MAX } else { POSITION_BYTES_MAX }
    }

    pub(super) fn write(self, copy: &[AtomicU64], account: &Account) {
        let (counts, rest) = copy.split_first_chunk::<COUNTS>().expect("an account begins with its counts");
        let put = |at: usize, value: u64| counts[at].store(value, Ordering::Relaxed);
        put(SERIAL, account.serial);
        put(DONE, account.done);
        put(FILTERED, account.filtered);
        put(ABSORBED, account.absorbed);
        put(MADE, account.made);
        put(MOVED, account.moved);
        put(KEYS_GONE, account.keys_gone);
        put(HELD, account.held);
        put(LOST, account.lost);
        put(REFUSED, account.refused);
        put(MISSED, account.missed);
        put(FORGOTTEN, account.forgotten);
        put(WAITING, account.waiting);
        put(SETS, account.sets);
        put(IDS, account.ids);
        put(TIME_MAX, ordered(account.time_max));
        put(REASONS, account.rejected.len() as u64);
        put(PARTITIONS, account.partition_times.len() as u64);
        for (word, count) in rest.iter().zip(&account.ports) {
            word.store(*count, Ordering::Relaxed);
        }
        let put = |at: usize, value: u64| copy[at].store(value, Ordering::Relaxed);
        for (i, (reason, count)) in account.rejected.iter().enumerate() {
            let at = self.reason_at(i);
            put(at, *count);
            let mut text = [0; REASON_BYTES_MAX];
            text[..reason.len()].copy_from_slice(reason.as_bytes());
            put_bytes(&copy[at + 1..], &text);
        }
        for (i, (offered, shed)) in account.offered.iter().zip(&account.shed).enumerate() {
            let at = self.outlet_at(i);
            put(at, offered.records);
            put(at + 1, offered.bytes);
            put(at + 2, shed.full);
            put(at + 3, shed.too_old);
        }
        for (step, counts) in account.steps.iter().enumerate() {
            let at = self.step_at(step);
            put(at, counts.filtered);
            put(at + 1, counts.rejected);
        }
        for (step, position) in account.positions.iter().enumerate() {
            self.write_position(copy, step, position);
        }
        for (word, time) in copy[self.times_at()..].iter().zip(&account.partition_times) {
            word.store(ordered(*time), Ordering::Relaxed);
        }
    }

    /// Writes a position, unless this copy has it already: its length stands in a word with how often it has changed.
    fn write_position(self, copy: &[AtomicU64], step: usize, position: &Position) {
        let length = &copy[self.length_at(step)];
        let word = position.changes() << LENGTH_BITS | position.bytes().len() as u64;
        if length.load(Ordering::Relaxed) == word {
            return;
        }
        // A kill between these stores leaves a word that is nobody's, so the next process writes all of it.
        length.store(u64::MAX, Ordering::Relaxed);
        fence(Ordering::Release);
        put_bytes(&copy[self.position_at(step)..], position.bytes());
        length.store(word, Ordering::Release);
    }

    fn position(self, copy: &[AtomicU64], step: usize) -> Position {
        let word = copy[self.length_at(step)].load(Ordering::Relaxed);
        let len = (word as usize & ((1 << LENGTH_BITS) - 1)).min(self.position_bytes_max(step));
        Position::restore(get_bytes(&copy[self.position_at(step)..], len), word >> LENGTH_BITS)
    }

    pub(super) fn read(self, copy: &[AtomicU64]) -> Account {
        let get = |at: usize| copy[at].load(Ordering::Relaxed);
        let reason = |i: usize| {
            let at = self.reason_at(i);
            let mut text = get_bytes(&copy[at + 1..], REASON_BYTES_MAX);
            text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
            (String::from_utf8_lossy(&text).into_owned(), get(at))
        };
        let counts = |at: usize| StepCounts { filtered: get(at), rejected: get(at + 1) };
        let shed = |at: usize| Shed { full: get(at + 2), too_old: get(at + 3) };
        let partitions = (get(PARTITIONS) as usize).min(PARTITIONS_MAX);
        let times = copy[self.times_at()..].iter().take(partitions);
        Account {
            serial: get(SERIAL),
            done: get(DONE),
            filtered: get(FILTERED),
            absorbed: get(ABSORBED),
            made: get(MADE),
            moved: get(MOVED),
            keys_gone: get(KEYS_GONE),
            held: get(HELD),
            lost: get(LOST),
            refused: get(REFUSED),
            missed: get(MISSED),
            forgotten: get(FORGOTTEN),
            waiting: get(WAITING),
            sets: get(SETS),
            ids: get(IDS),
            time_max: unordered(get(TIME_MAX)),
            partition_times: times.map(|word| unordered(word.load(Ordering::Relaxed))).collect(),
            ports: (0..self.0.ports).map(|port| get(COUNTS + port)).collect(),
            rejected: (0..(get(REASONS) as usize).min(REASONS_MAX)).map(reason).collect(),
            offered: (0..self.0.outlets).map(|outlet| self.offered(copy, outlet)).collect(),
            shed: (0..self.0.outlets).map(|outlet| self.outlet_at(outlet)).map(shed).collect(),
            positions: (0..self.0.steps).map(|step| self.position(copy, step)).collect(),
            steps: (0..self.0.steps).map(|step| self.step_at(step)).map(counts).collect(),
        }
    }

    pub(super) fn offered(self, copy: &[AtomicU64], outlet: usize) -> Amount {
        let load = |at: usize| copy[at].load(Ordering::Relaxed);
        let at = self.outlet_at(outlet);
        Amount { records: load(at), bytes: load(at + 1) }
    }
}

/// Writes bytes into as many words as they need.
pub(super) fn put_bytes(words: &[AtomicU64], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = (!rest.is_empty()).then_some(&last);
    for (word, chunk) in words.iter().zip(whole.iter().chain(last)) {
        word.store(u64::from_le_bytes(*chunk), Ordering::Relaxed);
    }
}

/// Reads so many bytes back.
pub(super) fn get_bytes(words: &[AtomicU64], len: usize) -> Vec<u8> {
    let words = words.iter().take(len.div_ceil(8));
    let mut bytes: Vec<u8> = words.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
    bytes.truncate(len);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: AccountLayout = AccountLayout(Shape { inlets: 0, outlets: 1, ports: 2, steps: 2 });

    fn account(second: Position) -> Account {
        let positions = vec![Position::restore(b"first".to_vec(), 1), second];
        Account { positions, ..Account::new(2, 1, 2) }
    }

    #[test]
    fn a_position_that_has_not_changed_is_not_written() {
        let copy: Vec<AtomicU64> = (0..LAYOUT.words()).map(|_| AtomicU64::new(0)).collect();
        let full = account(Position::restore(vec![7; POSITION_BYTES_MAX], 3));
        LAYOUT.write(&copy, &full);
        assert_eq!(LAYOUT.read(&copy), full);
        let last = &copy[LAYOUT.position_at(2) - 1];
        last.store(1, Ordering::Relaxed);
        LAYOUT.write(&copy, &full);
        assert_eq!(last.load(Ordering::Relaxed), 1, "it is there already");
        let changed = account(Position::restore(vec![8; POSITION_BYTES_MAX], 4));
        LAYOUT.write(&copy, &changed);
        assert_eq!(LAYOUT.read(&copy), changed);
        let empty = account(Position::restore(Vec::new(), 5));
        LAYOUT.write(&copy, &empty);
        assert_eq!(LAYOUT.read(&copy), empty);
    }

    #[test]
    fn a_position_that_was_half_written_is_written_anew() {
        let copy: Vec<AtomicU64> = (0..LAYOUT.words()).map(|_| AtomicU64::new(0)).collect();
        let before = account(Position::restore(vec![7; 100], 3));
        LAYOUT.write(&copy, &before);
        // As a kill leaves it that comes while the next one is written.
        copy[LAYOUT.length_at(1)].store(u64::MAX, Ordering::Relaxed);
        put_bytes(&copy[LAYOUT.position_at(1)..], &[8; 50]);
        LAYOUT.write(&copy, &before);
        assert_eq!(LAYOUT.read(&copy), before);
    }
}
