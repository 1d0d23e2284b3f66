//! Who has found whom, until the rows are made of it: column by column, at the end of a call.

use crate::data::{Batch, NO_ROW};

/// Rows of the left and of the right side by their places, and when what is made of them is born.
#[derive(Clone, Default)]
pub(in crate::preprocess) struct Pairs {
    left: Vec<u32>,
    right: Vec<u32>,
    born_ns: Vec<u64>,
}

impl Pairs {
    pub(in crate::preprocess) fn len(&self) -> usize {
        self.left.len()
    }

    #[inline]
    pub(in crate::preprocess) fn push(&mut self, [left, right]: [u32; 2], born_ns: u64) {
        self.left.push(left);
        self.right.push(right);
        self.born_ns.push(born_ns);
    }

    /// The left's rows, one a pair.
    pub(in crate::preprocess) fn left(&self) -> &[u32] {
        &self.left
    }

    /// Makes the rows of it, and forgets it: the columns of the left side, then those of the right. Ids are the
    /// caller's.
    pub(in crate::preprocess) fn write(&mut self, left: &Batch, right: &Batch, out: &mut Batch) {
        out.born_ns.append(&mut self.born_ns);
        let sides = [(left, &self.left), (right, &self.right)];
        let of = sides.iter().flat_map(|(side, rows)| side.columns.iter().map(move |column| (column, *rows)));
        for (to, (from, rows)) in out.columns.iter_mut().zip(of) {
            to.gather_some(from, rows);
        }
        self.left.clear();
        self.right.clear();
    }

    /// There is no such row.
    pub(in crate::preprocess) const NONE: u32 = NO_ROW;
}
