//! How far a step has come in the world outside, in bytes of its own.

use serde::{Deserialize, Serialize};

/// So many bytes may it have.
pub const POSITION_BYTES_MAX: usize = 4096;
/// That of the first step of a source may have more: it may read from many places at a time.
pub const SOURCE_POSITION_BYTES_MAX: usize = (60 << 10) + 8;

/// The position of one step, and how often it has changed: who keeps it writes it anew only then.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
pub struct Position {
    bytes: Vec<u8>,
    changes: u64,
}

/// How often it has changed says nothing of where it is.
impl PartialEq for Position {
    fn eq(&self, other: &Position) -> bool {
        self.bytes == other.bytes
    }
}

impl Position {
    /// As it was kept.
    pub fn restore(bytes: Vec<u8>, changes: u64) -> Position {
        Position { bytes, changes }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn set(&mut self, bytes: &[u8]) {
        if self.bytes != bytes {
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
            self.changes += 1;
        }
    }

    /// It takes the place of another, whose bytes may differ whatever the changes of both say.
    pub(super) fn replace(&mut self, other: &Position) {
        self.changes = self.changes.max(other.changes) + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let mut position = Position::default();
        for (bytes, changes) in [("", 0), ("ab", 1), ("ab", 1), ("abc", 2), ("", 3)] {
            position.set(bytes.as_bytes());
            assert_eq!((position.bytes(), position.changes()), (bytes.as_bytes(), changes));
        }
        position.replace(&Position::restore(b"other".to_vec(), 7));
        assert_eq!((position.bytes(), position.changes()), (&b""[..], 8), "no copy of either passes for it");
    }
}
