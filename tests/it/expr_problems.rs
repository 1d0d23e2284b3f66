//! What expressions refuse, and how they tell it: what, where, and what was likely meant. And answers that
//! SQLite can't be asked for.

use sluicebox::data::{Batch, Column, Schema, Type, Value, time};
use sluicebox::expr::{Expr, Predicate};
use sluicebox::params::Problem;

fn schema() -> Schema {
    Schema::of(&[
        ("quantity", Type::I64),
        ("unit_price", Type::F64),
        ("sku", Type::Str),
        ("paid", Type::Bool),
        ("ts", Type::Time),
        ("items", Type::List),
        ("naïve col", Type::I64),
    ])
}

fn problem(text: &str) -> Problem {
    match Expr::parse(text, &schema()) {
        Ok(expr) => panic!("{text} is of type {:?}", expr.of()),
        Err(mut problems) => problems.remove(0),
    }
}

/// The problem's offset must be where `marked` has a `^`.
#[track_caller]
fn refused(marked: &str, says: &str) -> Problem {
    let offset = marked.find('^').expect("a mark");
    let told = problem(&marked.replace('^', ""));
    assert!(told.what.contains(says), "{marked}: {}", told.what);
    assert_eq!(told.offset, Some(offset), "{marked}: {}", told.what);
    assert!(told.path.is_empty());
    told
}

#[test]
fn every_unknown_name_is_told_and_what_is_wrong_beside_it() {
    let told = |text: &str| {
        let problems = Expr::parse(text, &schema()).err().expect("names are unknown");
        problems.into_iter().map(|problem| (problem.offset.unwrap(), problem.what)).collect::<Vec<_>>()
    };
    let starts = |told: &[(usize, String)]| told.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    assert_eq!(starts(&told("quantitty > 0 AND unit_prise > 0")), [0, 18]);
    let three = told("quantitty > 0 AND abs(unit_prise) + sku > 0");
    assert_eq!(starts(&three), [0, 22, 36]);
    assert!(three[2].1.contains("needs a number"), "{three:?}");
    assert_eq!(starts(&told("sku LIKE patern")), [9], "what stands in for it is not told");
}

#[test]
fn a_misspelt_name_is_told_with_its_place_and_the_nearest() {
    let told = refused(
        "quantity > 0 AND ^quantty < 5",
        "there is no column \"quantty\" (there are: quantity i64, unit",
    );
    assert_eq!(told.nearest.as_deref(), Some("quantity"));
    let told = refused("1 +\n  é\n".replace('é', "^Quantity").as_str(), "no column \"Quantity\"");
    assert_eq!(told.nearest.as_deref(), Some("quantity"), "case counts");
    let told = refused("sku = 'é' OR sku = ^\"beer\"", "a string is written 'beer'");
    assert_eq!(told.nearest, None);
    let told = refused(
        "^rond(unit_price, 2)",
        "there is no function \"rond\" (`sluicebox list functions` shows all)",
    );
    assert_eq!(told.nearest.as_deref(), Some("round"));
    let told = refused(
        "CAST(^quantity AS i46)",
        "CAST knows no type \"i46\" (choose from bool, i64, f64, str, time)",
    );
    assert_eq!(told.nearest.as_deref(), Some("i64"));
    refused("^orders.quantity > 1", "a column name with a point is written in double quotes");
}

#[test]
fn what_is_no_expression_is_told_with_its_place() {
    for (marked, says) in [
        ("^", "an expression is missing"),
        ("quantity >^", "expected an expression, found the end"),
        ("(quantity > 0^", "expected ), found the end"),
        ("quantity > 0^)", "the expression should end before \")\""),
        ("quantity ^quantity", "the expression should end before \"quantity\""),
        ("NOT (paid AND ^)", "expected an expression, found )"),
        ("CASE WHEN paid ^1 END", "expected THEN, found 1"),
        ("sku = ^'beer", "unterminated string literal"),
        ("quantity IN (SELECT ^1)", "expected ), found 1"),
        ("^paid & paid", "& is of the bits of whole numbers, and this is a condition: write AND"),
        ("quantity & ^unit_price", "& needs i64, this is f64"),
        ("^quantity::int", "expressions know no such thing as quantity::int"),
        ("^count(*)", "expressions know no such thing as count(*)"),
        ("sum(quantity) ^OVER ()", "the expression should end before \"OVER\""),
        ("^x'00' = sku", "X'00' is no literal here"),
        ("^quantity GLOB 'a'", "GLOB needs str, this is i64"),
        ("^sku COLLATE nocaze = 'a'", "there is no COLLATE nocaze (choose from NOCASE, RTRIM, BINARY)"),
        ("^pi(1)", "pi takes no argument, not 1"),
        ("^max(quantity)", "a step window does that for many"),
        ("^iif(paid)", "iif takes 2 arguments or more, not 1"),
        ("printf(^'%d')", "the format of printf has places for 1, 0 are given"),
        ("printf(^'%y', 1)", "printf knows no %y"),
        ("printf(^sku, 1)", "the format of printf must be a text in quotes"),
        ("strftime(^'%Q', ts)", "strftime knows no %Q"),
        ("strptime(sku, ^'%H')", "a time needs its year"),
        ("date_trunc(^'mnth', ts)", "date_trunc knows no unit \"mnth\""),
        ("date_part(^'weak', ts)", "date_part knows no \"weak\""),
        ("json_get(sku, ^'a.b')", "\"a.b\" is no path: write it as '$.a[0].b'"),
        ("ts + ^INTERVAL '1' LIGHTYEAR", "INTERVAL knows no unit \"LIGHTYEAR\""),
        ("^INTERVAL '1' DAY + ts", "an INTERVAL stands behind a time"),
        ("ts + ^INTERVAL 'soon'", "an INTERVAL says how many of what"),
        ("ts + ^INTERVAL '1.5' MONTH", "'1.5' is no number of MONTH here"),
        ("ts + ^INTERVAL (unit_price) DAY", "a whole number of DAY"),
        ("^quantity + INTERVAL '1' DAY", "an INTERVAL is added to a time, this is i64"),
        ("any(^sku, item = 'a')", "any needs list<str>, this is str"),
        ("any(items, ^item)", "any needs bool, this is str"),
        ("regexp_extract(sku, 'a', ^1)", "the pattern has no such group (it has 0"),
        ("list(^items)", "list needs a value, this is list<str>"),
        ("^round()", "round takes 1 or 2 arguments, not 0"),
        ("^coalesce(quantity)", "coalesce takes 2 arguments or more, not 1"),
        ("^abs(1, 2)", "abs takes 1 argument, not 2"),
        ("sku LIKE 'a' ESCAPE ^'ab'", "ESCAPE needs one character"),
        ("sku REGEXP ^'('", "this is no regular expression: unclosed group"),
        ("regexp(^sku, sku)", "the pattern of REGEXP must be a string literal"),
    ] {
        refused(marked, says);
    }
}

#[test]
fn types_that_do_not_fit_are_told_with_the_place_of_the_wrong_one() {
    for (marked, says) in [
        ("sku = ^1", "str can't be compared with i64 (write CAST(… AS type) where this is meant)"),
        ("paid = ^1", "bool can't be compared with i64"),
        ("quantity IN (1, ^'2')", "i64 can't be compared with str"),
        ("quantity BETWEEN 1 AND ^sku", "i64 can't be compared with str"),
        ("items = ^items", "list<str> can't be compared with list<str>"),
        ("items = ^NULL", "list<str> can't be compared with NULL"),
        ("quantity + ^sku", "arithmetic needs a number, this is str"),
        ("- ^paid", "a sign needs a number, this is bool"),
        ("^ts + 1", "arithmetic needs a number, this is time (write t + INTERVAL '1' HOUR)"),
        ("^quantity AND paid", "AND needs bool, this is i64"),
        ("NOT ^quantity", "NOT needs bool, this is i64"),
        ("^quantity LIKE '1%'", "LIKE needs str, this is i64"),
        ("sku || ^quantity", "|| needs str, this is i64"),
        ("lower(^quantity)", "lower needs str, this is i64"),
        ("substr(sku, ^1.5)", "substr needs i64, this is f64"),
        ("hour(^sku)", "hour needs time, this is str"),
        ("length(^quantity)", "length needs str or list<str>, this is i64"),
        ("CASE WHEN ^quantity THEN 1 END", "WHEN needs bool, this is i64"),
        ("CASE WHEN paid THEN 1 ELSE ^sku END", "CASE can't give values of both i64 and str"),
        ("CASE quantity WHEN ^'1' THEN 1 END", "i64 can't be compared with str"),
        ("coalesce(sku, ^1)", "COALESCE can't choose among values of both str and i64"),
        ("CAST(^ts AS f64)", "there is no CAST from time to f64"),
        ("CAST(^items AS str)", "there is no CAST from list<str> to str"),
        ("ts > ^'yesterday'", "\"yesterday\" is no time (such as '2013-01-31'"),
        ("ts IN ('2013-01-01', ^'')", "\"\" is no time"),
        ("ts > ^sku", "time can't be compared with str"),
    ] {
        refused(marked, says);
    }
    let told = Predicate::parse("quantity", &schema()).err().expect("it is no condition").remove(0);
    assert_eq!(told.what, "a condition is needed (bool), this is i64");
    assert!(Predicate::parse("NULL", &schema()).is_err());
}

#[test]
fn no_input_is_too_deep_for_the_stack() {
    let deep = |open: &str, inner: &str, close: &str| {
        let (n, told) = (20_000, |text: &str| problem(text).what);
        told(&(open.repeat(n) + inner + &close.repeat(n)))
    };
    for (open, close) in
        [("(", ")"), ("NOT ", ""), ("- ", ""), ("abs(", ")"), ("CASE WHEN paid THEN ", " END")]
    {
        assert!(deep(open, "1", close).contains("nested too deeply"), "{open}");
    }
    for chained in [" + 1", " IS NULL", " BETWEEN 1 AND 2", " IS DISTINCT FROM 1", " OR paid"] {
        assert!(deep("", "quantity", chained).contains("at most 1000 operators"), "{chained}");
    }
    let told = problem(&("quantity".to_string() + &" + 1".repeat(900))).what;
    assert!(told.contains("nested too deeply"), "{told}");
    assert!(problem(&("paid".to_string() + &" IN (TRUE)".repeat(900))).what.contains("nested too deeply"));
    // What a program may well write: a long row of alternatives is not deep.
    let row = (0..900).map(|n| format!("quantity = {n}")).collect::<Vec<_>>().join(" OR ");
    assert!(problem(&row).what.contains("at most 1000 operators"));
    let row = (0..400).map(|n| format!("quantity = {n}")).collect::<Vec<_>>().join(" OR ");
    assert!(Predicate::parse(&row, &schema()).is_ok());
    let list = (0..50_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert!(Predicate::parse(&format!("quantity IN ({list})"), &schema()).is_ok());
}

/// The value of an expression for one row.
fn value(text: &str) -> String {
    let mut batch = Batch::new(&schema());
    batch.id.push(1);
    batch.born_ns.push(1);
    let ts = time::parse("2013-01-01T05:15:00Z", None).unwrap();
    let row = [
        Value::I64(3),
        Value::F64(2.5),
        Value::Str("beer"),
        Value::Bool(true),
        Value::Time(ts),
        Value::List(vec!["a", "b"]),
        Value::I64(9),
    ];
    batch.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    let mut expr = Expr::parse(text, &schema()).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let mut out = Column::new(expr.of().unwrap_or(Type::I64));
    expr.eval(&batch, &mut out).unwrap();
    match out.value(0) {
        Value::Time(ns) => time::to_text(ns),
        value => format!("{value:?}"),
    }
}

#[test]
fn times_lists_and_casts_answer() {
    for (text, answer) in [
        ("quantity * unit_price", "F64(7.5)"),
        ("\"naïve col\" + [naïve col]", "I64(18)"),
        ("hour(ts)", "I64(5)"),
        ("ts > '2013-01-01' AND '2013-01-01T05:15:00+00:00' = ts", "Bool(true)"),
        ("ts BETWEEN '2013-01-01' AND '2013-01-01 05:14:59'", "Bool(false)"),
        ("ts - CAST('2013-01-01' AS time)", "I64(18900000000000)"),
        ("coalesce(NULL, ts, '2014-01-01')", "2013-01-01T05:15:00Z"),
        ("CAST(ts AS TEXT)", "Str(\"2013-01-01T05:15:00Z\")"),
        ("CAST('soon' AS TIMESTAMP)", "Null"),
        ("CAST(CAST(ts AS i64) AS time)", "2013-01-01T05:15:00Z"),
        ("length(items)", "I64(2)"),
        ("items IS NOT NULL", "Bool(true)"),
        ("len(items) + len(sku)", "I64(6)"),
        ("element(items, 2) || element(items, -2)", "Str(\"ba\")"),
        ("element(items, 3)", "Null"),
        ("join(items, '+')", "Str(\"a+b\")"),
        ("contains(items, 'b')", "Bool(true)"),
        ("any(items, item = substr(sku, 1, 1))", "Bool(true)"),
        ("all(items, quantity > 2 AND item < 'c')", "Bool(true)"),
        ("all(items, item <> 'b')", "Bool(false)"),
        ("any(CASE WHEN quantity > 5 THEN items END, TRUE)", "Null"),
        ("list(sku, NULL, quantity)", "List([\"beer\", \"3\"])"),
        ("date_trunc('hour', ts)", "2013-01-01T05:00:00Z"),
        ("date_trunc('day', ts, 'Asia/Kolkata')", "2012-12-31T18:30:00Z"),
        ("ts + INTERVAL (quantity) HOUR", "2013-01-01T08:15:00Z"),
        ("ts - INTERVAL (unit_price) SECOND", "2013-01-01T05:14:57.5Z"),
        ("date_diff('day', '2012-12-30T23:59:59Z', ts)", "I64(2)"),
        ("strftime('%a %d %b %Y %H:%M %z', ts, 'America/New_York')", "Str(\"Tue 01 Jan 2013 00:15 -0500\")"),
        ("strptime('31.03.2013 02:30', '%d.%m.%Y %H:%M', 'Europe/Paris')", "Null"),
        ("strptime('31.03.2013', '%d.%m.%Y', 'Europe/Paris')", "2013-03-30T23:00:00Z"),
        ("typeof(sku) || typeof(NULL) || typeof(CASE WHEN FALSE THEN 1 END)", "Str(\"strnullnull\")"),
        ("printf('%-*s|', 6, sku)", "Str(\"beer  |\")"),
        ("json_get('[1, 2', '$[0]')", "Null"),
        ("CAST(json_get('{\"x\": 2.5}', '$.x') AS f64)", "F64(2.5)"),
        ("CASE WHEN paid THEN items END", "List([\"a\", \"b\"])"),
        ("CAST(' TRUE ' AS BOOLEAN)", "Bool(true)"),
        ("CAST('yes' AS bool)", "Null"),
        ("CAST(2.9 AS i64)", "I64(2)"),
        ("CAST(1e19 AS i64)", "Null"),
        ("CAST('2.9' AS i64)", "Null"),
        ("CAST('inf' AS f64)", "Null"),
        ("CAST(0.1 + 0.2 AS DOUBLE PRECISION)", "F64(0.30000000000000004)"),
        ("9223372036854775807 + 1", "Null"),
        ("-9223372036854775808 / -1", "Null"),
        ("9223372036854775808", "F64(9.223372036854776e18)"),
        ("1_000", "I64(1000)"),
        ("NULL", "Null"),
        ("abs(NULL)", "Null"),
        ("NULL IN ()", "Bool(false)"),
        ("sku REGEXP '^b.*r$'", "Bool(true)"),
        ("'it''s' || \"sku\" -- and a comment", "Str(\"it'sbeer\")"),
    ] {
        assert_eq!(value(text), answer, "{text}");
    }
}

#[test]
fn a_string_that_grows_without_end_is_null() {
    let grown = (0..40).fold("sku".to_string(), |text, _| format!("replace({text}, 'e', 'eeee')"));
    assert_eq!(value(&grown), "Null");
    assert_eq!(value(&format!("length({grown}) IS NULL")), "Bool(true)");
}

#[test]
fn signs_and_words_of_other_languages_are_answered_with_ours() {
    for (marked, says) in [
        ("quantity > 0 ^&& paid", "there is no \"&&\" here: write AND"),
        ("^!paid", "there is no \"!\" here: write NOT"),
        ("sku =~ ^'a'", "a pattern is matched by x REGEXP 'pattern'"),
        ("quantity > 1 ^? 2 : 3", "write CASE WHEN"),
        ("quantity ^** 2", "write power(x, y)"),
        ("^quantity::int", "(write CAST(x AS type))"),
        ("^paid || paid", "|| joins texts, and this is a condition: write OR"),
        ("^sku + 'a'", "texts are joined by ||"),
        ("^int(sku)", "there is no function \"int\": write CAST(x AS i64)"),
        ("^strlen(sku) > 1", "there is no function \"strlen\": write length(x)"),
        ("^split(sku, ',')", "write split_text(s, sep)"),
        ("^now() > ts", "an expression knows no clock"),
        ("^date_add(ts, 1)", "write t + INTERVAL '1' DAY"),
        ("^sum(quantity)", "a step window does that for many"),
        ("^count(*)", "a step window counts and sums"),
        ("sku = ^None", "no value is written NULL, and asked for by x IS NULL"),
        ("sku = ^‘a’", "a text stands in straight single quotes"),
        ("sku IN ^['a', 'b']", "a list in brackets is written IN (…)"),
    ] {
        let told = refused(marked, says);
        for ours in ["infix", "token", "Overlap", "usize"] {
            assert!(!told.what.contains(ours), "{marked}: {}", told.what);
        }
    }
    assert_eq!(Expr::parse("quantity == 1", &schema()).unwrap().of(), Some(Type::Bool), "as in SQLite");
}

#[test]
fn a_comparison_with_null_is_warned_of() {
    let warned = |text: &str| -> Vec<usize> {
        let expr = Expr::parse(text, &schema()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        let says = |problem: &Problem| {
            problem.what.starts_with("a comparison with NULL is never true (write x IS NULL")
        };
        assert!(expr.warnings().iter().all(says));
        expr.warnings().iter().map(|problem| problem.offset.unwrap()).collect()
    };
    for (text, offsets) in [
        ("quantity = NULL", &[11][..]),
        ("NULL <> sku OR paid", &[0]),
        ("quantity BETWEEN 1 AND NULL", &[23]),
        ("quantity IN (NULL)", &[13]),
        ("sku NOT IN ('a', NULL)", &[17]),
        ("CASE sku WHEN NULL THEN 1 ELSE 2 END", &[14]),
        ("quantity IN (1, NULL)", &[]),
        ("quantity IS NULL AND sku IS NOT NULL", &[]),
        ("coalesce(quantity, NULL) = 1", &[]),
    ] {
        assert_eq!(warned(text), offsets, "{text}");
    }
}
