//! The last rows of a key, as far as some columns go: each new one takes the place of the oldest.

use serde::{Deserialize, Serialize};

/// Rows as canonical bytes (`data::key`), in memory that is used again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::preprocess) struct Before {
    rows: Vec<Vec<u8>>,
    /// Where the oldest lies, once there are as many as are kept.
    oldest: u32,
}

impl Before {
    /// The row that came `most` rows before the one that comes now; `None` while there were not so many.
    #[inline]
    pub(in crate::preprocess) fn oldest(&self, most: usize) -> Option<&[u8]> {
        (self.rows.len() == most).then(|| &self.rows[self.oldest as usize][..])
    }

    /// Takes the row that comes now; `most` are kept.
    #[inline]
    pub(in crate::preprocess) fn put(&mut self, row: &[u8], most: usize) {
        if self.rows.len() < most {
            self.rows.push(row.to_vec());
            return;
        }
        let place = &mut self.rows[self.oldest as usize];
        place.clear();
        place.extend_from_slice(row);
        self.oldest = if self.oldest as usize + 1 == most { 0 } else { self.oldest + 1 };
    }

    /// Whether what was loaded can be; `reads` says whether bytes are a row.
    pub(in crate::preprocess) fn is_sound(&self, most: usize, reads: impl Fn(&[u8]) -> bool) -> bool {
        let full = self.rows.len() == most;
        self.rows.len() <= most
            && (self.oldest as usize) < if full { most } else { 1 }
            && self.rows.iter().all(|row| reads(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_for_the_newest() {
        let mut before = Before::default();
        let mut seen = Vec::new();
        for row in [b"a", b"b", b"c", b"d", b"e"] {
            seen.push(before.oldest(2).map(<[u8]>::to_vec));
            before.put(row, 2);
        }
        let letters = |row: &Option<Vec<u8>>| row.as_ref().map(|row| row[0]);
        assert_eq!(
            seen.iter().map(letters).collect::<Vec<_>>(),
            [None, None, Some(b'a'), Some(b'b'), Some(b'c')]
        );
        assert!(before.is_sound(2, |row| row.len() == 1) && !before.is_sound(1, |_| true));
    }
}
