//! Which rows of a column are valid (not NULL): one bit a row, and no bytes at all while every row is.

use std::ops::Range;

/// Validity of `len` rows. Bit r of byte r/8 is set where row r holds a value; without NULLs no byte is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    len: usize,
    nulls: usize,
    bytes: Vec<u8>,
}

impl Bits {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many rows are NULL.
    pub fn nulls(&self) -> usize {
        self.nulls
    }

    #[inline]
    pub fn get(&self, row: usize) -> bool {
        self.nulls == 0 || self.bytes[row / 8] & (1 << (row % 8)) != 0
    }

    #[inline]
    pub fn push(&mut self, valid: bool) {
        match valid && self.nulls == 0 {
            true => self.len += 1,
            false => self.push_bit(valid),
        }
    }

    /// Apart, so that `push` is small enough to go into its callers.
    fn push_bit(&mut self, valid: bool) {
        if self.nulls == 0 {
            self.materialise();
        }
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if valid {
            self.bytes[self.len / 8] |= 1 << (self.len % 8);
        } else {
            self.nulls += 1;
        }
        self.len += 1;
    }

    /// Adds `n` valid rows.
    pub(crate) fn push_valid(&mut self, n: usize) {
        if self.nulls == 0 {
            self.len += n;
        } else {
            (0..n).for_each(|_| self.push(true));
        }
    }

    /// Adds a row for each flag.
    pub(crate) fn push_all(&mut self, valid: &[bool]) {
        match valid.iter().all(|valid| *valid) {
            true => self.push_valid(valid.len()),
            false => valid.iter().for_each(|valid| self.push(*valid)),
        }
    }

    /// Adds rows of another by their index.
    pub(super) fn gather(&mut self, other: &Bits, rows: &[u32]) {
        match other.nulls {
            0 => self.push_valid(rows.len()),
            _ => rows.iter().for_each(|row| self.push(other.get(*row as usize))),
        }
    }

    /// Adds rows `from..to` of another.
    pub fn extend(&mut self, other: &Bits, from: usize, to: usize) {
        if other.nulls == 0 {
            self.push_valid(to - from);
        } else {
            self.extend_bits(&other.bytes, from, to);
        }
    }

    /// Changes one row.
    pub fn set(&mut self, row: usize, valid: bool) {
        if self.get(row) == valid {
            return;
        }
        if self.nulls == 0 {
            self.materialise();
        }
        self.bytes[row / 8] ^= 1 << (row % 8);
        if valid {
            self.nulls -= 1;
        } else {
            self.nulls += 1;
        }
        if self.nulls == 0 {
            self.bytes.clear();
        }
    }

    /// Makes every row NULL that is NULL in another of the same length.
    pub(crate) fn and(&mut self, other: &Bits) {
        assert_eq!(self.len, other.len, "only columns of the same rows are joined");
        if other.nulls == 0 {
            return;
        }
        if self.nulls == 0 {
            self.bytes.clear();
            self.bytes.extend_from_slice(&other.bytes);
            self.nulls = other.nulls;
            return;
        }
        self.bytes.iter_mut().zip(&other.bytes).for_each(|(byte, other)| *byte &= other);
        let valid: u32 = self.bytes.iter().map(|byte| byte.count_ones()).sum();
        self.nulls = self.len - valid as usize;
    }

    pub fn clear(&mut self) {
        self.len = 0;
        self.nulls = 0;
        self.bytes.clear();
    }

    /// Keeps the rows of these runs, which come in order.
    pub fn retain(&mut self, runs: &[Range<usize>]) {
        let kept = runs.iter().map(Range::len).sum();
        if self.nulls == 0 {
            self.len = kept;
            return;
        }
        let mut nulls = 0;
        for (to, from) in runs.iter().cloned().flatten().enumerate() {
            let valid = self.bytes[from / 8] & (1 << (from % 8)) != 0;
            let bit = 1 << (to % 8);
            self.bytes[to / 8] = if valid { self.bytes[to / 8] | bit } else { self.bytes[to / 8] & !bit };
            nulls += usize::from(!valid);
        }
        (self.len, self.nulls) = (kept, nulls);
        self.bytes.truncate(if nulls == 0 { 0 } else { kept.div_ceil(8) });
        self.clear_behind();
    }

    /// The bytes that a frame carries: empty when nothing is NULL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds `len` rows from a frame's bytes; `None` when there are not just enough bytes for them.
    pub(crate) fn extend_from_bytes(&mut self, len: usize, bytes: &[u8]) -> Option<()> {
        if bytes.is_empty() {
            self.push_valid(len);
            return Some(());
        }
        if bytes.len() != len.div_ceil(8) {
            return None;
        }
        self.extend_bits(bytes, 0, len);
        Some(())
    }

    /// Adds bits `from..to` of some bytes, eight at a time.
    fn extend_bits(&mut self, bytes: &[u8], mut from: usize, to: usize) {
        if self.nulls == 0 {
            self.materialise();
        }
        while from < to {
            let (n, shift) = ((to - from).min(8), from % 8);
            // Bits behind those of `from`'s byte are in the next one, if they are wanted.
            let next = bytes.get(from / 8 + 1).copied().unwrap_or_default();
            let bits = (u16::from_le_bytes([bytes[from / 8], next]) >> shift) as u8 & (0xff >> (8 - n));
            let (shift, valid) = (self.len % 8, bits.count_ones() as usize);
            if shift == 0 {
                self.bytes.push(bits);
            } else {
                self.bytes[self.len / 8] |= bits << shift;
                if shift + n > 8 {
                    self.bytes.push(bits >> (8 - shift));
                }
            }
            self.len += n;
            self.nulls += n - valid;
            from += n;
        }
        if self.nulls == 0 {
            self.bytes.clear();
        }
    }

    /// The first row from `from` on that is NULL.
    pub(crate) fn next_null(&self, mut from: usize) -> Option<usize> {
        while let Some(byte) = self.bytes.get(from / 8) {
            let nulls = !byte >> (from % 8);
            if nulls != 0 {
                let row = from + nulls.trailing_zeros() as usize;
                return (row < self.len).then_some(row);
            }
            from = (from / 8 + 1) * 8;
        }
        None
    }

    /// Writes the bits out, all set; the caller makes one NULL next.
    fn materialise(&mut self) {
        self.bytes.clear();
        self.bytes.resize(self.len.div_ceil(8), 0xff);
        self.clear_behind();
    }

    /// Clears the bits behind the last row, so that equal rows are equal bytes.
    fn clear_behind(&mut self) {
        if let (Some(last), 1..) = (self.bytes.last_mut(), self.len % 8) {
            *last &= (1 << (self.len % 8)) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::runs;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_behave_like_a_vector_of_bools(
            rows: Vec<bool>,
            more: Vec<bool>,
            keep in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let mut bits = Bits::default();
            bits.push_all(&rows);
            let mut other = Bits::default();
            more.iter().for_each(|valid| other.push(*valid));
            bits.extend(&other, 0, more.len());
            let cut = more.len() / 3;
            bits.extend(&other, cut, more.len());
            let mut model: Vec<bool> = rows.iter().chain(&more).chain(&more[cut..]).copied().collect();
            let mask: Vec<bool> = (0..model.len()).map(|row| keep.get(row).copied().unwrap_or(true)).collect();
            let mut runs = Vec::new();
            runs::find(&mask, &mut runs);
            bits.retain(&runs);
            let mut flags = mask.iter();
            model.retain(|_| *flags.next().unwrap());
            prop_assert_eq!((0..bits.len()).map(|row| bits.get(row)).collect::<Vec<_>>(), model.clone());
            prop_assert_eq!(bits.nulls(), model.iter().filter(|valid| !**valid).count());
            let mut decoded = Bits::default();
            prop_assert!(decoded.extend_from_bytes(bits.len(), bits.as_bytes()).is_some());
            prop_assert_eq!(&decoded, &bits);
            let mut joined = Bits::default();
            model.iter().rev().for_each(|valid| joined.push(*valid));
            joined.and(&bits);
            let both = model.iter().rev().zip(&model).map(|(a, b)| *a && *b);
            prop_assert_eq!((0..joined.len()).map(|row| joined.get(row)).collect::<Vec<_>>(), both.collect::<Vec<_>>());
            prop_assert_eq!(joined.nulls(), (0..joined.len()).filter(|row| !joined.get(*row)).count());
            for row in 0..model.len() { bits.set(row, true); }
            prop_assert_eq!(bits, Bits { len: model.len(), ..Bits::default() });
        }
    }
}
