//! Both sides of a join: who comes looks for partners on the other side, and waits then for those that are still to
//! come.
//!
//! A side's rows are threaded by key and by stretch of time, a stretch being as long as `within`: partners of a row lie
//! in two stretches at most, so what is walked along is not much more than what is found, however many rows a key has.

use super::given::Kind;
use crate::data::key::{self, KeyOf};
use crate::data::{Batch, Schema};
use crate::params::Within;
use crate::preprocess::common::pairing::{
    Chains, LEFT, Pairs, Past, Queue, RIGHT, Reached, Sought, Waiting, in_stretch,
};

#[derive(Clone)]
pub(super) struct Side {
    pub waiting: Waiting,
    chains: Chains,
    /// By when each row goes: no partner can come from then on.
    pub queue: Queue,
    key: KeyOf,
    /// A row without a partner goes on alone.
    kept: bool,
}

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Counts {
    pub pairs: u64,
    pub unmatched: u64,
    /// They had to make room.
    pub gone: u64,
    /// Their key has a NULL.
    pub null_keys: u64,
    /// Rows looked at for partners.
    pub visited: u64,
}

#[derive(Clone)]
pub(super) struct Sides {
    pub of: [Side; 2],
    /// How far apart partners are; `None`: no time tells them.
    pub within: Option<Within>,
    /// How long a stretch is.
    stretch: i64,
    rows_max: usize,
    bytes_max: usize,
    /// Rows of one side that came and were not looked at: which side, the next, and the end.
    coming: (usize, u32, u32),
    /// Where the next of them goes on looking: a stretch, and the row there.
    looking: Option<(i64, u32)>,
    pub pairs: Pairs,
    pub counts: Counts,
}

impl Side {
    fn new(schema: &Schema, key: &[usize], kept: bool) -> Side {
        Side {
            waiting: Waiting::new(schema),
            chains: Chains::default(),
            queue: Queue::default(),
            key: KeyOf::new(key.to_vec()),
            kept,
        }
    }

    fn close_up(&mut self) {
        let Side { waiting, chains, queue, .. } = self;
        waiting.close_up();
        chains.moved(waiting);
        queue.moved(|row| waiting.now(row));
    }
}

impl Sides {
    pub(super) fn new(
        schemas: &[Schema; 2],
        keys: &[Vec<usize>; 2],
        (kind, within): (Kind, Option<Within>),
        (rows_max, bytes_max): (usize, usize),
    ) -> Sides {
        let side = |at: usize| Side::new(&schemas[at], &keys[at], kind.keeps()[at]);
        Sides {
            of: [side(LEFT), side(RIGHT)],
            within,
            stretch: within.map_or(1, |Within { from, to }| to - from + 1),
            rows_max,
            bytes_max,
            coming: (LEFT, 0, 0),
            looking: None,
            pairs: Pairs::default(),
            counts: Counts::default(),
        }
    }

    /// The rows of each side.
    pub(super) fn waiting(&mut self) -> [&mut Waiting; 2] {
        self.of.each_mut().map(|side| &mut side.waiting)
    }

    /// How many rows wait.
    pub(super) fn len(&self) -> usize {
        self.of.iter().map(|side| side.queue.len()).sum()
    }

    /// Rows of a batch come in; those before them were looked at.
    pub(super) fn come(&mut self, side: usize, batch: &Batch, rows: &[u32], times: &[i64]) {
        self.of.iter_mut().filter(|side| side.waiting.is_loose()).for_each(Side::close_up);
        let waiting = &mut self.of[side].waiting;
        let from = waiting.places() as u32;
        waiting.add(batch, rows, times);
        self.coming = (side, from, from + rows.len() as u32);
    }

    /// Looks at those that have come, until there are so many pairs. Whether all are done.
    pub(super) fn look(&mut self, most: usize) -> bool {
        let (side, mut row, end) = self.coming;
        while row < end {
            // Those that make room may go on alone.
            if self.pairs.len() >= most || !self.meet(side, row, most) {
                return false;
            }
            row += 1;
            self.coming.1 = row;
        }
        true
    }

    /// A row looks for partners, and waits then. False: there are more than find room.
    fn meet(&mut self, side: usize, row: u32, most: usize) -> bool {
        let own = &self.of[side];
        if !own.key.is_whole(&own.waiting.rows, row as usize) {
            self.counts.null_keys += 1;
            self.leave(side, row, self.of[side].waiting.rows.born_ns[row as usize]);
            return true;
        }
        let Side { waiting, key, .. } = &mut self.of[side];
        let hash = key::hash(key.of(&waiting.rows, row as usize));
        if !self.find((side, row), hash, most) {
            return false;
        }
        self.of[side].waiting.stays(row);
        self.wait(side, row, hash);
        self.make_room(row, side);
        true
    }

    /// The first and the last time that a partner of a row can have.
    fn partners(&self, side: usize, time: i64) -> (i64, i64) {
        match self.within {
            None => (i64::MIN, i64::MAX),
            Some(Within { from, to }) if side == LEFT => (time.saturating_add(from), time.saturating_add(to)),
            Some(Within { from, to }) => (time.saturating_sub(to), time.saturating_sub(from)),
        }
    }

    fn find(&mut self, (side, row): (usize, u32), hash: u64, most: usize) -> bool {
        let (first, last) = self.partners(side, self.of[side].waiting.times[row as usize]);
        let stretches = match self.within {
            None => (0, 0),
            Some(_) => (first.div_euclid(self.stretch), last.div_euclid(self.stretch)),
        };
        let Sides { of: [left, right], pairs, counts, looking, .. } = self;
        let (own, other) = if side == LEFT { (left, right) } else { (right, left) };
        let born_ns = own.waiting.rows.born_ns[row as usize];
        let (mut stretch, mut at) = match looking.take() {
            Some((stretch, at)) => (stretch, Some(at)),
            None => (stretches.0, None),
        };
        loop {
            let mut next = at.take().or_else(|| {
                let hash = in_stretch(hash, stretch);
                let (batch, columns) = (&own.waiting.rows, own.key.columns());
                let sought = Sought { hash, stretch, batch, columns, row: row as usize };
                other.chains.first(&other.waiting.rows, other.key.columns(), sought)
            });
            while let Some(partner) = next {
                if pairs.len() >= most {
                    *looking = Some((stretch, partner));
                    return false;
                }
                counts.visited += 1;
                if (first..=last).contains(&other.waiting.times[partner as usize]) {
                    counts.pairs += 1;
                    other.waiting.matched(partner);
                    own.waiting.matched(row);
                    pairs.push(if side == LEFT { [row, partner] } else { [partner, row] }, born_ns);
                }
                next = other.chains.after(partner);
            }
            if stretch >= stretches.1 {
                return true;
            }
            stretch += 1;
        }
    }

    /// A row goes; alone, if it found nobody and its side is kept.
    fn leave(&mut self, side: usize, row: u32, born_ns: u64) {
        let Side { waiting, chains, kept, .. } = &mut self.of[side];
        chains.unlink(row);
        if *kept && !waiting.is_matched(row) {
            self.counts.unmatched += 1;
            self.pairs.push(if side == LEFT { [row, Pairs::NONE] } else { [Pairs::NONE, row] }, born_ns);
        }
        waiting.go(row);
    }

    /// Which side's row goes next, and when.
    fn first(&self) -> Option<(i64, usize)> {
        let first = |side: usize| Some((self.of[side].queue.first()?.0, side));
        [first(LEFT), first(RIGHT)].into_iter().flatten().min()
    }

    fn let_first_go(&mut self, side: usize, born_ns: u64) {
        if let Some((_, row)) = self.of[side].queue.pop() {
            self.leave(side, row, born_ns);
        }
    }

    /// The one that goes next makes room for a row that waits.
    fn make_room(&mut self, row: u32, side: usize) {
        let born_ns = self.of[side].waiting.rows.born_ns[row as usize];
        let bytes = |sides: &Sides| sides.of.iter().map(|side| side.waiting.bytes()).sum::<usize>();
        while self.len() > self.rows_max || bytes(self) > self.bytes_max {
            let Some((_, side)) = self.first() else { return };
            self.counts.gone += 1;
            self.let_first_go(side, born_ns);
        }
    }

    /// Lets go who goes before a time, with `None` all, until so many leave alone. Whether all have gone.
    pub(super) fn let_go(
        &mut self,
        before: Option<i64>,
        born_ns: u64,
        most: usize,
        to: &mut Reached,
    ) -> bool {
        let goes = |first: &(i64, usize)| before.is_none_or(|before| first.0 < before);
        while let Some((time, side)) = self.first().filter(goes) {
            if self.pairs.len() >= most {
                return false;
            }
            to.pass(time, side as u64);
            self.let_first_go(side, born_ns);
        }
        true
    }

    /// Forgets who has gone.
    pub(super) fn forget(&mut self, mut past: Past) {
        while let Some((_, side)) = self.first().filter(|(time, side)| past.has(*time, *side as u64)) {
            let Side { waiting, chains, queue, .. } = &mut self.of[side];
            if let Some((_, row)) = queue.pop() {
                chains.unlink(row);
                waiting.go(row);
            }
        }
    }

    /// Rows were read back: they wait again, each where it did.
    pub(super) fn settle(&mut self) {
        for side in [LEFT, RIGHT] {
            for row in 0..self.of[side].waiting.places() as u32 {
                let Side { waiting, key, .. } = &mut self.of[side];
                let hash = key::hash(key.of(&waiting.rows, row as usize));
                self.wait(side, row, hash);
            }
        }
    }

    /// A row is found by partners that come, until it goes.
    fn wait(&mut self, side: usize, row: u32, hash: u64) {
        let time = self.of[side].waiting.times[row as usize];
        let (stretch, goes) = self.place(side, time);
        let Side { waiting, chains, queue, key, .. } = &mut self.of[side];
        chains.link(&waiting.rows, key.columns(), in_stretch(hash, stretch), stretch, row);
        queue.push(goes, row);
    }

    /// In which stretch a row lies, and when it goes.
    fn place(&self, side: usize, time: i64) -> (i64, i64) {
        match self.within {
            None => (0, time),
            Some(Within { from, to }) => {
                let goes = if side == LEFT { time.saturating_add(to) } else { time.saturating_sub(from) };
                (time.div_euclid(self.stretch), goes)
            }
        }
    }
}
