//! What a kernel reads and how it walks: columns or one value for all rows, in loops the compiler can unroll.

use crate::data::{Bits, Column, Values};

/// An operand: a column with a value a row, or one row that stands for all (a literal is never expanded).
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub column: &'a Column,
    pub one: bool,
}

/// The values of an operand of fixed width.
#[derive(Clone, Copy)]
pub(super) enum Arg<'a, T> {
    Many(&'a [T]),
    One(T),
}

impl<T: Copy> Arg<'_, T> {
    #[inline]
    pub(super) fn get(&self, row: usize) -> T {
        match self {
            Arg::Many(values) => values[row],
            Arg::One(value) => *value,
        }
    }
}

/// Types are settled when an expression is planned; a kernel that meets another one is wrong itself.
const TYPED: &str = "a planned expression hands a kernel only the types it knows";

impl<'a> View<'a> {
    /// Where the value of a row lies.
    #[inline]
    fn at(self, row: usize) -> usize {
        if self.one { 0 } else { row }
    }

    #[inline]
    pub(super) fn valid(self, row: usize) -> bool {
        self.column.valid.get(self.at(row))
    }

    /// The first row from `from` on, of so many, that is NULL.
    pub(super) fn next_null(self, from: usize, rows: usize) -> Option<usize> {
        match self.one {
            true => (from < rows && !self.valid(0)).then_some(from),
            false => self.column.valid.next_null(from),
        }
    }

    #[inline]
    pub(super) fn text(self, row: usize) -> &'a str {
        match &self.column.values {
            Values::Str(text) => text.get(self.at(row)),
            _ => panic!("{TYPED}"),
        }
    }

    /// The strings of a list.
    pub(super) fn list(self, row: usize) -> impl ExactSizeIterator<Item = &'a str> + Clone {
        match &self.column.values {
            Values::List(lists) => lists.get(self.at(row)),
            _ => panic!("{TYPED}"),
        }
    }

    fn arg<T: Copy>(self, values: &'a [T]) -> Arg<'a, T> {
        if self.one { Arg::One(values[0]) } else { Arg::Many(values) }
    }

    pub(super) fn bools(self) -> Arg<'a, bool> {
        match &self.column.values {
            Values::Bool(values) => self.arg(values),
            _ => panic!("{TYPED}"),
        }
    }

    /// Integers, or times as nanoseconds.
    pub(super) fn ints(self) -> Arg<'a, i64> {
        match &self.column.values {
            Values::I64(values) | Values::Time(values) => self.arg(values),
            _ => panic!("{TYPED}"),
        }
    }

    pub(super) fn floats(self) -> Arg<'a, f64> {
        match &self.column.values {
            Values::F64(values) => self.arg(values),
            _ => panic!("{TYPED}"),
        }
    }
}

pub(super) fn bools(out: &mut Column) -> (&mut Vec<bool>, &mut Bits) {
    match &mut out.values {
        Values::Bool(values) => (values, &mut out.valid),
        _ => panic!("{TYPED}"),
    }
}

pub(super) fn ints(out: &mut Column) -> (&mut Vec<i64>, &mut Bits) {
    match &mut out.values {
        Values::I64(values) | Values::Time(values) => (values, &mut out.valid),
        _ => panic!("{TYPED}"),
    }
}

pub(super) fn floats(out: &mut Column) -> (&mut Vec<f64>, &mut Bits) {
    match &mut out.values {
        Values::F64(values) => (values, &mut out.valid),
        _ => panic!("{TYPED}"),
    }
}

/// Which rows have an answer when an operand that is NULL makes the answer NULL.
pub(super) fn strict(operands: &[View<'_>], rows: usize, valid: &mut Bits) {
    if operands.iter().any(|view| view.one && !view.valid(0)) {
        (0..rows).for_each(|_| valid.push(false));
        return;
    }
    valid.push_valid(rows);
    operands.iter().filter(|view| !view.one).for_each(|view| valid.and(&view.column.valid));
}

/// Puts the type's zero where a row is NULL: equal rows are equal bytes.
pub(super) fn zero_nulls<T: Default>(values: &mut [T], valid: &Bits) {
    let mut from = 0;
    while let Some(row) = valid.next_null(from) {
        values[row] = T::default();
        from = row + 1;
    }
}

/// Adds `f` of each row's operands.
#[inline]
pub(super) fn zip<A: Copy, B: Copy, T>(
    a: Arg<'_, A>,
    b: Arg<'_, B>,
    rows: usize,
    out: &mut Vec<T>,
    mut f: impl FnMut(A, B) -> T,
) {
    match (a, b) {
        (Arg::Many(a), Arg::Many(b)) => out.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b))),
        (Arg::Many(a), Arg::One(b)) => out.extend(a.iter().map(|a| f(*a, b))),
        (Arg::One(a), Arg::Many(b)) => out.extend(b.iter().map(|b| f(a, *b))),
        (Arg::One(a), Arg::One(b)) => out.extend((0..rows).map(|_| f(a, b))),
    }
}

/// As `zip`, for an `f` that has no answer for some operands: NULL there. `valid` says already which rows
/// have their operands.
#[inline]
pub(super) fn zip_some<A: Copy, B: Copy, T: Copy + Default>(
    a: Arg<'_, A>,
    b: Arg<'_, B>,
    rows: usize,
    out: (&mut Vec<T>, &mut Bits),
    f: impl Fn(A, B) -> Option<T>,
) {
    let (values, valid) = out;
    let mut answered = true;
    zip(a, b, rows, values, |a, b| {
        let answer = f(a, b);
        answered &= answer.is_some();
        answer.unwrap_or_default()
    });
    if !answered {
        (0..rows).filter(|row| f(a.get(*row), b.get(*row)).is_none()).for_each(|row| valid.set(row, false));
    }
    zero_nulls(values, valid);
}

/// `zip_some` of one operand.
#[inline]
pub(super) fn map_some<A: Copy, T: Copy + Default>(
    a: Arg<'_, A>,
    rows: usize,
    out: (&mut Vec<T>, &mut Bits),
    f: impl Fn(A) -> Option<T>,
) {
    zip_some(a, Arg::One(()), rows, out, |a, ()| f(a));
}
