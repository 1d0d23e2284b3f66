//! Each function of each type, whole and in parts, in any order.

use super::*;
use crate::data::Value;
use proptest::prelude::*;

/// The answer for values that come in this order, by parts that are put together.
fn of(text: &str, values: &[Value<'static>], schema: &str, cuts: &[usize], order: &[usize]) -> String {
    let schema = Schema::of(&[("x", Type::parse(schema).unwrap())]);
    let mut fields = Fields::default();
    fields.add("f", text, &schema).unwrap_or_else(|problem| panic!("{problem:?}"));
    let mut batch = Batch::new(&schema);
    for (row, value) in values.iter().enumerate() {
        batch.id.push(row as u64);
        batch.born_ns.push(0);
        batch.columns[0].push(value.clone());
    }
    fields.read(&batch).unwrap();
    let mut parts = vec![fields.fresh(); cuts.len() + 1];
    for row in order.iter().copied() {
        let part = cuts.iter().filter(|cut| **cut <= row).count();
        fields.take(&batch, row, (row as i64 / 2, row as u64), &mut parts[part]);
    }
    let mut whole = fields.fresh();
    parts.iter().for_each(|part| whole[0].merge(&part[0]));
    let mut out = Column::new(fields.wanted[0].of);
    whole[0].write(fields.wanted[0].function, &mut out);
    match out.value(0) {
        Value::Null => "NULL".to_string(),
        Value::F64(x) if x.is_finite() => format!("{}", (x * 1e9).round() / 1e9),
        Value::F64(x) => x.to_string(),
        Value::I64(x) => x.to_string(),
        Value::Time(x) => format!("t{x}"),
        other => format!("{other:?}"),
    }
}

const TEXTS: [Value<'static>; 5] =
    [Value::Str("pear"), Value::Str("fig"), Value::Null, Value::Str("pear"), Value::Str("a")];

type Case<'a> = (&'a str, &'a [Value<'static>], &'a str, &'a str);

/// Function, values, their type, and the answer: in parts and in any order the same.
fn answer(cases: &[Case<'_>]) {
    for (text, values, schema, expected) in cases.iter().copied() {
        let order: Vec<usize> = (0..values.len()).collect();
        let back: Vec<usize> = order.iter().rev().copied().collect();
        for (cuts, order) in [(&[][..], &order), (&[1, 3], &order), (&[], &back), (&[2], &back)] {
            assert_eq!(
                of(text, values, schema, cuts, order),
                expected,
                "{text} of {values:?} cut at {cuts:?}"
            );
        }
    }
}

#[test]
fn counts_sums_and_extremes_of_each_type() {
    let whole = [Value::I64(i64::MAX), Value::Null, Value::I64(-3), Value::I64(4)];
    let real = [Value::F64(1e16), Value::F64(1.0), Value::Null, Value::F64(f64::NAN), Value::F64(-1e16)];
    let times = [Value::Time(7), Value::Time(-7)];
    let bools = [Value::Null, Value::Bool(true), Value::Bool(false)];
    let infinite = [Value::F64(f64::INFINITY), Value::F64(1.0), Value::F64(-f64::INFINITY)];
    let eight: Vec<Value<'_>> = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].map(Value::F64).into();
    answer(&[
        ("count()", &whole[..], "i64", "4"),
        ("COUNT(*)", &whole, "i64", "4"),
        (" count ( x ) ", &whole, "i64", "3"),
        ("count(x)", &real, "f64", "3"),
        ("count(x)", &[], "str", "0"),
        ("sum(x)", &whole, "i64", "NULL"),
        ("sum(x)", &whole[1..], "i64", "1"),
        ("sum(x)", &real, "f64", "1"),
        ("sum(\"x\")", &real[..2], "f64", "10000000000000000"),
        ("sum(x)", &infinite[..2], "f64", "inf"),
        ("sum(x)", &infinite, "f64", "NULL"),
        ("mean(x)", &whole[2..], "i64", "0.5"),
        ("mean(x)", &real[2..4], "f64", "NULL"),
        ("min(x)", &whole, "i64", "-3"),
        ("max(x)", &whole, "i64", "9223372036854775807"),
        ("min(x)", &real, "f64", "-10000000000000000"),
        ("max(x)", &real[1..], "f64", "1"),
        ("min(x)", &times, "time", "t-7"),
        ("max(x)", &times, "time", "t7"),
        ("max(x)", &[], "time", "NULL"),
        ("max(x)", &bools, "bool", "Bool(true)"),
        ("min(x)", &TEXTS, "str", "Str(\"a\")"),
        ("max(x)", &TEXTS, "str", "Str(\"pear\")"),
        ("stddev_pop(x)", &eight, "f64", "2"),
        ("variance_pop(x)", &eight, "f64", "4"),
        ("variance(x)", &eight, "f64", "4.571428571"),
        ("stddev(x)", &eight, "f64", "2.138089935"),
        ("stddev(x)", &eight[..1], "f64", "NULL"),
    ]);
}

#[test]
fn picks_and_sketches_of_each_type() {
    let whole = [Value::I64(i64::MAX), Value::Null, Value::I64(-3), Value::I64(4)];
    let real = [Value::F64(1e16), Value::F64(1.0), Value::Null, Value::F64(f64::NAN), Value::F64(-1e16)];
    let bools = [Value::Null, Value::Bool(true), Value::Bool(false)];
    let eight: Vec<Value<'_>> = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].map(Value::F64).into();
    answer(&[
        ("first(x)", &whole[1..], "i64", "-3"),
        ("last(x)", &real, "f64", "-10000000000000000"),
        ("last(x)", &real[..4], "f64", "1"),
        ("first(x)", &bools, "bool", "Bool(true)"),
        ("first(x)", &TEXTS, "str", "Str(\"pear\")"),
        ("last(x)", &TEXTS, "str", "Str(\"a\")"),
        ("last(x)", &[Value::Null], "str", "NULL"),
        ("median(x)", &eight, "f64", "4.5"),
        ("quantile(x, 0.9)", &eight, "f64", "7.6"),
        ("median(x)", &[], "i64", "NULL"),
        ("distinct(x)", &eight, "f64", "5"),
        ("distinct(x)", &TEXTS, "str", "3"),
        ("distinct(x)", &[Value::F64(0.0), Value::F64(-0.0)], "f64", "1"),
        ("distinct(x)", &[], "i64", "0"),
        ("top(x, 2)", &TEXTS, "str", "List([\"pear\", \"a\"])"),
        ("top(x, 1)", &whole[2..], "i64", "List([\"-3\"])"),
        ("collect(x)", &TEXTS, "str", "List([\"pear\", \"fig\", \"a\"])"),
        ("collect(x, 2)", &TEXTS, "str", "List([\"pear\", \"fig\"])"),
        ("collect(x)", &[], "str", "List([])"),
    ]);
}

proptest! {
    /// Parts put together in whatever order their values came say what the whole does.
    #[test]
    fn neither_order_nor_parting_matters(
        values in prop::collection::vec(-40i64..40, 1..60),
        cuts in prop::collection::vec(0usize..60, 0..4),
        seed: u64,
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let ordered: Vec<usize> = (0..values.len()).collect();
        let mut mixed = ordered.clone();
        let mut draws = crate::numeric::SplitMix64::new(seed);
        (1..mixed.len()).for_each(|at| mixed.swap(at, draws.below(at as u64 + 1) as usize));
        let whole: Vec<Value<'static>> = values.iter().map(|x| Value::I64(*x)).collect();
        let real: Vec<Value<'static>> = values.iter().map(|x| Value::F64(*x as f64 / 7.0)).collect();
        for text in [
            "sum(x)", "mean(x)", "min(x)", "max(x)", "stddev(x)", "first(x)", "last(x)", "median(x)", "distinct(x)",
            "quantile(x, 0.95)",
        ] {
            for (of_type, values) in [("i64", &whole), ("f64", &real)] {
                let once = of(text, values, of_type, &[], &ordered);
                prop_assert_eq!(&of(text, values, of_type, &cuts, &mixed), &once, "{}", text);
            }
        }
        for text in ["top(x, 3)", "collect(x, 5)"] {
            prop_assert_eq!(of(text, &whole, "i64", &cuts, &mixed), of(text, &whole, "i64", &[], &ordered), "{}", text);
        }
    }
}
