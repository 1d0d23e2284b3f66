//! Tests of tests: what holds, what fails and how that is told, on small topologies.

mod files;

use super::*;
use crate::registry::ROOMS;
use crate::topology::{self, Checked};
use std::path::Path;

const CLEAN: &str = r#"
name = "t"
[[stage]]
name = "lines"
operator = "shop"
time = "ts"
[[stage]]
name = "clean"
from = "lines"
steps = [
  { operator = "filter", where = "quantity > 0" },
  { operator = "derive", fields = { amount = "quantity * unit_price" } },
]
[[stage]]
name = "hours"
from = "clean"
operator = "window"
size = "1h"
fields = { n = "count()", revenue = "sum(amount)" }
[[stage]]
name = "out"
from = ["hours"]
operator = "null"
"#;

fn load(text: &str) -> Result<Checked, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    topology::load(&file, &[]).map_err(|problems| problems.render(false))
}

/// What the tests behind `CLEAN` say, in their order; empty where one holds.
fn told(tests: &str) -> Vec<String> {
    let checked = load(&format!("{CLEAN}{tests}")).unwrap();
    let told = |case: &Case| {
        run(&ROOMS, &checked.plan, case).failures.iter().map(ToString::to_string).collect::<String>()
    };
    checked.cases.iter().map(told).collect()
}

#[test]
fn the_topologies_of_this_repository_carry_tests_that_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut tests = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|of| of != "toml") {
            continue;
        }
        let checked =
            topology::load_unseen(&file, &[]).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert!(!checked.cases.is_empty(), "{} has tests", file.display());
        for case in &checked.cases {
            let failures = run(&ROOMS, &checked.plan, case).failures;
            let told: String = failures.iter().map(ToString::to_string).collect();
            assert!(failures.is_empty(), "{}: {}\n{told}", file.display(), case.name);
            tests += 1;
        }
    }
    assert!(tests >= 9, "they are read: {tests}");
}

#[test]
fn event_time_closes_windows_as_a_source_would() {
    let rows = r#"rows = [
      { ts = "2026-01-01T00:10:00Z", quantity = 2, unit_price = 1.5 },
      { ts = 2026-01-01T01:10:00Z, quantity = 1, unit_price = 2 },
      { ts = "2026-01-01T00:20:00Z", quantity = 9, unit_price = 9 },
      { ts = "2026-01-01T01:20:00Z", quantity = 0 },
    ]"#;
    let expects = r#"expect = [ { window_start = "2026-01-01T00:00:00Z", n = 1, revenue = 3 }, { n = 1, revenue = 2 } ]
    expect_ports = { late = [ { quantity = 9, amount = 81 } ], clean = [ {}, {}, {} ], "clean/rejected" = [] }
    expect_account = { in = 4, out = 2, filtered = 1, moved = 1, made = 2, rejected = 0 }"#;
    for stages in ["[\"clean\", \"hours\"]", "[\"lines\", \"clean\", \"hours\"]", "[\"clean\", \"hours\"]"] {
        let test = format!("[[test]]\nname = \"x\"\nstages = {stages}\n{rows}\n{expects}\n");
        assert_eq!(told(&test), [""], "{stages}");
    }
}

#[test]
fn what_differs_stands_side_by_side() {
    let test = r#"
[[test]]
name = "x"
stage = "clean"
rows = [ { quantity = 1, unit_price = 2 }, { quantity = 2, unit_price = 2 }, { quantity = 3, sku = "a b" } ]
expect = [ { quantity = 1, amount = 2 }, { quantity = 2, amount = 5 }, { amount = "NULL", sku = "a" }, { amount = 1 } ]
expect_account = { filtered = 1, rejected = { no_time = 2 } }
"#;
    let lines = [
        "clean: 3 rows came, 4 wanted, 3 differ",
        "  got   sku      quantity  amount | wanted  sku    quantity  amount",
        "  2     NULL     2         >4.0<  | 2              2         >5.0<",
        "  3     >\"a b\"<  3         NULL   | 3       >\"a\"<            NULL",
        "  none                            | 4                        1.0",
        "account: filtered is 0, wanted 1",
        "account: rejected as no_time is 0, wanted 2",
        "",
    ];
    assert_eq!(told(test), [lines.join("\n")]);
}

#[test]
fn order_tolerance_and_null_are_as_they_are_said() {
    let test = |more: &str, expect: &str| {
        let rows = "[ { quantity = 1, unit_price = 2 }, { quantity = 1, unit_price = 3, sku = \"-\" } ]";
        let test =
            format!("[[test]]\nname = \"x\"\nstage = \"clean\"\nrows = {rows}\nexpect = {expect}\n{more}\n");
        told(&test)[0].is_empty()
    };
    assert!(
        test("", "[ { amount = 2 }, { amount = 3 } ]") && !test("", "[ { amount = 3 }, { amount = 2 } ]")
    );
    assert!(test("unordered = true", "[ { amount = 3 }, { amount = 2 } ]"));
    assert!(!test("unordered = true", "[ { amount = 3 } ]") && !test("", "[]"));
    assert!(test("", "[ { amount = 2.000000001 }, {} ]") && !test("", "[ { amount = 2.00000001 }, {} ]"));
    assert!(
        test("tolerance = 0.1", "[ { amount = 2.1 }, {} ]")
            && !test("tolerance = 0", "[ { amount = 2.0000000001 }, {} ]")
    );
    assert!(
        test("", "[ { sku = \"NULL\" }, { sku = \"-\" } ]")
            && test("null = \"-\"", "[ { sku = \"-\" }, { sku = \"-\" } ]")
    );
}

#[test]
fn only_an_infinite_number_is_one() {
    let test = |price: &str, expect: &str| {
        let rows = format!("[ {{ quantity = 1, unit_price = {price} }} ]");
        let expect = format!("[ {{ unit_price = {expect} }} ]");
        let test = format!("[[test]]\nname = \"x\"\nstage = \"clean\"\nrows = {rows}\nexpect = {expect}\n");
        told(&test)[0].is_empty()
    };
    for wanted in ["\"inf\"", "\"-inf\"", "\"nan\""] {
        assert!(!test("2.5", wanted), "{wanted}");
    }
    let huge = "\"inf\"";
    assert!(test(huge, huge) && !test(huge, "\"-inf\"") && !test(huge, "2.5"));
}

#[test]
fn roles_come_in_the_order_that_is_written() {
    let topology = r#"
name = "t"
[[stage]]
name = "lines"
operator = "shop"
[[stage]]
name = "baskets"
from = "lines"
operator = "collect"
per = "order_id"
items = "sku"
[[stage]]
name = "rules"
from = "baskets"
operator = "association_rules"
items = "sku"
min_support = 0.1
min_confidence = 0.1
[[stage]]
name = "tips"
from = { baskets = "baskets", rules = "rules" }
operator = "recommend"
items = "sku"
[[stage]]
name = "out"
from = "tips"
operator = "null"
[[test]]
name = "x"
stage = "tips"
expect_account = { out = 1 }
"#;
    let basket = "sku = [\"a\"]";
    let rule = "antecedent = [\"a\"], consequent = [\"b\"], set = 0, rows = 1, confidence = 0.9, lift = 2";
    let outs = [
        format!("rows = {{ rules = [ {{ {rule} }} ], baskets = [ {{ {basket} }} ] }}"),
        format!("rows = [ {{ rules = {{ {rule} }} }}, {{ baskets = {{ {basket} }} }} ]"),
        format!("rows = {{ baskets = [ {{ {basket} }} ], rules = [ {{ {rule} }} ] }}"),
        format!("rows = [ {{ baskets = {{ {basket} }} }}, {{ rules = {{ {rule} }} }} ]"),
    ]
    .map(|rows| {
        let checked = load(&format!("{topology}{rows}\n")).unwrap();
        run(&ROOMS, &checked.plan, &checked.cases[0]).holds()
    });
    assert_eq!(outs, [true, true, false, false], "who comes before the rule is told nothing");
    let wrong = load(&format!("{topology}rows = [ {{ {basket} }} ]\nrows_from = {{ rulez = \"x.csv\" }}\n"));
    let wrong = wrong.unwrap_err();
    assert!(wrong.contains("say which each row is") && wrong.contains("did you mean \"rules\"?"), "{wrong}");
}

#[test]
fn what_is_wrong_with_tests_is_told_with_all_else() {
    let tests = r#"
[[test]]
nane = "x"
stage = "claen"
rows = [ { quantity = 1 } ]
expect = [ { amount = 3.0 } ]
[[test]]
name = "n"
stage = "clean"
rows = [ { quantit = 2, unit_price = "x" }, 5 ]
expect = [ { amount = true } ]
expect_ports = { rejekted = [] }
expect_account = { filterd = 1, out = -1, rejected = { x = "a" } }
tolerance = 5
[[test]]
name = "n"
stage = "out"
rows = []
"#;
    let broken = CLEAN.replace("name = \"hours\"\nfrom", "name = \"hours\"\nform");
    let told = load(&format!("{broken}{tests}")).unwrap_err();
    for what in [
        "unknown key \"form\"",
        "unknown key \"nane\"",
        "did you mean \"clean\"?",
        "did you mean \"quantity\"?",
        "column \"unit_price\" is f64: say a number, not \"x\"",
        "a row is a table such as { x = 1 }, not 5",
        "column \"amount\" is f64: say a number, not true",
        "\"clean\" has no port \"rejekted\"",
        "did you mean \"filtered\"?",
        "\"out\" must be a whole number",
        "\"x\" must be a whole number, not \"a\"",
        "must be a number from 0 to 1, not 5",
        "another test has that name",
        "a test stores nothing",
        "the test expects nothing",
    ] {
        assert!(told.contains(what), "{what}\n{told}");
    }
    assert!(!told.contains("the test has no name"), "it only follows: {told}");
}

#[test]
fn what_was_rejected_on_the_way_is_told_where_a_test_fails() {
    let test = |expect: &str| {
        let rows = "rows = [ { quantity = 1 }, { ts = \"2026-01-01T00:00:00Z\", quantity = 1 } ]";
        told(&format!("[[test]]\nname = \"x\"\nstage = \"hours\"\n{rows}\nexpect = {expect}\n")).remove(0)
    };
    assert_eq!(test("[ { n = 1 } ]"), "");
    let failed = test("[ { n = 2 } ]");
    assert!(failed.ends_with("on the way 1 row was rejected as no_time\n"), "{failed}");
    // Where the test expects it, it is no news: only what another stage rejects is.
    let named = test("[ { n = 2 } ]\nexpect_ports = { rejected = [ { reason = \"no_time\" } ] }");
    assert!(named.contains("1 differs") && !named.contains("on the way"), "{named}");
    let rows = "[ { quantity = 1, unit_price = 1.0 } ]";
    let stages = "stages = [\"clean\", \"hours\"]";
    let other = told(&format!(
        "[[test]]\nname = \"x\"\n{stages}\nrows = {rows}\nexpect = [ {{ n = 1 }} ]\n\
         expect_ports = {{ \"clean/rejected\" = [] }}\n"
    ));
    assert!(other[0].ends_with("on the way 1 row was rejected as no_time\n"), "{other:?}");
}
