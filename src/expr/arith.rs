//! `+ - * / %`, the sign and `& | << >> ~`, on whole columns. What does not fit into an i64, and what is divided by
//! zero, is NULL; f64 follows IEEE 754, and its NaN is NULL.

use super::view::{Arg, View, floats, ints, map_some, strict, zip_some};
use crate::data::{Column, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arith {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    /// The bits of i64.
    And,
    Or,
    ShiftLeft,
    ShiftRight,
    Invert,
}

/// Both operands are of the type of `out`; two times may be subtracted into an i64.
pub(super) fn apply(arith: Arith, a: View<'_>, b: View<'_>, rows: usize, out: &mut Column) {
    strict(&[a, b], rows, &mut out.valid);
    if out.of() == Type::F64 {
        return apply_floats(arith, a.floats(), b.floats(), rows, out);
    }
    let (a, b, out) = (a.ints(), b.ints(), ints(out));
    match arith {
        Arith::Add => zip_some(a, b, rows, out, i64::checked_add),
        Arith::Subtract => zip_some(a, b, rows, out, i64::checked_sub),
        Arith::Multiply => zip_some(a, b, rows, out, i64::checked_mul),
        Arith::Divide => zip_some(a, b, rows, out, i64::checked_div),
        Arith::Remainder => zip_some(a, b, rows, out, |a, b| (b != 0).then(|| a.wrapping_rem(b))),
        Arith::Negate => map_some(a, rows, out, i64::checked_neg),
        Arith::And => zip_some(a, b, rows, out, |a, b| Some(a & b)),
        Arith::Or => zip_some(a, b, rows, out, |a, b| Some(a | b)),
        Arith::ShiftLeft => zip_some(a, b, rows, out, |a, b| Some(shifted(a, b))),
        Arith::ShiftRight => zip_some(a, b, rows, out, |a, b| Some(shifted(a, b.saturating_neg()))),
        Arith::Invert => map_some(a, rows, out, |a| Some(!a)),
    }
}

/// Bits moved to the left, or by a negative count to the right, where the sign comes after them.
fn shifted(a: i64, by: i64) -> i64 {
    match by {
        ..=-64 => a >> 63,
        -63..0 => a >> -by,
        0..64 => a << by,
        64.. => 0,
    }
}

fn apply_floats(arith: Arith, a: Arg<'_, f64>, b: Arg<'_, f64>, rows: usize, out: &mut Column) {
    let out = floats(out);
    let number = |x: f64| (!x.is_nan()).then_some(x);
    match arith {
        Arith::Add => zip_some(a, b, rows, out, |a, b| number(a + b)),
        Arith::Subtract => zip_some(a, b, rows, out, |a, b| number(a - b)),
        Arith::Multiply => zip_some(a, b, rows, out, |a, b| number(a * b)),
        Arith::Divide => zip_some(a, b, rows, out, |a, b| if b == 0.0 { None } else { number(a / b) }),
        Arith::Remainder | Arith::And | Arith::Or | Arith::ShiftLeft | Arith::ShiftRight | Arith::Invert => {
            unreachable!("remainders and bits are of integers")
        }
        Arith::Negate => map_some(a, rows, out, |a| Some(0.0 - a)),
    }
}
