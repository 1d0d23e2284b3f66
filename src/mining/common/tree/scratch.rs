//! Memory that a tree uses again from record to record; nothing in it is part of its state.

use super::split::Desk;
use crate::mining::common::Row;

#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pub(super) desk: Desk,
    pub(super) logs: Vec<f64>,
    /// How many branches records have passed.
    pub(super) visited: u64,
    /// What naive Bayes said at a leaf of a record: if that is learned next, it need not be asked again.
    said: Option<(u32, Option<usize>)>,
    numeric: Vec<f64>,
    nominal: Vec<u32>,
}

impl Scratch {
    #[inline]
    pub(super) fn remember(&mut self, leaf: u32, said: Option<usize>, row: Row<'_>) {
        self.said = Some((leaf, said));
        self.numeric.clear();
        self.numeric.extend_from_slice(row.numeric);
        self.nominal.clear();
        self.nominal.extend_from_slice(row.nominal);
    }

    /// What was said of this very record at this leaf, if it was the last that was asked for; and forgets it.
    #[inline]
    pub(super) fn recall(&mut self, leaf: u32, row: Row<'_>) -> Option<Option<usize>> {
        let (at, said) = self.said.take()?;
        (at == leaf && self.numeric == row.numeric && self.nominal == row.nominal).then_some(said)
    }
}
