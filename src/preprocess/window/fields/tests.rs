//! What is asked of columns that are there or not, and what windows hold then.

use super::*;
use crate::data::Value;

fn schema() -> Schema {
    Schema::of(&[("x", Type::F64), ("n", Type::I64), ("name", Type::Str), ("list", Type::List)])
}

#[test]
fn expressions_and_conditions_are_computed_for_the_batch() {
    let mut fields = Fields::default();
    for (name, text) in [
        ("a", "sum(x * n)"),
        ("b", "sum(n) WHERE name = 'p'"),
        ("c", "count() WHERE x > 1"),
        ("d", "max(x * n) WHERE name = 'p'"),
        ("e", "sum(n) FILTER (WHERE name = 'p')"),
    ] {
        fields.add(name, text, &schema()).unwrap();
    }
    assert_eq!(
        (fields.computed.len(), fields.conditions.len()),
        (1, 2),
        "what is said twice is computed once"
    );
    let mut batch = Batch::new(&schema());
    for (row, (x, n, name)) in [(0.5, 2, "p"), (2.0, 3, "q"), (4.0, -1, "p")].into_iter().enumerate() {
        batch.id.push(row as u64);
        batch.born_ns.push(0);
        let values = [Value::F64(x), Value::I64(n), Value::Str(name), Value::Null];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    fields.read(&batch).unwrap();
    let mut held = fields.fresh();
    for row in 0..3 {
        assert_eq!(fields.take(&batch, row, (0, row as u64), &mut held), 0);
    }
    let answers: Vec<String> = fields
        .wanted
        .iter()
        .zip(&held)
        .map(|(wanted, held)| {
            let mut column = Column::new(wanted.of);
            held.write(wanted.function, &mut column);
            format!("{:?}", column.value(0))
        })
        .collect();
    assert_eq!(answers, ["F64(3.0)", "I64(1)", "I64(2)", "F64(1.0)", "I64(1)"]);
}

#[test]
fn what_grows_says_by_how_much() {
    let mut fields = Fields::default();
    fields.add("m", "median(x)", &schema()).unwrap();
    fields.grow = true;
    let mut batch = Batch::new(&schema());
    batch.id.push(0);
    batch.born_ns.push(0);
    let values = [Value::F64(1.0), Value::Null, Value::Null, Value::Null];
    batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    let mut held = fields.fresh();
    assert_eq!(bytes(&held), 0, "nothing is made before the first value");
    let grown = fields.take(&batch, 0, (0, 0), &mut held);
    assert!(grown > 2000 && grown as usize == bytes(&held), "{grown}");
}

#[test]
fn what_is_no_field_is_told() {
    for (text, told, offset) in [
        ("sum()", "sum needs a column", None),
        ("sum(y)", "column \"y\"", None),
        ("max(list)", "column \"list\" is list<str>, a number, a time, a bool or a text is needed", None),
        ("sum(name)", "column \"name\" is str, a number is needed", None),
        ("top(x, 3)", "write CAST(… AS TEXT)", None),
        ("sum(name || 'a')", "the argument of sum is str, a number is needed", None),
        ("sum(x * y)", "\"y\"", Some(8)),
        ("sum(x) WHERE y > 0", "\"y\"", Some(13)),
        ("sum(x) WHERE x", "a condition is needed", Some(13)),
    ] {
        let problems = Fields::default().add("f", text, &schema()).unwrap_err();
        assert!(problems[0].what.contains(told), "{text}: {problems:?}");
        assert_eq!(problems[0].offset, offset, "{text}");
    }
}
