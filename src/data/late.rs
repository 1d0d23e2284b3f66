//! How late the records of a batch are: nothing at all while none is.

use std::ops::Range;

/// For each row how far its event time lies behind the greatest time that its source worker had read before it, in
/// nanoseconds. It reaches to the last late row: those behind are not late, so a batch in order carries nothing, and
/// rows may be added to a batch without a word here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late(Vec<u64>);

impl Late {
    #[inline]
    pub(super) fn get(&self, row: usize) -> u64 {
        self.0.get(row).copied().unwrap_or(0)
    }

    /// Says how late a row is.
    pub fn set(&mut self, row: usize, late_ns: u64) {
        if row >= self.0.len() {
            if late_ns == 0 {
                return;
            }
            self.0.resize(row + 1, 0);
        }
        self.0[row] = late_ns;
        self.trim();
    }

    /// Whether no row is late.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows up to the last late one, as a frame carries them.
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets the rows from `rows` on.
    pub fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
        self.trim();
    }

    /// Adds rows behind the first `rows`; the last of them is late.
    pub fn append(&mut self, rows: usize, late_ns: impl Iterator<Item = u64>) {
        self.0.resize(rows, 0);
        self.0.extend(late_ns);
    }

    /// Adds rows `from..to` of another behind the first `rows`.
    #[inline]
    pub(super) fn extend(&mut self, rows: usize, other: &Late, from: usize, to: usize) {
        if from < other.0.len() {
            self.extend_late(rows, other, from, to);
        }
    }

    fn extend_late(&mut self, rows: usize, other: &Late, from: usize, to: usize) {
        let late = &other.0[from..to.min(other.0.len())];
        if let Some(last) = late.iter().rposition(|late| *late > 0) {
            self.append(rows, late[..=last].iter().copied());
        }
    }

    /// Adds rows of another by their index behind the first `rows`.
    #[inline]
    pub(super) fn gather(&mut self, rows: usize, other: &Late, taken: &[u32]) {
        if other.is_empty() {
            return;
        }
        let late = |row: &u32| other.get(*row as usize);
        if let Some(last) = taken.iter().rposition(|row| late(row) > 0) {
            self.append(rows, taken[..=last].iter().map(late));
        }
    }

    /// Keeps the rows of these runs, which come in order.
    #[inline]
    pub(super) fn retain(&mut self, runs: &[Range<usize>]) {
        if self.is_empty() {
            return;
        }
        let len = self.0.len();
        let mut end = 0;
        for run in runs {
            let (from, to) = (run.start.min(len), run.end.min(len));
            self.0.copy_within(from..to, end);
            end += to - from;
        }
        self.0.truncate(end);
        self.trim();
    }

    /// Equal rows have one form.
    fn trim(&mut self) {
        let len = self.0.iter().rposition(|late| *late > 0).map_or(0, |last| last + 1);
        self.0.truncate(len);
    }
}
