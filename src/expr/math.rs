//! Functions of numbers, with SQLite's answers: an f64 that is no number is NULL.

use super::decimal;
use super::view::{Arg, View, floats, ints, map_some, strict, zip_some};
use crate::data::{Column, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Floor,
    Exp,
    Ln,
    Sqrt,
    /// With one operand to whole numbers, with two to so many decimals.
    Round,
    /// An f64 as i64, without what is behind its point, and at an end of the range if it is beyond: how `%`
    /// takes an f64.
    Whole,
}

/// Abs, floor and ceil answer in the type of their operand, Whole in i64, the others in f64.
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
    let number = |x: f64| (!x.is_nan()).then_some(x);
    if function == Function::Whole {
        return map_some(a, rows, ints(out), |a| Some(whole(a)));
    }
    let out = floats(out);
    match function {
        Function::Abs => map_some(a, rows, out, |a| Some(if a < 0.0 { -a } else { a })),
        Function::Ceil => map_some(a, rows, out, |a| Some(a.ceil())),
        Function::Floor => map_some(a, rows, out, |a| Some(a.floor())),
        Function::Exp => map_some(a, rows, out, |a| Some(a.exp())),
        Function::Ln => map_some(a, rows, out, |a| if a > 0.0 { Some(a.ln()) } else { None }),
        Function::Sqrt => map_some(a, rows, out, |a| number(a.sqrt())),
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
