//! Rows to keep as runs of neighbours: most rows stay, so a column moves in a few long pieces, not row by row.

use std::ops::Range;

/// Fills `runs` with the rows whose flag is true.
pub(super) fn find(keep: &[bool], runs: &mut Vec<Range<usize>>) {
    runs.clear();
    let mut row = 0;
    while let Some(start) = keep[row..].iter().position(|keep| *keep).map(|at| row + at) {
        row = keep[start..].iter().position(|keep| !*keep).map_or(keep.len(), |at| start + at);
        runs.push(start..row);
    }
}
