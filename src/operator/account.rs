//! What became of the records a worker has handled: the numbers that must add up (ARCHITECTURE.md says why they are
//! exact).

use serde::{Deserialize, Serialize};

/// So many records, and the bytes of their bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub records: u64,
    pub bytes: u64,
}

/// Counts of one worker, from its first start on. They are made public as one, so no crash finds them half told.
///
/// `done = passed + filtered + rejected + absorbed`, where `passed` is what went on, or what a sink stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Grows by one each time the account is handed out or published: the larger one is the newer.
    pub serial: u64,
    /// Records handled; of a source: records read, rejected ones included.
    pub done: u64,
    pub filtered: u64,
    pub absorbed: u64,
    /// Records made of many others, or of none.
    pub made: u64,
    /// Rows of reports.
    pub reported: u64,
    /// Reports made.
    pub sets: u64,
    /// Ids given out.
    pub ids: u64,
    /// How far the first step has read, and how much the last one has written, in their own units.
    pub positions: [u64; 2],
    /// Records rejected by reason; at most `REASONS_MAX`, the rest under `other`.
    pub rejected: Vec<(String, u64)>,
    /// What was offered to each outgoing link.
    pub offered: Vec<Amount>,
}

/// Reasons are kept in a table of fixed size.
pub const REASONS_MAX: usize = 24;
/// A longer reason is cut.
pub const REASON_BYTES_MAX: usize = 56;

impl Account {
    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().map(|(_, n)| n).sum()
    }

    /// Records that went on, or that a sink stored; without what was made.
    pub fn passed(&self) -> u64 {
        self.done - self.filtered - self.absorbed - self.rejected_total()
    }

    pub fn reject(&mut self, reason: &str, n: u64) {
        let mut end = reason.len().min(REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        if let Some((_, count)) = self.rejected.iter_mut().find(|(known, _)| known == reason) {
            *count += n;
        } else if self.rejected.len() < REASONS_MAX - 1 || reason == "other" {
            self.rejected.push((reason.to_string(), n));
        } else {
            self.reject("other", n);
        }
    }
}
