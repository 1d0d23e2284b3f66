//! How far windows have gone out.

/// What has gone out does not go out again, so this is kept where a crash finds it in step with the rows: in the
/// position of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// What closes up to here has closed.
    pub closed_to: i64,
    /// How often all that were open went out at once, because of a stop.
    pub emptied: u64,
    /// Of sessions: none that was open then began before this, so an older one has gone out. That of an older state
    /// which begins later may have gone on since.
    pub through: i64,
}

impl Gone {
    pub(super) const NOTHING: Gone = Gone { closed_to: i64::MIN, emptied: 0, through: i64::MIN };

    /// As a position of its step says it; an empty one is that of a first start.
    pub(super) fn read(position: &[u8]) -> Gone {
        let words = |at: usize| position.get(at..at + 8)?.try_into().ok();
        match (words(0), words(8)) {
            (Some(closed_to), Some(emptied)) => Gone {
                closed_to: i64::from_le_bytes(closed_to),
                emptied: u64::from_le_bytes(emptied),
                through: words(16).map_or(i64::MIN, i64::from_le_bytes),
            },
            _ => Gone::NOTHING,
        }
    }

    pub(super) fn position(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.closed_to.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.emptied.to_le_bytes());
        bytes[16..].copy_from_slice(&self.through.to_le_bytes());
        bytes
    }
}
