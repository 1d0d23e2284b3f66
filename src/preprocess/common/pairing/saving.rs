//! How far rows that wait have been saved.

use std::collections::VecDeque;

/// What is still to be saved of one side.
#[derive(Clone, Default)]
pub(super) struct Saving {
    /// What was said of each row when saving began.
    pub(super) flags: Vec<u8>,
    /// The next row.
    pub(super) at: usize,
    /// Pieces that are full, and the one behind them.
    pub(super) full: VecDeque<Vec<u8>>,
    pub(super) bytes: Vec<u8>,
}
