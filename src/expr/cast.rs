//! CAST: a value of one type as another, or NULL where there is none that says the same.

use super::decimal;
use super::view::{View, bools, floats, ints, map_some, strict};
use crate::data::time::TimeZone;
use crate::data::{Column, Type, Values, time};
use std::fmt::Write;

/// Whether there is a CAST from one type to another.
pub(super) fn exists(from: Type, to: Type) -> bool {
    use Type::{Bool, F64, I64, List, Str, Time};
    match (from, to) {
        (List, _) | (_, List) => from == to,
        (Time, Bool | F64) | (Bool | F64, Time) => false,
        (Bool | I64 | F64 | Str | Time, _) => true,
    }
}

/// The type that a word behind AS names: ours, or SQL's.
pub(super) fn type_named(word: &str) -> Option<Type> {
    match word {
        "bool" | "boolean" => Some(Type::Bool),
        "i64" | "int" | "integer" | "bigint" => Some(Type::I64),
        "f64" | "real" | "double" | "double precision" | "float" => Some(Type::F64),
        "str" | "text" | "varchar" | "string" => Some(Type::Str),
        "time" | "timestamp" | "datetime" => Some(Type::Time),
        _ => None,
    }
}

pub(super) fn apply(a: View<'_>, zone: Option<&TimeZone>, rows: usize, out: &mut Column) {
    strict(&[a], rows, &mut out.valid);
    match out.of() {
        Type::Bool => to_bool(a, rows, out),
        Type::I64 | Type::Time => to_int(a, zone, rows, out),
        Type::F64 => to_float(a, rows, out),
        Type::Str => to_text(a, rows, out),
        Type::List => unreachable!("nothing is cast to a list"),
    }
}

fn to_bool(a: View<'_>, rows: usize, out: &mut Column) {
    let out = bools(out);
    match a.column.of() {
        Type::I64 => map_some(a.ints(), rows, out, |a| Some(a != 0)),
        Type::F64 => map_some(a.floats(), rows, out, |a| Some(a != 0.0)),
        _ => map_text(a, rows, out, |text| match text {
            "1" => Some(true),
            "0" => Some(false),
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }),
    }
}

/// To an i64 or a time: a time is its nanoseconds.
fn to_int(a: View<'_>, zone: Option<&TimeZone>, rows: usize, out: &mut Column) {
    let time = out.of() == Type::Time;
    let out = ints(out);
    match a.column.of() {
        Type::Bool => map_some(a.bools(), rows, out, |a| Some(i64::from(a))),
        Type::F64 => map_some(a.floats(), rows, out, whole),
        Type::Str if time => map_text(a, rows, out, |text| time::parse(text, zone)),
        Type::Str => map_text(a, rows, out, |text| text.parse().ok()),
        _ => map_some(a.ints(), rows, out, Some),
    }
}

fn to_float(a: View<'_>, rows: usize, out: &mut Column) {
    let out = floats(out);
    match a.column.of() {
        Type::Bool => map_some(a.bools(), rows, out, |a| Some(f64::from(u8::from(a)))),
        Type::I64 => map_some(a.ints(), rows, out, |a| Some(a as f64)),
        _ => map_text(a, rows, out, number),
    }
}

/// What lies behind the point is cut off; beyond i64 there is no integer.
fn whole(x: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    (-END..END).contains(&x).then_some(x as i64)
}

/// A number in digits; the words by which Rust knows infinity are none.
fn number(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    digits.then(|| text.parse().ok()).flatten()
}

/// `map_some` of strings, without the spaces around them.
fn map_text<T: Copy + Default>(
    a: View<'_>,
    rows: usize,
    out: (&mut Vec<T>, &mut crate::data::Bits),
    f: impl Fn(&str) -> Option<T>,
) {
    let (values, valid) = out;
    for row in 0..rows {
        let answer = if valid.get(row) { f(a.text(row).trim_ascii()) } else { None };
        values.push(answer.unwrap_or_default());
        if answer.is_none() {
            valid.set(row, false);
        }
    }
}

fn to_text(a: View<'_>, rows: usize, out: &mut Column) {
    let Values::Str(values) = &mut out.values else { unreachable!("it fills strings") };
    for row in 0..rows {
        values.push_with(|text| {
            if !out.valid.get(row) {
                return;
            }
            match &a.column.values {
                Values::Bool(_) => text.push(if a.bools().get(row) { '1' } else { '0' }),
                Values::I64(_) => {
                    write!(text, "{}", a.ints().get(row)).expect("a String takes all that is written to it");
                }
                Values::F64(_) => decimal::render(a.floats().get(row), text),
                Values::Time(_) => time::write_text(a.ints().get(row), text),
                Values::Str(_) => text.push_str(a.text(row)),
                Values::List(_) => unreachable!("a list is not cast"),
            }
        });
    }
}
