//! Labels that come later: scored as River scores them, joined whoever comes first, and let go when it takes too long.
//!
//! What River says was made by this script, in the folder of the program (River 0.26.1; an answer before the first
//! label is none, in both):
//!
//! ```python
//! import csv
//! from river import linear_model, metrics, naive_bayes, preprocessing, stream
//!
//! def rows(name):
//!     for row in csv.DictReader(open(f"../shared/data/{name}.csv")):
//!         y = row.pop("class") == "1"
//!         yield {k: float(v) for k, v in row.items()}, y
//!
//! for name in ["elec2", "sea40k", "phishing"]:
//!     for model in [naive_bayes.GaussianNB(), preprocessing.StandardScaler() | linear_model.LogisticRegression()]:
//!         scores, answers, labelled = metrics.Accuracy() + metrics.CohenKappa() + metrics.MacroF1(), {}, False
//!         for i, x, y in stream.simulate_qa(rows(name), moment=None, delay=1000):
//!             if y is None:
//!                 answers[i] = model.predict_one(x) if labelled else None
//!                 continue
//!             answer, labelled = answers.pop(i), True
//!             if answer is not None:
//!                 scores.update(y, answer)
//!             model.learn_one(x, y)
//!         print(name, type(model).__name__, scores[0].cm.n_samples, *[f"{s.get():.6f}" for s in scores])
//! ```

use super::data;
use super::{case, told};
use crate::drive::Run;
use crate::page::Rows;
use sluicebox::data::{Batch, Schema, Type, Value, Values};

/// Data set, operator, records scored, accuracy, Kappa, macro F1, as the script prints them.
const RIVER: &[(&str, &str, f64, [f64; 3])] = &[
    ("elec2", "naive_bayes", 44_312.0, [0.720_301, 0.392_150, 0.684_764]),
    ("elec2", "logistic_regression", 44_312.0, [0.766_948, 0.514_613, 0.756_623]),
    ("sea40k", "naive_bayes", 39_000.0, [0.879_385, 0.749_704, 0.874_623]),
    ("sea40k", "logistic_regression", 39_000.0, [0.884_538, 0.761_935, 0.880_911]),
    ("phishing", "naive_bayes", 250.0, [0.848_000, 0.696_776, 0.847_912]),
    ("phishing", "logistic_regression", 250.0, [0.852_000, 0.704_076, 0.851_979]),
];

/// The columns of a stream of labels, by the id of their record.
fn labels() -> Rows {
    let schema = Schema::of(&[("id", Type::I64), ("class", Type::I64)]);
    Rows { batch: Batch::new(&schema), schema }
}

fn push(rows: &mut Rows, values: &[Value<'_>]) {
    rows.batch.id.push(rows.batch.id.len() as u64);
    rows.batch.born_ns.push(1);
    rows.batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value.clone()));
}

/// Takes the label off records and gives them an id.
fn parted(mut rows: Rows) -> (Rows, Rows) {
    let mut ours = labels();
    let classes = rows.batch.columns.pop().expect("the label stands last");
    rows.schema.fields.pop();
    rows.schema = rows.schema.with("id", Type::I64);
    let mut ids = sluicebox::data::Column::new(Type::I64);
    for id in 0..classes.len() as i64 {
        ids.push(Value::I64(id));
        push(&mut ours, &[Value::I64(id), classes.value(id as usize)]);
    }
    rows.batch.columns.push(ids);
    (rows, ours)
}

fn feed_late(run: &mut Run<'_>, records: &Rows, labels: &Rows, delay: usize) {
    let n = records.batch.len();
    for at in 0..n + delay {
        if at >= delay {
            run.feed(1, &labels.batch, at - delay, at - delay + 1).expect("it takes a label");
        }
        if at < n {
            run.feed(0, &records.batch, at, at + 1).expect("it takes a record");
        }
    }
    run.finish().expect("it ends");
}

#[test]
fn labels_a_thousand_records_late_are_scored_as_by_river() {
    for (name, operator, n, scores) in RIVER {
        let Some(rows) = data::read(name) else { return };
        let (records, labels) = parted(rows);
        let params = "label = \"class\"\nkey = \"id\"";
        let case = case(operator, params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
        let mut run = case.start().expect("it starts");
        feed_late(&mut run, &records, &labels, 1000);
        let report = run.report().expect("it reports");
        assert_eq!(told(&report, "n") - told(&report, "unanswered"), *n, "{operator}, {name}");
        for (score, theirs) in ["accuracy", "kappa", "macro_f1"].iter().zip(scores) {
            let ours = told(&report, score);
            println!("{operator} on {name}: {score} {ours:.6} of {theirs:.6}");
            // River knows both classes before their labels come; here one is known first, and a few answers differ.
            assert!((ours - theirs).abs() < 3e-4, "{operator}, {name}: {score} {ours}, River {theirs}");
        }
        let waits = ["waiting", "unlabelled", "late_labels"].map(|name| told(&report, name));
        assert_eq!(waits, [0.0; 3], "{operator}, {name}");
    }
}

/// Records of one number, and their labels; a model that knows one class from the other by its sign.
fn small(n: i64) -> (Rows, Rows) {
    let schema = Schema::of(&[("id", Type::I64), ("x", Type::F64)]);
    let mut records = Rows { batch: Batch::new(&schema), schema };
    let mut ours = labels();
    for id in 0..n {
        let class = i64::from(id % 3 == 0);
        push(&mut records, &[Value::I64(id), Value::F64(class as f64 * 4.0 + (id % 5) as f64 / 5.0)]);
        push(&mut ours, &[Value::I64(id), Value::I64(class)]);
    }
    (records, ours)
}

fn ids(rows: &Batch) -> Vec<i64> {
    match &rows.columns[0].values {
        Values::I64(ids) => ids.clone(),
        other => panic!("ids are {other:?}"),
    }
}

/// Label by label right behind its record, right before it, or all labels first: each time all is learned in order.
#[test]
fn whoever_comes_first_waits_for_the_other() {
    let (records, labels) = small(300);
    let params = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"";
    let learned = |order: &[(usize, usize, usize)]| {
        let case = case("naive_bayes", params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
        let mut run = case.start().expect("it starts");
        for (inlet, from, to) in order {
            run.feed(*inlet, [&records.batch, &labels.batch][*inlet], *from, *to).expect("it works");
        }
        run.finish().expect("it ends");
        run.adds_up().expect("the account adds up");
        let report = run.report().expect("it reports");
        (
            ["n", "accuracy", "kappa", "learned", "late_labels", "unlabelled"]
                .map(|name| told(&report, name)),
            run.out,
        )
    };
    let behind: Vec<_> = (0..300).flat_map(|at| [(0, at, at + 1), (1, at, at + 1)]).collect();
    let before: Vec<_> = (0..300).flat_map(|at| [(1, at, at + 1), (0, at, at + 1)]).collect();
    let (scores, out) = learned(&behind);
    let (others, first) = learned(&before);
    assert_eq!((scores, scores[0], scores[3]), (others, 300.0, 300.0));
    assert_eq!(scores, learned(&[(1, 0, 300), (0, 0, 300)]).0);
    // Where the label was there, the record says at once whether the answer was right.
    assert_eq!(out.columns[4].valid.nulls(), 300);
    assert_eq!(first.columns[4].valid.nulls(), 1, "of the first there was no answer");
}

#[test]
fn who_waits_too_long_is_let_go_and_counted() {
    let (records, labels) = small(20);
    let params = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"\nwait = { records = 5 }";
    let case = case("naive_bayes", params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
    let mut run = case.start().expect("it starts");
    run.feed(0, &records.batch, 0, 12).expect("it works");
    let unlabelled = run.side("unlabelled").expect("it has the port").batch;
    assert_eq!(ids(&unlabelled), [0, 1, 2, 3, 4, 5, 6], "the oldest go");
    // The label of one that went finds nothing, and waits in its turn, pushing nobody out; the other is learned.
    run.feed(1, &labels.batch, 6, 8).expect("it works");
    run.finish().expect("it ends");
    run.adds_up().expect("the account adds up");
    assert_eq!(ids(&run.side("late_labels").expect("it has the port").batch), [6]);
    let report = run.report().expect("it reports");
    let found = ["learned", "unlabelled", "late_labels", "waiting"].map(|name| told(&report, name));
    assert_eq!(found, [1.0, 11.0, 1.0, 0.0]);
}

#[test]
fn how_long_is_waited_is_judged_by_event_time() {
    let at = |minutes: i64| Value::Time(minutes * 60_000_000_000);
    let schema = Schema::of(&[("id", Type::I64), ("x", Type::F64), ("ts", Type::Time)]).with_time(2);
    let mut records = Rows { batch: Batch::new(&schema), schema };
    for (id, minutes) in [(0, 0), (1, 5), (2, 61), (3, 62)] {
        push(&mut records, &[Value::I64(id), Value::F64(id as f64), at(minutes)]);
    }
    let (_, labels) = small(4);
    let params = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"\nwait = { time = \"1h\" }";
    let case = case("naive_bayes", params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
    let mut run = case.start().expect("it starts");
    run.feed(0, &records.batch, 0, 3).expect("it works");
    assert_eq!(ids(&run.side("unlabelled").expect("it has the port").batch), [0], "61 minutes are too long");
    run.feed(1, &labels.batch, 0, 3).expect("it works");
    let report = run.report().expect("it reports");
    assert_eq!(["learned", "waiting"].map(|name| told(&report, name)), [2.0, 0.0]);
    // Label 0 waits for a record that is 61 minutes older, until one comes that is an hour newer than it.
    run.feed(0, &records.batch, 3, 4).expect("it works");
    run.finish().expect("it ends");
    assert_eq!(ids(&run.side("late_labels").expect("it has the port").batch), [0]);
    assert_eq!(ids(&run.side("unlabelled").expect("it has the port").batch), [0, 3]);
}

#[test]
fn labels_that_say_nothing_are_rejected_by_name() {
    let (records, _) = small(2);
    let mut labels = labels();
    push(&mut labels, &[Value::I64(0), Value::Null]);
    push(&mut labels, &[Value::Null, Value::I64(1)]);
    let params = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"";
    let case = case("naive_bayes", params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
    let mut run = case.start().expect("it starts");
    run.feed(0, &records.batch, 0, 2).expect("it works");
    run.feed(1, &labels.batch, 0, 2).expect("it works");
    run.finish().expect("it ends");
    run.adds_up().expect("the account adds up");
    let rejected = run.desk.account().rejected.clone();
    assert_eq!(rejected, [("no_label".to_string(), 1), ("no_key".to_string(), 1)]);
    assert_eq!(
        ids(&run.side("unlabelled").expect("it has the port").batch),
        [0, 1],
        "at the end nobody waits on"
    );
}

/// A restart in the middle, with a thousand records and labels waiting, changes nothing.
#[test]
fn what_waits_outlives_a_restart() {
    let (records, labels) = small(3000);
    let params = "label = \"class\"\nfeatures = [\"x\"]\nkey = \"id\"";
    let case =
        case("logistic_regression", params, vec![(Some("records"), &records), (Some("labels"), &labels)]);
    let whole = |cut: Option<usize>| {
        let mut run = case.start().expect("it starts");
        for at in 0..3000 {
            if at >= 1000 {
                run.feed(1, &labels.batch, at - 1000, at - 999).expect("it takes a label");
            }
            run.feed(0, &records.batch, at, at + 1).expect("it takes a record");
            if cut == Some(at) {
                let state = run.saved().expect("it saves");
                run = case.go_on(run.desk.account(), Some(&state)).expect("it goes on");
            }
        }
        run.saved().expect("it saves")
    };
    let uninterrupted = whole(None);
    for cut in [0, 500, 1999] {
        assert!(whole(Some(cut)) == uninterrupted, "cut behind record {cut}");
    }
}
