//! Functions of numbers, with SQLite's answers: an f64 that is no number is NULL. And the greatest of several values.

use super::by_row::texts;
use super::decimal;
use super::text::put;
use super::view::{Arg, View, bools, floats, ints, map_some, strict, zip_some};
use crate::data::{Column, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Floor,
    Trunc,
    /// With one operand to whole numbers, with two to so many decimals.
    Round,
    /// An f64 as i64, without what is behind its point, and at an end of the range if it is beyond: how `%`
    /// takes an f64.
    Whole,
}

/// Abs, floor, ceil and trunc answer in the type of their operand, Whole in i64, the others in f64.
pub(super) fn apply(
    function: Function,
    a: View<'_>,
    places: Option<View<'_>>,
    rows: usize,
    out: &mut Column,
) {
    strict(&[a, places.unwrap_or(a)], rows, &mut out.valid);
    if a.column.of() == Type::I64 {
        return map_some(a.ints(), rows, ints(out), |a| match function {
            Function::Abs => a.checked_abs(),
            _ => Some(a),
        });
    }
    let a = a.floats();
    if function == Function::Whole {
        return map_some(a, rows, ints(out), |a| Some(whole(a)));
    }
    let out = floats(out);
    match function {
        Function::Abs => map_some(a, rows, out, |a| Some(if a < 0.0 { -a } else { a })),
        Function::Ceil => map_some(a, rows, out, |a| Some(a.ceil())),
        Function::Floor => map_some(a, rows, out, |a| Some(a.floor())),
        Function::Trunc => map_some(a, rows, out, |a| Some(a.trunc())),
        Function::Round => {
            let places = places.map_or(Arg::One(0), View::ints);
            zip_some(a, places, rows, out, |a, places| Some(decimal::round(a, places)));
        }
        Function::Whole => unreachable!("it fills integers"),
    }
}

/// SQLite takes the last floats before the end of the range for the end itself (`sqlite3RealToI64`).
fn whole(x: f64) -> i64 {
    const LAST: f64 = 9_223_372_036_854_774_784.0;
    match x {
        x if x > LAST => i64::MAX,
        x if x < -LAST => i64::MIN,
        x => x as i64,
    }
}

/// The greater or the lesser of two values of one type.
pub(super) fn extreme(greatest: bool, a: View<'_>, b: View<'_>, rows: usize, out: &mut Column) {
    fn choose<T: Copy + PartialOrd>(greatest: bool) -> impl Fn(T, T) -> Option<T> {
        move |a, b| Some(if (b > a) == greatest && b != a { b } else { a })
    }
    strict(&[a, b], rows, &mut out.valid);
    match out.of() {
        Type::Bool => zip_some(a.bools(), b.bools(), rows, bools(out), choose(greatest)),
        Type::I64 | Type::Time => zip_some(a.ints(), b.ints(), rows, ints(out), choose(greatest)),
        Type::F64 => zip_some(a.floats(), b.floats(), rows, floats(out), choose(greatest)),
        Type::Str => texts(out, rows, |row, text| {
            let (a, b) = (a.text(row), b.text(row));
            put(text, if (b > a) == greatest { b } else { a })
        }),
        Type::List => unreachable!("lists have no order"),
    }
}
