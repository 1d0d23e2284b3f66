//! What a state of panes must be, to go on from it.

use super::super::gone::Gone;
use super::{Panes, START_BYTES, VALID, suffix};

impl Panes {
    /// How many bytes of a key say the place of its pane.
    pub(in crate::preprocess::window) fn place_bytes(&self) -> usize {
        suffix(&self.spans)
    }

    /// What must be the same for a state to fit.
    pub(in crate::preprocess::window) fn identity(&self) -> String {
        format!("{} {}", self.spans.identity(), self.restates)
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that.
    pub(in crate::preprocess::window) fn catch_up(&mut self, at: Gone) {
        if at.emptied > self.gone.emptied {
            self.take((self.gone.closed_to, i64::MAX), i64::MAX, None);
            self.gone.emptied = at.emptied;
        }
        while at.closed_to > self.gone.closed_to && !self.close(at.closed_to, None) {}
    }

    /// A state was loaded: what it takes.
    pub(in crate::preprocess::window) fn count_bytes(&mut self) {
        self.bytes = self.open.iter().map(|(_, state)| state.bytes()).sum();
    }
}

/// Whether bytes behind the columns of a key can be a place.
pub(in crate::preprocess::window) fn is_place(behind: &[u8]) -> bool {
    let n = behind.get(START_BYTES..).and_then(|n| n.try_into().ok()).map_or(1, u32::from_le_bytes);
    behind.first() == Some(&VALID) && n > 0
}
