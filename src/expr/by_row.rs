//! Plain functions over rows: what they are given is found for whole columns, they are called for each row.

use super::text::made;
use super::view::{View, bools, floats, ints, strict, zero_nulls};
use crate::data::{Bits, Column, Text, Values};

/// A function of one row's operands; `None`, or a text that is too long, is NULL. It is called only where no operand is
/// NULL, but for `Any` and `AnyList`, which look themselves.
#[derive(Clone, Copy)]
pub(super) enum ByRow {
    Whole(fn(&[View<'_>], usize) -> Option<i64>),
    Real(fn(&[View<'_>], usize) -> Option<f64>),
    Truth(fn(&[View<'_>], usize) -> Option<bool>),
    Text(fn(&[View<'_>], usize, &mut String) -> Option<()>),
    Any(fn(&[View<'_>], usize, &mut String) -> Option<()>),
    List(fn(&[View<'_>], usize, &mut Items<'_>) -> Option<()>),
    AnyList(fn(&[View<'_>], usize, &mut Items<'_>) -> Option<()>),
}

pub(super) fn apply(by_row: ByRow, operands: &[View<'_>], rows: usize, out: &mut Column) {
    match by_row {
        ByRow::Any(_) | ByRow::AnyList(_) => out.valid.push_valid(rows),
        _ => strict(operands, rows, &mut out.valid),
    }
    match by_row {
        ByRow::Whole(f) => values(ints(out), rows, |row| f(operands, row)),
        ByRow::Real(f) => values(floats(out), rows, |row| f(operands, row).filter(|x| !x.is_nan())),
        ByRow::Truth(f) => values(bools(out), rows, |row| f(operands, row)),
        ByRow::Text(f) | ByRow::Any(f) => texts(out, rows, |row, text| f(operands, row, text)),
        ByRow::List(f) | ByRow::AnyList(f) => lists(out, rows, |row, items| f(operands, row, items)),
    }
}

/// Appends a value of fixed width for each row; `valid` says which rows have their operands.
pub(super) fn values<T: Copy + Default>(
    (values, valid): (&mut Vec<T>, &mut Bits),
    rows: usize,
    f: impl Fn(usize) -> Option<T>,
) {
    for row in 0..rows {
        let answer = if valid.get(row) { f(row) } else { None };
        values.push(answer.unwrap_or_default());
        if answer.is_none() {
            valid.set(row, false);
        }
    }
    zero_nulls(values, valid);
}

/// Appends a text for each row.
pub(super) fn texts(out: &mut Column, rows: usize, f: impl Fn(usize, &mut String) -> Option<()>) {
    let Values::Str(values) = &mut out.values else { unreachable!("it fills strings") };
    made(values, &mut out.valid, rows, f, |_| {});
}

/// The items of one list, while it is made.
pub(super) struct Items<'a> {
    texts: &'a mut Text,
}

impl Items<'_> {
    pub(super) fn push(&mut self, item: &str) {
        self.texts.push(item);
    }
}

/// A list that an expression makes has at most so many items; a longer one is NULL.
const ITEMS_MAX: usize = 1 << 20;

/// Appends a list for each row.
fn lists(out: &mut Column, rows: usize, f: impl Fn(usize, &mut Items<'_>) -> Option<()>) {
    let Values::List(values) = &mut out.values else { unreachable!("it fills lists") };
    let mut texts = Text::default();
    for row in 0..rows {
        texts.clear();
        let fits = out.valid.get(row) && f(row, &mut Items { texts: &mut texts }).is_some();
        let fits = fits && texts.len() <= ITEMS_MAX;
        if fits {
            values.push(texts.iter());
        } else {
            values.push([]);
            out.valid.set(row, false);
        }
    }
}
