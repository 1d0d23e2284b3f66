//! A column of one type made of a column of another; what can't be said in the new type is NULL.

use crate::data::time::TimeZone;
use crate::data::{Bits, Column, Text, Type, Values, render, time};

/// Whether there is a cast at all; a value that it can't convert is another matter.
pub(super) fn exists(from: Type, to: Type) -> bool {
    match (from, to) {
        (Type::List, to) => matches!(to, Type::List | Type::Str),
        (_, Type::List) | (Type::Bool, Type::Time) | (Type::Time, Type::Bool) => false,
        _ => true,
    }
}

/// Fills `to`, which comes empty, row by row from `from`. Texts without an offset are times of `zone`, else of UTC;
/// `text` is memory to write numbers in.
pub(super) fn cast(from: &Column, to: &mut Column, zone: Option<&TimeZone>, text: &mut Vec<u8>) {
    let Column { values, valid } = to;
    match (&from.values, values) {
        (Values::Bool(v), Values::I64(out)) => fill(v, &from.valid, out, valid, |x| Some(i64::from(x))),
        (Values::Bool(v), Values::F64(out)) => {
            fill(v, &from.valid, out, valid, |x| Some(f64::from(u8::from(x))))
        }
        (Values::I64(v), Values::Bool(out)) => fill(v, &from.valid, out, valid, |x| Some(x != 0)),
        (Values::I64(v) | Values::Time(v), Values::F64(out)) => {
            fill(v, &from.valid, out, valid, |x| Some(x as f64))
        }
        (Values::I64(v), Values::Time(out)) | (Values::Time(v), Values::I64(out)) => {
            out.extend_from_slice(v);
            valid.extend(&from.valid, 0, v.len());
        }
        (Values::F64(v), Values::Bool(out)) => {
            fill(v, &from.valid, out, valid, |x| (!x.is_nan()).then_some(x != 0.0))
        }
        (Values::F64(v), Values::I64(out) | Values::Time(out)) => fill(v, &from.valid, out, valid, truncated),
        (Values::Str(v), Values::Bool(out)) => read(v, &from.valid, out, valid, truth),
        (Values::Str(v), Values::I64(out)) => read(v, &from.valid, out, valid, |x| x.parse().ok()),
        (Values::Str(v), Values::F64(out)) => {
            read(v, &from.valid, out, valid, |x| x.parse().ok().filter(|x: &f64| x.is_finite()))
        }
        (Values::Str(v), Values::Time(out)) => read(v, &from.valid, out, valid, |x| time::parse(x, zone)),
        (_, Values::Str(out)) => write(from, out, valid, text),
        _ => panic!("plan refuses a cast from {} to {}", from.of(), to.of()),
    }
}

fn fill<T: Copy, U: Default>(
    from: &[T],
    from_valid: &Bits,
    out: &mut Vec<U>,
    valid: &mut Bits,
    convert: impl Fn(T) -> Option<U>,
) {
    for (row, x) in from.iter().enumerate() {
        let y = if from_valid.get(row) { convert(*x) } else { None };
        valid.push(y.is_some());
        out.push(y.unwrap_or_default());
    }
}

fn read<U: Default>(
    from: &Text,
    from_valid: &Bits,
    out: &mut Vec<U>,
    valid: &mut Bits,
    parse: impl Fn(&str) -> Option<U>,
) {
    for (row, x) in from.iter().enumerate() {
        let y = if from_valid.get(row) { parse(x.trim()) } else { None };
        valid.push(y.is_some());
        out.push(y.unwrap_or_default());
    }
}

fn write(from: &Column, out: &mut Text, valid: &mut Bits, text: &mut Vec<u8>) {
    for row in 0..from.len() {
        let sayable = match &from.values {
            Values::F64(v) => v[row].is_finite(),
            _ => true,
        };
        text.clear();
        if sayable {
            render::text_value(&from.value(row), text);
        }
        out.push(std::str::from_utf8(text).expect("values are rendered as UTF-8"));
        valid.push(sayable && from.valid.get(row));
    }
}

/// Without its decimals, if an i64 can hold it. 2^63 itself is one too many, and is exact as f64.
fn truncated(x: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    (-END..END).contains(&x).then_some(x as i64)
}

fn truth(text: &str) -> Option<bool> {
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["1", "true"]) {
        return Some(true);
    }
    is(["0", "false"]).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Value;

    fn one(value: Value<'_>, from: Type, to: Type) -> Column {
        assert!(exists(from, to));
        let mut column = Column::new(from);
        column.push(value);
        let mut out = Column::new(to);
        cast(&column, &mut out, None, &mut Vec::new());
        assert_eq!(out.len(), 1);
        out
    }

    #[test]
    fn values_at_the_edges_become_null_not_nonsense() {
        let f64_to_i64 = |x| one(Value::F64(x), Type::F64, Type::I64);
        assert_eq!(f64_to_i64(-2.9).value(0), Value::I64(-2));
        assert_eq!(f64_to_i64(-9_223_372_036_854_775_808.0).value(0), Value::I64(i64::MIN));
        for out_of_range in [9_223_372_036_854_775_808.0, f64::NAN, f64::INFINITY, -1e300] {
            let mut null = Column::new(Type::I64);
            null.push_null();
            assert_eq!(f64_to_i64(out_of_range), null, "{out_of_range}");
        }
        let parsed = |text, to| one(Value::Str(text), Type::Str, to).value(0) == Value::Null;
        for (text, to) in [
            ("12.5", Type::I64),
            ("9223372036854775808", Type::I64),
            ("", Type::F64),
            ("nan", Type::F64),
            ("1e999", Type::F64),
            ("yes", Type::Bool),
            ("2013-02-30", Type::Time),
        ] {
            assert!(parsed(text, to), "\"{text}\" is no {to}");
        }
        assert_eq!(one(Value::Str(" 1e3 "), Type::Str, Type::F64).value(0), Value::F64(1000.0));
        assert_eq!(one(Value::Str("FALSE"), Type::Str, Type::Bool).value(0), Value::Bool(false));
        assert_eq!(one(Value::F64(f64::NAN), Type::F64, Type::Str).value(0), Value::Null);
        assert_eq!(one(Value::F64(f64::NAN), Type::F64, Type::Bool).value(0), Value::Null);
        assert_eq!(one(Value::Time(0), Type::Time, Type::Str).value(0), Value::Str("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn every_cast_there_is_takes_a_value_and_a_null() {
        let values = [
            Value::Bool(true),
            Value::I64(7),
            Value::F64(7.5),
            Value::Str("7"),
            Value::Time(7),
            Value::List(vec!["7"]),
        ];
        for (from, value) in Type::ALL.into_iter().zip(values) {
            for to in Type::ALL.into_iter().filter(|to| *to != from && exists(from, *to)) {
                let mut column = Column::new(from);
                column.push_null();
                column.push(value.clone());
                let mut out = Column::new(to);
                cast(&column, &mut out, None, &mut Vec::new());
                let mut null = Column::new(to);
                null.push_null();
                assert_eq!((out.len(), out.value(0)), (2, Value::Null), "{from} to {to}");
                out.retain(&[true, false]);
                assert_eq!(out, null, "the slot of a NULL holds zero: {from} to {to}");
            }
        }
    }
}
