//! What a state of panes must be, to go on from it.

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
