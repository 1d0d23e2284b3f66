//! What a worker has, and how its numbers stand in words that begin as zeros.

/// What a worker has, and so what its ledger must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Incoming links.
    pub inlets: usize,
    /// Outgoing links.
    pub outlets: usize,
    /// Ports, the main one included.
    pub ports: usize,
    /// Operators: each has a position.
    pub steps: usize,
}

/// A time as a word: what a new file holds is the earliest of all, and so none.
pub(super) fn ordered(time: i64) -> u64 {
    time as u64 ^ 1 << 63
}

/// The time of a word.
pub(super) fn unordered(word: u64) -> i64 {
    (word ^ 1 << 63) as i64
}
