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
    let of_b = b.bools();
    let decided = |value: bool, valid: bool| valid && value == join.decides();
    if valid.nulls() + b.column.valid.nulls() > 0 {
        for (row, value) in values.iter().enumerate() {
            let (a_valid, b_valid) = (valid.get(row), b.valid(row));
            let known = decided(*value, a_valid) || decided(of_b.get(row), b_valid) || (a_valid && b_valid);
            valid.set(row, known);
        }
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
