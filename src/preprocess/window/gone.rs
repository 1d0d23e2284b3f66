//! How far windows have gone out.

/// What has gone out does not go out again, so this is kept where a crash finds it in step with the rows: in the
/// position of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// What closes up to here has closed.
    pub closed_to: i64,
    /// How often all that were open went out at once, because of a stop.
    pub emptied: u64,
}

impl Gone {
    pub(super) const NOTHING: Gone = Gone { closed_to: i64::MIN, emptied: 0 };

    /// As a position of its step says it; an empty one is that of a first start.
    pub(super) fn read(position: &[u8]) -> Gone {
        let words = |at: usize| position.get(at..at + 8)?.try_into().ok();
        match (words(0), words(8)) {
            (Some(closed_to), Some(emptied)) => {
                Gone { closed_to: i64::from_le_bytes(closed_to), emptied: u64::from_le_bytes(emptied) }
            }
            _ => Gone::NOTHING,
        }
    }

    pub(super) fn position(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.closed_to.to_le_bytes());
        bytes[8..].copy_from_slice(&self.emptied.to_le_bytes());
        bytes
    }
}
