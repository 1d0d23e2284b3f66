//! AND, OR, NOT and IS NULL: SQL's three-valued logic on whole columns.

use super::view::{Arg, View, bools, strict, zero_nulls, zip};
use crate::data::Column;

/// Which value of one operand decides the whole, even beside a NULL: false does in AND, true in OR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

impl Join {
    fn decides(self) -> bool {
        self == Join::Or
    }

    #[inline]
    fn of(self, a: bool, b: bool) -> bool {
        if self.decides() { a | b } else { a & b }
    }
}

/// Appends the first operand of a chain.
pub(super) fn start(a: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    strict(&[a], rows, valid);
    zip(a.bools(), Arg::One(()), rows, values, |a, ()| a);
}

/// Joins the next operand of a chain to what `out` holds.
pub(super) fn join(join: Join, out: &mut Column, b: View<'_>) {
    let (values, valid) = bools(out);
    let (of_b, rows) = (b.bools(), values.len());
    // Beside a NULL the other operand may decide; a row without one has an answer anyway.
    let mut from = 0;
    while let Some(row) = valid.next_null(from) {
        valid.set(row, b.valid(row) && of_b.get(row) == join.decides());
        from = row + 1;
    }
    let mut from = 0;
    while let Some(row) = b.next_null(from, rows) {
        // Where the first loop was, nothing changes: neither decides.
        valid.set(row, valid.get(row) && values[row] == join.decides());
        from = row + 1;
    }
    match of_b {
        Arg::Many(b) => values.iter_mut().zip(b).for_each(|(value, b)| *value = join.of(*value, *b)),
        Arg::One(b) => values.iter_mut().for_each(|value| *value = join.of(*value, b)),
    }
    zero_nulls(values, valid);
}

pub(super) fn not(a: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    strict(&[a], rows, valid);
    zip(a.bools(), Arg::One(()), rows, values, |a, ()| !a);
    zero_nulls(values, valid);
}

/// IS NULL (`null`) and IS NOT NULL: never NULL themselves.
pub(super) fn is_null(null: bool, a: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    valid.push_valid(rows);
    match a.column.valid.nulls() {
        0 => values.resize(rows, !null),
        _ => values.extend((0..rows).map(|row| a.valid(row) != null)),
    }
}
