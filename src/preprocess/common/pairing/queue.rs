//! Rows in the order of their times, the earliest first: most come in that order, and those cost nothing.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Times and rows. What comes in order lies in a line; a heap has the rest.
#[derive(Clone, Default)]
pub(in crate::preprocess) struct Queue<T: Ord = i64> {
    line: VecDeque<(T, u32)>,
    rest: BinaryHeap<Reverse<(T, u32)>>,
}

impl<T: Ord + Copy> Queue<T> {
    pub(in crate::preprocess) fn push(&mut self, time: T, row: u32) {
        match self.line.back() {
            Some(last) if *last > (time, row) => self.rest.push(Reverse((time, row))),
            _ => self.line.push_back((time, row)),
        }
    }

    /// The earliest, of equal times the row that came first.
    #[inline]
    pub(in crate::preprocess) fn first(&self) -> Option<(T, u32)> {
        match (self.line.front(), self.rest.peek()) {
            (Some(line), Some(Reverse(rest))) => Some(*line.min(rest)),
            (line, rest) => line.copied().or(rest.map(|Reverse(rest)| *rest)),
        }
    }

    pub(in crate::preprocess) fn pop(&mut self) -> Option<(T, u32)> {
        let first = self.first()?;
        if self.line.front() == Some(&first) {
            self.line.pop_front();
        } else {
            self.rest.pop();
        }
        Some(first)
    }

    pub(in crate::preprocess) fn len(&self) -> usize {
        self.line.len() + self.rest.len()
    }

    /// Rows have moved, and kept their order; those that have gone leave.
    pub(in crate::preprocess) fn moved(&mut self, now: impl Fn(u32) -> Option<u32>) {
        self.line.retain_mut(|(_, row)| match now(*row) {
            Some(at) => {
                *row = at;
                true
            }
            None => false,
        });
        let rest = std::mem::take(&mut self.rest).into_vec();
        let rest = rest.into_iter().filter_map(|Reverse((time, row))| Some(Reverse((time, now(row)?))));
        self.rest = rest.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_earliest_goes_first_however_they_come(times in prop::collection::vec((0..9i64, any::<bool>()), 0..60)) {
            let (mut queue, mut model) = (Queue::default(), Vec::new());
            for (row, (time, goes)) in times.iter().enumerate() {
                queue.push(*time, row as u32);
                model.push((*time, row as u32));
                if *goes {
                    model.sort_unstable();
                    prop_assert_eq!(queue.pop(), Some(model.remove(0)));
                }
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.first(), model.iter().min().copied());
            }
            // Those of odd rows go, the others close up.
            let now = |row: u32| (row.is_multiple_of(2)).then_some(row / 2);
            queue.moved(now);
            let mut model: Vec<_> = model.iter().filter_map(|(time, row)| Some((*time, now(*row)?))).collect();
            model.sort_unstable();
            prop_assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), model);
        }
    }
}
