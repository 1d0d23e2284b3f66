//! Strings and lists of strings in one piece of memory each: u32 offsets and the bytes behind them.

use std::ops::Range;

/// A column of strings: string r is `bytes[offsets[r]..offsets[r + 1]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    offsets: Vec<u32>,
    bytes: String,
    /// A row found no room: it is empty, and so are those behind it.
    full: bool,
}

impl Default for Text {
    fn default() -> Text {
        Text { offsets: vec![0], bytes: String::new(), full: false }
    }
}

impl Text {
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn get(&self, row: usize) -> &str {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// Length of one string in bytes, without looking at it.
    #[inline]
    pub(crate) fn bytes_of(&self, row: usize) -> usize {
        (self.offsets[row + 1] - self.offsets[row]) as usize
    }

    #[inline]
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.end_row();
    }

    /// Writes the next string in place: what `write` appends to the string is the row.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.bytes);
        self.end_row();
    }

    /// Writes the next string in place, unless the column has more than `room` bytes with it: then it is full. The
    /// first string always finds room.
    pub(crate) fn push_within(&mut self, room: usize, write: impl FnOnce(&mut String)) {
        let start = self.bytes.len();
        if !self.full {
            write(&mut self.bytes);
            self.full = start > 0 && self.bytes.len() > room;
        }
        if self.full {
            self.bytes.truncate(start);
        }
        self.end_row();
    }

    /// Adds rows of another as `push_within` does.
    pub(super) fn extend_within(&mut self, room: usize, other: &Text, from: usize, to: usize) {
        (from..to).for_each(|row| self.push_within(room, |out| out.push_str(other.get(row))));
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether rows of another can be added.
    pub(super) fn takes(&self, other: &Text) -> bool {
        self.bytes.len() + other.bytes.len() <= u32::MAX as usize
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }

    pub fn extend(&mut self, other: &Text, from: usize, to: usize) {
        let (start, end) = (other.offsets[from], other.offsets[to]);
        let base = self.bytes.len() as u32;
        self.bytes.push_str(&other.bytes[start as usize..end as usize]);
        assert!(self.bytes.len() <= u32::MAX as usize, "a batch holds at most 4 GiB of text in a column");
        self.offsets.extend(other.offsets[from + 1..=to].iter().map(|offset| base + (offset - start)));
    }

    /// Adds strings of another by their index.
    pub(super) fn gather(&mut self, other: &Text, rows: &[u32]) {
        rows.iter().for_each(|row| self.push(other.get(*row as usize)));
    }

    pub fn clear(&mut self) {
        self.offsets.truncate(1);
        self.bytes.clear();
        self.full = false;
    }

    /// Keeps the rows of these runs, which come in order.
    pub fn retain(&mut self, runs: impl Iterator<Item = Range<usize>>) {
        let mut bytes = std::mem::take(&mut self.bytes).into_bytes();
        let (mut rows, mut end) = (0, 0);
        for run in runs {
            let (from, to) = (self.offsets[run.start] as usize, self.offsets[run.end] as usize);
            bytes.copy_within(from..to, end);
            let back = (from - end) as u32;
            for row in run {
                rows += 1;
                self.offsets[rows] = self.offsets[row + 1] - back;
            }
            end += to - from;
        }
        bytes.truncate(end);
        self.offsets.truncate(rows + 1);
        self.bytes = String::from_utf8(bytes).expect("whole strings are moved");
    }

    /// Offsets and bytes as a frame carries them.
    pub fn parts(&self) -> (&[u32], &str) {
        (&self.offsets, &self.bytes)
    }

    /// Adds rows from a frame: `offsets` count from 0 and there is one more than rows. `None` when they
    /// are not in order, leave the bytes, or cut a character.
    pub(crate) fn extend_from_parts(
        &mut self,
        offsets: impl Iterator<Item = u32> + Clone,
        bytes: &str,
    ) -> Option<()> {
        let base = u32::try_from(self.bytes.len()).ok()?;
        base.checked_add(u32::try_from(bytes.len()).ok()?)?;
        let mut last = 0;
        for (i, offset) in offsets.clone().enumerate() {
            if offset < last || (i == 0 && offset != 0) || !bytes.is_char_boundary(offset as usize) {
                return None;
            }
            last = offset;
        }
        if last as usize != bytes.len() {
            return None;
        }
        self.bytes.push_str(bytes);
        self.offsets.extend(offsets.skip(1).map(|offset| base + offset));
        Some(())
    }

    fn end_row(&mut self) {
        let end = u32::try_from(self.bytes.len()).expect("a batch holds at most 4 GiB of text in a column");
        self.offsets.push(end);
    }
}

/// A column of lists of strings: list r is items `offsets[r]..offsets[r + 1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    offsets: Vec<u32>,
    items: Text,
}

impl Default for Lists {
    fn default() -> Lists {
        Lists { offsets: vec![0], items: Text::default() }
    }
}

impl Lists {
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The strings of one list.
    pub fn get(&self, row: usize) -> impl ExactSizeIterator<Item = &str> + Clone {
        (self.offsets[row] as usize..self.offsets[row + 1] as usize).map(|item| self.items.get(item))
    }

    pub fn push<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        items.into_iter().for_each(|item| self.items.push(item));
        self.offsets.push(self.items.len() as u32);
    }

    pub fn extend(&mut self, other: &Lists, from: usize, to: usize) {
        let (start, end) = (other.offsets[from], other.offsets[to]);
        let base = self.items.len() as u32;
        self.items.extend(&other.items, start as usize, end as usize);
        self.offsets.extend(other.offsets[from + 1..=to].iter().map(|offset| base + (offset - start)));
    }

    /// Adds lists of another by their index.
    pub(super) fn gather(&mut self, other: &Lists, rows: &[u32]) {
        rows.iter().for_each(|row| self.push(other.get(*row as usize)));
    }

    pub fn clear(&mut self) {
        self.offsets.truncate(1);
        self.items.clear();
    }

    /// Keeps the rows of these runs, which come in order.
    pub fn retain(&mut self, runs: &[Range<usize>]) {
        let offsets = &mut self.offsets;
        self.items.retain(runs.iter().map(|run| offsets[run.start] as usize..offsets[run.end] as usize));
        let (mut rows, mut end) = (0, 0);
        for run in runs {
            let (from, to) = (offsets[run.start], offsets[run.end]);
            for row in run.clone() {
                rows += 1;
                offsets[rows] = offsets[row + 1] - (from - end);
            }
            end += to - from;
        }
        offsets.truncate(rows + 1);
    }

    /// Offsets of the lists, and the items.
    pub fn parts(&self) -> (&[u32], &Text) {
        (&self.offsets, &self.items)
    }

    /// Adds lists from a frame; `None` when the two levels don't fit each other.
    pub(crate) fn extend_from_parts(
        &mut self,
        offsets: impl Iterator<Item = u32> + Clone,
        item_offsets: impl Iterator<Item = u32> + Clone,
        bytes: &str,
    ) -> Option<()> {
        let base = self.items.len() as u32;
        let mut last = 0;
        for (i, offset) in offsets.clone().enumerate() {
            if offset < last || (i == 0 && offset != 0) {
                return None;
            }
            last = offset;
        }
        self.items.extend_from_parts(item_offsets, bytes)?;
        if self.items.len() - base as usize != last as usize {
            return None;
        }
        self.offsets.extend(offsets.skip(1).map(|offset| base + offset));
        Some(())
    }
}
