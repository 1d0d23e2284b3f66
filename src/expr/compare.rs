//! `= <> < <= > >=` and IS, on whole columns: numbers by value (an i64 and an f64 exactly), strings by their
//! bytes, false before true.

use super::view::{Arg, View, bools, strict, zero_nulls, zip};
use crate::data::{Column, Values};
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Compare {
    /// The comparison that says the same with its operands changed over.
    fn mirrored(self) -> Compare {
        match self {
            Compare::Eq | Compare::Ne => self,
            Compare::Lt => Compare::Gt,
            Compare::Le => Compare::Ge,
            Compare::Gt => Compare::Lt,
            Compare::Ge => Compare::Le,
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Compare::Eq => order.is_eq(),
            Compare::Ne => order.is_ne(),
            Compare::Lt => order.is_lt(),
            Compare::Le => order.is_le(),
            Compare::Gt => order.is_gt(),
            Compare::Ge => order.is_ge(),
        }
    }
}

pub(super) fn apply(compare: Compare, a: View<'_>, b: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    strict(&[a, b], rows, valid);
    raw(compare, a, b, rows, values);
    zero_nulls(values, valid);
}

/// IS (`same`) and IS NOT: equality to which NULL is a value like others, so that its answer is never NULL.
pub(super) fn same(same: bool, a: View<'_>, b: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    raw(if same { Compare::Eq } else { Compare::Ne }, a, b, rows, values);
    valid.push_valid(rows);
    if a.column.valid.nulls() + b.column.valid.nulls() == 0 {
        return;
    }
    for (row, value) in values.iter_mut().enumerate() {
        match (a.valid(row), b.valid(row)) {
            (true, true) => {}
            (a, b) => *value = (a == b) == same,
        }
    }
}

/// Compares the slots, also those of NULLs.
fn raw(compare: Compare, a: View<'_>, b: View<'_>, rows: usize, out: &mut Vec<bool>) {
    use Values::{Bool, F64, I64, Str, Time};
    match (&a.column.values, &b.column.values) {
        (I64(_), F64(_)) => zip(a.ints(), b.floats(), rows, out, |a, b| compare.holds(order(a, b))),
        (F64(_), I64(_)) => {
            let compare = compare.mirrored();
            zip(a.floats(), b.ints(), rows, out, |a, b| compare.holds(order(b, a)));
        }
        (I64(_), I64(_)) | (Time(_), Time(_)) => ordered(compare, a.ints(), b.ints(), rows, out),
        (F64(_), F64(_)) => ordered(compare, a.floats(), b.floats(), rows, out),
        (Bool(_), Bool(_)) => ordered(compare, a.bools(), b.bools(), rows, out),
        (Str(_), Str(_)) if matches!(compare, Compare::Eq | Compare::Ne) => {
            let equal = compare == Compare::Eq;
            out.extend((0..rows).map(|row| (a.text(row) == b.text(row)) == equal));
        }
        (Str(_), Str(_)) => out.extend((0..rows).map(|row| compare.holds(a.text(row).cmp(b.text(row))))),
        _ => unreachable!("only comparable types are planned for a comparison"),
    }
}

/// One loop a comparison, so that none asks again at each row which it is.
fn ordered<T: Copy + PartialOrd>(
    compare: Compare,
    a: Arg<'_, T>,
    b: Arg<'_, T>,
    rows: usize,
    out: &mut Vec<bool>,
) {
    match compare {
        Compare::Eq => zip(a, b, rows, out, |a, b| a == b),
        Compare::Ne => zip(a, b, rows, out, |a, b| a != b),
        Compare::Lt => zip(a, b, rows, out, |a, b| a < b),
        Compare::Le => zip(a, b, rows, out, |a, b| a <= b),
        Compare::Gt => zip(a, b, rows, out, |a, b| a > b),
        Compare::Ge => zip(a, b, rows, out, |a, b| a >= b),
    }
}

/// The exact order of an integer and a float that is no NaN; `a as f64` would round above 2^53.
fn order(a: i64, b: f64) -> Ordering {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if b >= END {
        return Ordering::Less;
    }
    if b < -END {
        return Ordering::Greater;
    }
    // Towards zero; where it cuts something off, both are small enough for f64 to hold `a`.
    a.cmp(&(b as i64)).then((a as f64).partial_cmp(&b).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_exactly() {
        let odd = (1_i64 << 53) + 1;
        assert_eq!(order(odd, odd as f64), Ordering::Greater, "f64 holds one less");
        assert_eq!(order(i64::MAX, i64::MAX as f64), Ordering::Less, "f64 holds one more");
        assert_eq!(order(i64::MIN, i64::MIN as f64), Ordering::Equal);
        assert_eq!(order(-3, -3.5), Ordering::Greater);
        assert_eq!(order(3, 3.5), Ordering::Less);
        assert_eq!(order(0, f64::NEG_INFINITY), Ordering::Greater);
    }
}
