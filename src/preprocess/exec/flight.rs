//! The records that have come and not gone on: what a program has, what it has answered, and what it is still to get.
//!
//! They go on in the order in which they came, whatever the order of answers.

use super::given::From;
use crate::data::{Batch, Schema, Values};
use std::collections::VecDeque;

/// What has become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The program has not got it yet.
    Waits,
    /// The program has it since this time.
    Sent(u64),
    /// The answer is this row.
    Answered(u32),
    /// It does not go on: said of it is what there was to say.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    fate: Fate,
    tries: u8,
    /// How far the program's input is written when it has all of this record.
    end: u64,
}

/// Spent rows are taken out when there are so many.
const SPENT: usize = 1024;

pub(super) struct Flight {
    rows: Batch,
    /// So many rows before the first slot are spent.
    spent: usize,
    slots: VecDeque<Slot>,
    /// The number of the first slot.
    first: u64,
    /// The first slot that the program has not got.
    next: usize,
    /// No slot before this one is with the program.
    front: usize,
    /// The record that it has had for longest came to be that, or was given to it, no sooner.
    front_ns: u64,
    /// The one that was that is settled: another is.
    moved: bool,
    /// So many have gone to it and are not answered.
    asked: usize,
    /// So many of these, and of those to come, are tried again.
    again: usize,
    /// So many are neither answered nor gone.
    open: usize,
    /// So many are gone and still hold their place.
    gone: usize,
    pub answers: Batch,
    /// The rows that go on now, of records and of answers.
    picked: [Vec<u32>; 2],
    spare: [Batch; 2],
    time: Option<usize>,
}

impl Flight {
    pub(super) fn new(input: &Schema, answer: &Schema) -> Flight {
        Flight {
            rows: Batch::new(input),
            spent: 0,
            slots: VecDeque::new(),
            first: 1,
            next: 0,
            front: 0,
            front_ns: 0,
            moved: false,
            asked: 0,
            again: 0,
            open: 0,
            gone: 0,
            answers: Batch::new(answer),
            picked: [const { Vec::new() }; 2],
            spare: [Batch::default(), Batch::default()],
            time: input.time(),
        }
    }

    /// Records have come.
    pub(super) fn take(&mut self, batch: &Batch) {
        self.rows.extend(batch, 0, batch.len());
        self.slots.extend((0..batch.len()).map(|_| Slot { fate: Fate::Waits, tries: 0, end: 0 }));
        self.open += batch.len();
    }

    /// How many have not gone on, nor has anything been said of them.
    pub(super) fn held(&self) -> usize {
        self.slots.len() - self.gone
    }

    /// How many are not answered.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// How many the program has.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// The next record that the program is to get, if `window` records may be with it: its number, and where it lies.
    /// One that was with it when it ended goes alone.
    pub(super) fn next_ask(&mut self, window: usize) -> Option<(u64, &Batch, usize)> {
        while self.slots.get(self.next).is_some_and(|slot| slot.fate != Fate::Waits) {
            self.next += 1;
        }
        let window = if self.again > 0 { 1 } else { window };
        if self.next >= self.slots.len() || self.asked >= window {
            return None;
        }
        Some((self.first + self.next as u64, &self.rows, self.spent + self.next))
    }

    /// The program gets it: its input is written so far then.
    pub(super) fn ask(&mut self, now_ns: u64, end: u64) {
        let slot = &mut self.slots[self.next];
        (slot.fate, slot.end) = (Fate::Sent(now_ns), end);
        self.next += 1;
        self.asked += 1;
    }

    /// The slot of a number that the program has; `None`: it does not have it.
    pub(super) fn slot(&self, number: i64) -> Option<usize> {
        let at = usize::try_from(u64::try_from(number).ok()?.checked_sub(self.first)?).ok()?;
        matches!(self.slots.get(at)?.fate, Fate::Sent(_)).then_some(at)
    }

    /// A record, to say something of it.
    pub(super) fn row(&self, slot: usize) -> (&Batch, usize) {
        (&self.rows, self.spent + slot)
    }

    /// It goes on with the answer that came last.
    pub(super) fn answer(&mut self, slot: usize) {
        let row = self.answers.len() as u32 - 1;
        self.settle(slot, Fate::Answered(row));
    }

    /// It does not go on.
    pub(super) fn let_go(&mut self, slot: usize) {
        self.settle(slot, Fate::Gone);
        self.gone += 1;
    }

    fn settle(&mut self, slot: usize, fate: Fate) {
        self.moved |= self.front() == Some(slot);
        let settled = &mut self.slots[slot];
        self.again -= usize::from(settled.tries > 0);
        settled.fate = fate;
        self.asked -= 1;
        self.open -= 1;
    }

    /// The program's input is written so far: which records it has got as a whole. They are gone.
    pub(super) fn written(&mut self, to: u64) -> u64 {
        let mut n = 0;
        while self.slots.front().is_some_and(|slot| matches!(slot.fate, Fate::Sent(_)) && slot.end <= to) {
            self.let_go(0);
            self.pop();
            n += 1;
        }
        self.tidy();
        n
    }

    /// The slot that the program has had for longest. Those before it, up to the next to ask, are settled for good.
    fn front(&mut self) -> Option<usize> {
        while self.front < self.next && !matches!(self.slots[self.front].fate, Fate::Sent(_)) {
            self.front += 1;
        }
        (self.front < self.next).then_some(self.front)
    }

    /// Since when it is the turn of the record that the program has had for longest: since it was given to it, it took
    /// some of it, or the one before it was settled. An answer to one behind it does not count: it may be forgotten.
    pub(super) fn oldest(&mut self, now_ns: u64) -> Option<u64> {
        if std::mem::take(&mut self.moved) {
            self.front_ns = now_ns;
        }
        let front = self.front()?;
        let Fate::Sent(at) = self.slots[front].fate else { return None };
        Some(at.max(self.front_ns))
    }

    /// The program has taken more of its input: the time of a record that it had not got as a whole begins anew.
    pub(super) fn took_beyond(&mut self, before: u64) {
        let front = self.front();
        self.moved |= front.is_some_and(|front| self.slots[front].end > before);
    }

    /// The earliest event time of a record that has not gone on.
    pub(super) fn earliest(&self) -> Option<i64> {
        let Values::Time(times) = &self.rows.columns[self.time?].values else { return None };
        let valid = &self.rows.columns[self.time?].valid;
        let held = self.slots.iter().zip(self.spent..).filter(|(slot, _)| slot.fate != Fate::Gone);
        held.filter(|(_, row)| valid.get(*row)).map(|(_, row)| times[row]).min()
    }

    /// The program is gone, and has read its input so far at most. What it had is asked again, `retry` times; how many
    /// are not. Those that it had not got as a whole are simply asked again.
    pub(super) fn fail(&mut self, retry: u8, read: u64) -> u64 {
        let mut lost = 0;
        for at in 0..self.next {
            let slot = &mut self.slots[at];
            if !matches!(slot.fate, Fate::Sent(_)) {
                continue;
            }
            let had = slot.end <= read;
            if had && slot.tries >= retry {
                self.let_go(at);
                lost += 1;
                continue;
            }
            if had {
                self.again += usize::from(slot.tries == 0);
                slot.tries += 1;
            }
            slot.fate = Fate::Waits;
            self.asked -= 1;
        }
        (self.next, self.front, self.moved) = (0, 0, false);
        lost
    }

    /// Moves what can go on into a batch, whose columns come `from` records and answers.
    pub(super) fn move_on(&mut self, batch: &mut Batch, from: &[From]) {
        self.picked.iter_mut().for_each(Vec::clear);
        while let Some(slot) = self.slots.front() {
            match slot.fate {
                Fate::Answered(row) => {
                    self.picked[0].push(self.spent as u32);
                    self.picked[1].push(row);
                }
                Fate::Gone => {}
                Fate::Waits | Fate::Sent(_) => break,
            }
            self.pop();
        }
        if !self.picked[0].is_empty() {
            let [records, answers] = &mut self.spare;
            records.reset_like(&self.rows);
            records.gather(&self.rows, &self.picked[0]);
            answers.reset_like(&self.answers);
            answers.gather(&self.answers, &self.picked[1]);
            std::mem::swap(&mut batch.id, &mut records.id);
            std::mem::swap(&mut batch.born_ns, &mut records.born_ns);
            std::mem::swap(&mut batch.late_ns, &mut records.late_ns);
            for (column, from) in batch.columns.iter_mut().zip(from) {
                match from {
                    From::Record(at) => std::mem::swap(column, &mut records.columns[*at]),
                    From::Answer(at) => std::mem::swap(column, &mut answers.columns[*at]),
                }
            }
        }
        self.tidy();
    }

    fn pop(&mut self) {
        if let Some(slot) = self.slots.pop_front() {
            self.gone -= usize::from(slot.fate == Fate::Gone);
            self.first += 1;
            self.spent += 1;
            self.next = self.next.saturating_sub(1);
            self.front = self.front.saturating_sub(1);
        }
    }

    /// Takes spent rows out, now and then.
    fn tidy(&mut self) {
        if self.slots.is_empty() {
            self.rows.clear();
            self.answers.clear();
            self.spent = 0;
        } else if self.spent >= SPENT && self.spent >= self.slots.len() {
            let [records, answers] = &mut self.spare;
            records.reset_like(&self.rows);
            records.extend(&self.rows, self.spent, self.rows.len());
            answers.reset_like(&self.answers);
            for slot in &mut self.slots {
                if let Fate::Answered(row) = &mut slot.fate {
                    answers.extend(&self.answers, *row as usize, *row as usize + 1);
                    *row = answers.len() as u32 - 1;
                }
            }
            std::mem::swap(&mut self.rows, records);
            std::mem::swap(&mut self.answers, answers);
            self.spent = 0;
        }
    }
}
