//! Every row of the table: its example answers as it says, by every name of it; and the table is in good order.

use super::{GROUPS, all};
use crate::data::{Batch, Column, Schema, Type, Value, time};
use crate::expr::Expr;

/// The value of an expression of no columns, as text.
fn value(text: &str) -> String {
    let mut one = Batch::default();
    one.id.push(0);
    one.born_ns.push(0);
    let mut expr = Expr::parse(text, &Schema::of(&[])).unwrap_or_else(|told| panic!("{text}: {told:?}"));
    let mut out = Column::new(expr.of().unwrap_or(Type::Bool));
    expr.eval(&one, &mut out).unwrap();
    match out.value(0) {
        Value::Null => "NULL".to_string(),
        Value::Bool(is) => is.to_string(),
        Value::I64(n) => n.to_string(),
        Value::F64(x) => format!("{x:?}"),
        Value::Str(text) => text.to_string(),
        Value::Time(ns) => time::to_text(ns),
        Value::List(items) => serde_json::to_string(&items).unwrap(),
    }
}

#[test]
fn every_example_answers_as_its_row_says_by_every_name() {
    for function in all() {
        let (example, answer) = function.example;
        assert_eq!(value(example), answer, "{example}");
        assert!(example.contains(&format!("{}(", function.name)), "{example} shows {}", function.name);
        for also in function.also {
            let other = example.replacen(&format!("{}(", function.name), &format!("{also}("), 1);
            assert_eq!(value(&other), answer, "{other}");
        }
    }
}

#[test]
fn a_replacement_names_groups_that_there_are() {
    assert_eq!(value("regexp_replace('ab', '(?<n>a)(b)', '${n}1$2$$ $')"), "a1b$ $");
    for by in ["$n1", "${m}", "$3"] {
        let text = format!("regexp_replace('ab', '(?<n>a)(b)', '{by}')");
        let told = Expr::parse(&text, &Schema::of(&[])).err().unwrap();
        assert!(told[0].what.contains("the pattern has no group"), "{by}: {told:?}");
    }
}

/// The answers are those of SQLite 3.40.
#[test]
fn a_collation_reaches_as_far_as_in_sqlite() {
    for (text, answer) in [
        ("max('a' COLLATE NOCASE, 'B')", "B"),
        ("min('B' COLLATE NOCASE, 'a')", "a"),
        ("max('a ', 'a' COLLATE RTRIM)", "a "),
        ("min('a', NULL, 'B' COLLATE NOCASE)", "NULL"),
        ("'A' IN ('a' COLLATE NOCASE, 'b')", "false"),
        ("'A' COLLATE NOCASE IN ('a', 'b')", "true"),
        ("'b' BETWEEN 'A' COLLATE NOCASE AND 'C'", "false"),
        ("'b' BETWEEN 'A' COLLATE NOCASE AND 'C' COLLATE NOCASE", "true"),
        ("'b' COLLATE BINARY BETWEEN 'A' COLLATE NOCASE AND 'c'", "true"),
        ("CASE 'b' WHEN 'A' COLLATE NOCASE THEN 1 WHEN 'B' THEN 2 ELSE 0 END", "0"),
        ("CASE 'b' WHEN 'A' THEN 1 WHEN 'B' COLLATE NOCASE THEN 2 ELSE 0 END", "2"),
        ("trim('a ' COLLATE NOCASE) = 'A'", "true"),
        ("CAST('a' COLLATE NOCASE AS TEXT) = 'A'", "true"),
        ("coalesce('a' COLLATE NOCASE, 'b') = 'A'", "true"),
        ("iif(TRUE, 'a' COLLATE NOCASE, 'b') = 'A'", "true"),
        ("'a' = 'A' || '' COLLATE NOCASE", "true"),
    ] {
        assert_eq!(value(text), answer, "{text}");
    }
}

#[test]
fn an_offset_keeps_its_seconds() {
    let at = "at_zone('1677-09-21T00:12:44Z', 'Europe/Paris')";
    assert_eq!(value(at), "1677-09-21T00:22:05+00:09:21");
    assert_eq!(value("at_zone('2013-01-01T00:00:00Z', 'Europe/Paris')"), "2013-01-01T01:00:00+01:00");
}

#[test]
fn what_would_take_too_long_has_no_answer_or_another_way() {
    let many: String = ('a'..='z').chain('À'..='Ö').collect();
    assert_eq!(value(&format!("trim('zÀxX.qaÖ', '{many}')")), "X.");
    for (word, any) in [("LIKE", "%"), ("GLOB", "*")] {
        assert_eq!(value(&format!("'a' {word} '{}'", any.repeat(50_000))), "true");
        assert_eq!(value(&format!("'a' {word} '{}'", any.repeat(50_001))), "NULL");
    }
}

#[test]
fn isnull_is_is_null() {
    assert_eq!(value("NULL ISNULL"), "true");
    assert_eq!(value("1 isnull OR 2 ISNULL"), "false");
    assert_eq!(value("'a' || NULL ISNULL AND 1 NOTNULL"), "true");
}

/// As in SQLite it ends there: what comes behind is done with its answer.
#[test]
fn isnull_takes_nothing_that_stands_behind_it() {
    assert_eq!(value("NULL ISNULL < TRUE"), "false");
    assert_eq!(value("NULL ISNULL ISNULL"), "false");
    assert_eq!(value("NULL ISNULL = (1 ISNULL)"), "false");
    let told = Expr::parse("1 ISNULL + 1", &Schema::of(&[])).err().expect("a sum of a truth");
    assert!(told[0].what.starts_with("arithmetic needs a number, this is bool"), "{told:?}");
}

#[test]
fn no_name_stands_twice_and_none_is_called_unknown() {
    let mut names: Vec<&str> =
        all().flat_map(|function| [function.name].into_iter().chain(function.also.iter().copied())).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name stands twice");
    for name in names {
        assert_eq!(
            crate::expr::tried::function(name),
            None,
            "{name} is there, and is answered as if it were not"
        );
    }
    for function in GROUPS.iter().flat_map(|group| group.functions) {
        assert!(function.usage.contains(&format!("{}(", function.name)), "{}", function.usage);
        assert!(!function.about.ends_with('.'), "{}", function.about);
    }
}

#[test]
fn intervals_and_operators_answer() {
    for (text, answer) in [
        ("CAST('2013-01-31T05:15:00Z' AS time) + INTERVAL '1' MONTH", "2013-02-28T05:15:00Z"),
        ("CAST('2013-01-31' AS time) - INTERVAL '1 day 2 hours'", "2013-01-29T22:00:00Z"),
        ("CAST('2013-01-31' AS time) + INTERVAL 90 MINUTE", "2013-01-31T01:30:00Z"),
        ("CAST('2013-01-31' AS time) + INTERVAL (1 + 1) DAY", "2013-02-02T00:00:00Z"),
        ("CAST('2013-01-31' AS time) + INTERVAL (0.5) HOUR - INTERVAL '30' minutes", "2013-01-31T00:00:00Z"),
        ("CAST('2012-02-29' AS time) + INTERVAL '1' YEAR", "2013-02-28T00:00:00Z"),
        ("CAST('2262-01-01' AS time) + INTERVAL '10' YEAR", "NULL"),
        ("CAST('2013-01-31' AS time) + INTERVAL (9223372036854775807) YEAR", "NULL"),
        ("EXTRACT(year FROM CAST('2013-01-31' AS time))", "2013"),
        ("'{\"a\": {\"b\": [1, 2]}}' ->> '$.a.b[1]'", "2"),
        ("'{\"a\": 1}' ->> 'a'", "1"),
        ("'[1, 2]' ->> -1", "2"),
        ("6 & 3 | 8", "10"),
        ("~5 & 15", "10"),
        ("~1 * 2", "-4"),
        ("1 << 2 + 1", "8"),
        ("-8 >> 1", "-4"),
        ("1 << 64", "0"),
        ("'ABC' GLOB 'A*'", "true"),
        ("'abc' NOT GLOB 'A*'", "true"),
        ("'abc' COLLATE NOCASE = 'ABC'", "true"),
        ("'a' IN ('A' , 'b')", "false"),
        ("'a' COLLATE NOCASE IN ('A' , 'b')", "true"),
        ("'a  ' = 'a' COLLATE RTRIM", "true"),
        ("any(list('a', 'b'), NULL)", "NULL"),
        ("any(split_text('', ','), TRUE)", "false"),
        ("all(split_text('', ','), FALSE)", "true"),
        ("any(list('a', 'bc'), any(list(item, 'x'), length(item) > 1))", "true"),
    ] {
        assert_eq!(value(text), answer, "{text}");
    }
}
