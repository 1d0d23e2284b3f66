//! The newest record of the right for each key, and the records of both sides whose time has not come yet.
//!
//! Time goes on over both sides together: what lies before it is taken in the order of its time, of equal times the
//! right's first. So of the right one record a key is kept, and looking is one step.

use crate::data::key::{self, KeyOf};
use crate::data::{Batch, Schema};
use crate::preprocess::common::pairing::{Chains, LEFT, Pairs, Past, Queue, RIGHT, Reached, Sought, Waiting};

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Counts {
    pub found: u64,
    pub unmatched: u64,
    /// They had to make room.
    pub gone: u64,
    /// Their key has a NULL.
    pub null_keys: u64,
}

#[derive(Clone)]
pub(super) struct Newest {
    /// By side.
    pub waiting: [Waiting; 2],
    /// Rows whose time has not come, by side.
    pub queues: [Queue; 2],
    keys: [KeyOf; 2],
    /// The newest of each key of the right; and these by their time, among others that are no more.
    newest: Chains,
    aged: Queue,
    age_max: Option<u64>,
    timed: bool,
    rows_max: usize,
    bytes_max: usize,
    /// Rows of one side that came and were not looked at: which side, the next, and the end.
    coming: (usize, u32, u32),
    pub pairs: Pairs,
    pub counts: Counts,
    /// How many keys have a newest.
    pub known: usize,
}

impl Newest {
    pub(super) fn new(
        schemas: &[Schema; 2],
        keys: &[Vec<usize>; 2],
        (timed, age_max): (bool, Option<u64>),
        (rows_max, bytes_max): (usize, usize),
    ) -> Newest {
        Newest {
            waiting: [Waiting::new(&schemas[LEFT]), Waiting::new(&schemas[RIGHT])],
            queues: Default::default(),
            keys: [KeyOf::new(keys[LEFT].clone()), KeyOf::new(keys[RIGHT].clone())],
            newest: Chains::default(),
            aged: Queue::default(),
            age_max,
            timed,
            rows_max,
            bytes_max,
            coming: (LEFT, 0, 0),
            pairs: Pairs::default(),
            counts: Counts::default(),
            known: 0,
        }
    }

    fn close_up(&mut self) {
        let Newest { waiting: [left, right], queues, newest, aged, .. } = self;
        if left.is_loose() {
            left.close_up();
            queues[LEFT].moved(|row| left.now(row));
        }
        if right.is_loose() {
            right.close_up();
            newest.moved(right);
            queues[RIGHT].moved(|row| right.now(row));
            aged.moved(|row| right.now(row));
        }
    }

    /// Rows of a batch come in; those before them were looked at.
    pub(super) fn come(&mut self, side: usize, batch: &Batch, rows: &[u32], times: &[i64]) {
        self.close_up();
        let from = self.waiting[side].places() as u32;
        self.waiting[side].add(batch, rows, times);
        self.coming = (side, from, from + rows.len() as u32);
    }

    /// Looks at those that have come, until so many go on. Whether all are done.
    pub(super) fn look(&mut self, born_ns: u64, most: usize) -> bool {
        let (side, mut row, end) = self.coming;
        while row < end {
            if self.pairs.len() >= most {
                return false;
            }
            self.waiting[side].stays(row);
            if self.timed {
                self.queues[side].push(self.waiting[side].times[row as usize], row);
            } else {
                self.renew(row);
            }
            self.make_room(born_ns);
            row += 1;
            self.coming.1 = row;
        }
        true
    }

    /// The newest of the key of a row of another batch, by its place. One whose key has a NULL finds none, and is
    /// counted.
    #[inline]
    pub(super) fn newest_for(&mut self, batch: &Batch, row: usize) -> Option<u32> {
        let Newest { keys: [left, right], newest, waiting, counts, .. } = self;
        if !left.is_whole(batch, row) {
            counts.null_keys += 1;
            return None;
        }
        let hash = key::hash(left.of(batch, row));
        let sought = Sought { hash, stretch: 0, batch, columns: left.columns(), row };
        newest.first(&waiting[RIGHT].rows, right.columns(), sought)
    }

    /// A row of the right is the newest of its key, unless there is a newer one.
    fn renew(&mut self, row: u32) {
        let Newest { keys: [_, key], newest, waiting: [_, right], .. } = self;
        if !key.is_whole(&right.rows, row as usize) {
            self.counts.null_keys += 1;
            return right.go(row);
        }
        let hash = key::hash(key.of(&right.rows, row as usize));
        let columns = key.columns();
        let sought = Sought { hash, stretch: 0, batch: &right.rows, columns, row: row as usize };
        if let Some(old) = newest.first(&right.rows, columns, sought) {
            let age = |row: u32| (right.times[row as usize], right.rows.id[row as usize]);
            if age(old) > age(row) {
                return right.go(row);
            }
            newest.unlink(old);
            right.go(old);
            self.known -= 1;
        }
        self.know(row, hash);
    }

    fn know(&mut self, row: u32, hash: u64) {
        let Newest { keys: [_, key], newest, waiting: [_, right], aged, known, .. } = self;
        right.matched(row);
        newest.link(&right.rows, key.columns(), hash, 0, row);
        aged.push(right.times[row as usize], row);
        *known += 1;
    }

    /// A row of the left goes on with the newest of its key that is not younger.
    fn answer(&mut self, row: u32, born_ns: u64) {
        let rows = std::mem::take(&mut self.waiting[LEFT].rows);
        let found = self.newest_for(&rows, row as usize);
        self.waiting[LEFT].rows = rows;
        let [left, right] = &mut self.waiting;
        let time = left.times[row as usize];
        let fits = |found: &u32| {
            let of = right.times[*found as usize];
            of <= time && self.age_max.is_none_or(|most| time.abs_diff(of) <= most)
        };
        let found = found.filter(fits);
        let count = if found.is_some() { &mut self.counts.found } else { &mut self.counts.unmatched };
        *count += 1;
        self.pairs.push([row, found.unwrap_or(Pairs::NONE)], born_ns);
        left.go(row);
    }

    /// Takes the rows that lie before a time, all with `None`, until so many go on. Whether all are taken.
    pub(super) fn advance(
        &mut self,
        before: Option<i64>,
        born_ns: u64,
        most: usize,
        to: &mut Reached,
    ) -> bool {
        let comes = |first: &(i64, u32)| before.is_none_or(|before| first.0 < before);
        loop {
            let [left, right] = [LEFT, RIGHT].map(|side| self.queues[side].first().filter(comes));
            match (left, right) {
                (None, None) => break,
                (Some(_), _) if self.pairs.len() >= most => return false,
                (Some((time, row)), other) if other.is_none_or(|(other, _)| time < other) => {
                    self.queues[LEFT].pop();
                    to.pass(time, 0);
                    self.answer(row, born_ns);
                }
                (_, Some((_, row))) => {
                    self.queues[RIGHT].pop();
                    self.renew(row);
                }
                (Some(_), None) => unreachable!("the left's goes where the right has none"),
            }
        }
        if let (Some(most), Some(before)) = (self.age_max, before) {
            self.forget_old(before.saturating_sub_unsigned(most));
        }
        true
    }

    /// Forgets who is too old for all that comes.
    fn forget_old(&mut self, before: i64) {
        while let Some((time, row)) = self.aged.first() {
            if self.waiting[RIGHT].is_there(row) {
                if time >= before {
                    return;
                }
                self.forget(row);
            }
            self.aged.pop();
        }
    }

    fn forget(&mut self, row: u32) {
        self.newest.unlink(row);
        self.waiting[RIGHT].go(row);
        self.known -= 1;
    }

    /// The side of which most waits gives what it has of the earliest time; where more is known than waits of either,
    /// the oldest of what is known goes.
    fn make_room(&mut self, born_ns: u64) {
        let bytes = |waiting: &[Waiting; 2]| waiting.iter().map(Waiting::bytes).sum::<usize>();
        loop {
            let waiting = [self.queues[LEFT].len(), self.queues[RIGHT].len()];
            let all = waiting[LEFT] + waiting[RIGHT] + self.known;
            if all <= self.rows_max && bytes(&self.waiting) <= self.bytes_max {
                return;
            }
            if waiting[LEFT] >= waiting[RIGHT].max(self.known) {
                let Some((time, row)) = self.queues[LEFT].pop() else { return };
                self.counts.gone += 1;
                self.renew_up_to(|right| right <= time);
                self.answer(row, born_ns);
            } else if waiting[RIGHT] >= self.known {
                let Some((_, row)) = self.queues[RIGHT].pop() else { return };
                self.counts.gone += 1;
                self.renew(row);
            } else if let Some((_, row)) = self.aged.pop() {
                if self.waiting[RIGHT].is_there(row) {
                    self.counts.gone += 1;
                    self.forget(row);
                }
            } else {
                return;
            }
        }
    }

    /// Takes the waiting rows of the right that are known to who is answered now.
    fn renew_up_to(&mut self, is_known: impl Fn(i64) -> bool) {
        while let Some((_, row)) = self.queues[RIGHT].first().filter(|first| is_known(first.0)) {
            self.queues[RIGHT].pop();
            self.renew(row);
        }
    }

    /// What went on of the left does not go on again.
    pub(super) fn catch_up(&mut self, mut past: Past) {
        while let Some((_, row)) = self.queues[LEFT].first().filter(|(time, _)| past.has(*time, 0)) {
            self.queues[LEFT].pop();
            self.waiting[LEFT].go(row);
        }
        self.renew_up_to(|time| past.has_all(time));
    }

    /// Rows were read back: each is what it was.
    pub(super) fn settle(&mut self) {
        for side in [LEFT, RIGHT] {
            for row in 0..self.waiting[side].places() as u32 {
                if side == RIGHT && self.waiting[side].is_matched(row) {
                    let hash = key::hash(self.keys[side].of(&self.waiting[side].rows, row as usize));
                    self.know(row, hash);
                } else {
                    self.queues[side].push(self.waiting[side].times[row as usize], row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
