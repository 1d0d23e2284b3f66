//! What classifiers keep has a bound, whatever comes: bytes are counted, and models are forgotten when they must be.

use super::data::{push, rows};
use super::{case, told};
use crate::page::Rows;
use sluicebox::data::Type;

/// A bomb: a new name, and a new class, in each of so many records.
fn bomb(n: usize, classes: usize) -> Rows {
    let mut rows = rows(&[("x", Type::F64), ("name", Type::Str), ("class", Type::Str)]);
    for at in 0..n {
        let cells = [format!("{}", at % 7), format!("name number {at}"), format!("class {}", at % classes)];
        push(&mut rows, &cells);
    }
    rows
}

/// How many bytes the state has after each tenth, and the report at the end.
fn sizes(operator: &str, params: &str, rows: &Rows) -> (Vec<usize>, Rows) {
    let case = case(operator, params, vec![(None, rows)]);
    let mut run = case.start().expect("it starts");
    let tenth = rows.batch.len() / 10;
    let grown = (0..10).map(|at| {
        run.feed(0, &rows.batch, at * tenth, (at + 1) * tenth).expect("it works");
        run.saved().expect("it saves").len()
    });
    let grown = grown.collect();
    run.finish().expect("it ends");
    (grown, run.report().expect("it reports"))
}

#[test]
fn names_and_classes_without_end_take_no_memory_beyond_the_bound() {
    for operator in ["naive_bayes", "logistic_regression"] {
        let params = "label = \"class\"\nclasses_max = 5\nvalues_max = 200";
        let (grown, report) = sizes(operator, params, &bomb(20_000, 10));
        println!("{operator}: {grown:?} bytes");
        // All is there after the second tenth: five classes, 200 names, the newest thousand.
        assert_eq!(grown[1], grown[9], "{operator}");
        assert!(grown[9] < 100_000, "{operator}: {grown:?}");
        assert_eq!((told(&report, "classes"), told(&report, "learned")), (5.0, 10_000.0), "{operator}");
        assert_eq!(told(&report, "beyond"), 10_000.0, "{operator}: what is not learned is counted");
    }
}

#[test]
fn keys_without_end_take_no_memory_beyond_the_bound() {
    let params = "label = \"class\"\nfeatures = [\"x\"]\nnominal = []\nper = \"name\"\nkeys_max = 50";
    let (grown, _) = sizes("naive_bayes", params, &bomb(20_000, 2));
    assert!(grown[9] <= grown[0] + 1000 && grown[9] < 100_000, "{grown:?}");
}

/// A stream whose classes change places in the middle.
fn turned(n: usize) -> Rows {
    let mut rows = rows(&[("x", Type::F64), ("class", Type::I64)]);
    for at in 0..n {
        let side = at * 7919 % 2;
        let x = side as f64 + (at * 104_729 % 100) as f64 / 250.0;
        let class = if at < n / 2 { side } else { 1 - side };
        push(&mut rows, &[x.to_string(), class.to_string()]);
    }
    rows
}

#[test]
fn a_model_that_forgets_at_a_drift_is_right_again_soon() {
    let rows = turned(20_000);
    let accuracy = |on_drift: &str| {
        let (_, report) = sizes("naive_bayes", &format!("label = \"class\"{on_drift}"), &rows);
        (told(&report, "window_accuracy"), report)
    };
    let (stubborn, _) = accuracy("");
    let (reported, report) = accuracy("\non_drift = \"report\"");
    let (reset, forgot) = accuracy("\non_drift = \"reset\"");
    assert_eq!(stubborn, reported, "telling changes nothing");
    assert!(reset > 0.99 && stubborn < 0.6, "{reset} with forgetting, {stubborn} without");
    for report in [&report, &forgot] {
        assert!(told(report, "drifts") >= 1.0);
    }
    let at = told(&forgot, "drift_at");
    assert!((9_900.0..10_100.0).contains(&at), "it began at 10,000: {at}");
}

/// Predicting only: a model that has learned what it may stays as it is.
#[test]
fn a_model_may_learn_from_the_first_records_only() {
    let rows = turned(4000);
    let (_, report) = sizes("naive_bayes", "label = \"class\"\nlearn_max = 500", &rows);
    assert_eq!(told(&report, "learned"), 500.0);
    assert!(told(&report, "window_accuracy") < 0.01, "it goes on answering as it learned");
    let (_, report) = sizes("naive_bayes", "label = \"class\"\nlearn_max = 0", &rows);
    assert_eq!((told(&report, "learned"), told(&report, "n")), (0.0, 4000.0));
}
