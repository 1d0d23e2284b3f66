//! Operators with `per`: each key learns as if it were alone, and no more keys are kept than may be.

use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Column, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned};
use sluicebox::params::Problem;
use sluicebox::registry;

fn schema() -> Schema {
    Schema::of(&[("a", Type::Str), ("x", Type::F64), ("b", Type::I64), ("y", Type::I64)])
}

fn plan(operator: &str, params: &str) -> Result<Planned, Vec<Problem>> {
    let (_, spec) = registry::find(operator, false).unwrap();
    (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema())])
}

struct Work {
    operator: Box<dyn Operator>,
    report: Schema,
    desk: Desk,
}

impl Work {
    fn new(operator: &str, params: &str) -> Work {
        let planned = plan(operator, params).unwrap_or_else(|problems| panic!("{problems:?}"));
        let desk = Desk::new(Cx::new("run", "stage", Account::default()));
        Work { operator: (planned.make)(), report: planned.report.unwrap_or_default(), desk }
    }

    fn process(&mut self, rows: &Batch) -> Batch {
        let mut batch = rows.clone();
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        batch
    }

    fn report(&mut self) -> Vec<Vec<String>> {
        let mut out = Batch::new(&self.report);
        self.operator.report(&mut out, self.desk.cx()).unwrap();
        let rows = out.columns[0].len();
        let cell = |column: &Column, row| match column.value(row) {
            Value::Str(text) => text.to_string(),
            Value::I64(n) => n.to_string(),
            Value::F64(x) => x.to_string(),
            other => format!("{other:?}"),
        };
        (0..rows).map(|row| out.columns.iter().map(|column| cell(column, row)).collect()).collect()
    }

    fn finish(&mut self) {
        self.operator.finish(&mut Batch::default(), self.desk.cx()).unwrap();
    }
}

/// Records whose key is one of three texts, or NULL, and one of two numbers; every thirteenth x is NULL.
fn rows(n: usize) -> Batch {
    let mut batch = Batch::new(&schema());
    for row in 0..n {
        batch.id.push(row as u64);
        batch.born_ns.push(row as u64);
        let mixed = row * 7919 % 1009;
        let x = if row % 13 == 0 { Value::Null } else { Value::F64(mixed as f64 / 7.0) };
        let a = ["p", "q", ""].get(mixed % 4).map_or(Value::Null, |a| Value::Str(a));
        let values = [a, x, Value::I64((mixed / 4 % 2) as i64), Value::I64((mixed / 3) as i64)];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    batch
}

const OPERATORS: [(&str, &str); 3] = [
    ("standardize", "fields = [\"x\", \"y\"]"),
    ("min_max", "fields = [\"x\", \"y\"]"),
    ("kmeans", "k = 3\nfeatures = [\"x\", \"y\"]"),
];

/// The answers of a key SHALL be those of an operator that has seen this key alone, in whatever batches.
#[test]
fn each_key_learns_as_if_it_were_alone() {
    let all = rows(12_000);
    let keys =
        || (0..all.len()).map(|row| (format!("{:?}", all.columns[0].value(row)), all.columns[2].value(row)));
    let mut distinct: Vec<_> = keys().collect();
    distinct.sort_by_key(|key| format!("{key:?}"));
    distinct.dedup();
    assert_eq!(distinct.len(), 8, "three texts and NULL, with two numbers each");
    for (operator, params) in OPERATORS {
        let mut together = Work::new(operator, &format!("{params}\nper = [\"a\", \"b\"]"));
        let mut found = Batch::default();
        for (at, from) in (0..all.len()).step_by(500).enumerate() {
            let mut piece = Batch::new(&schema());
            piece.extend(&all, from, from + 500);
            let done = together.process(&piece);
            if at == 0 {
                found.reset_like(&done);
            }
            found.extend(&done, 0, done.len());
        }
        for key in &distinct {
            let keep: Vec<bool> = keys().map(|other| other == *key).collect();
            let (mut own, mut of_key) = (all.clone(), found.clone());
            own.retain(&keep);
            of_key.retain(&keep);
            assert!(own.len() > 1000, "it is reseeded");
            assert_eq!(Work::new(operator, params).process(&own), of_key, "{operator} of {key:?}");
        }
    }
}

#[test]
fn a_report_has_the_keys_that_were_touched_since_the_last_and_in_the_end_all() {
    let mut work = Work::new("kmeans", "k = 1\nfeatures = [\"y\"]\nper = [\"a\", \"b\"]");
    assert_eq!(
        work.report.to_string(),
        "a str, b i64, cluster i64, size i64, ssq f64, y f64, weight f64, revived i64, silhouette f64"
    );
    let mut row = |a: &'static str, b: i64, y: Value<'static>| {
        let mut batch = Batch::new(&schema());
        batch.id.push(0);
        batch.born_ns.push(0);
        let values = [Value::Str(a), Value::Null, Value::I64(b), y];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        work.process(&batch);
        work.report().into_iter().map(|cells| cells[..6].join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(row("p", 1, Value::I64(5)), ["p 1 0 1 0 5"]);
    assert_eq!(row("q", 1, Value::I64(6)), ["q 1 0 1 0 6"]);
    assert_eq!(row("p", 1, Value::I64(7)), ["p 1 0 2 2 6"]);
    assert_eq!(row("q", 1, Value::Null), [""; 0], "what is not learned from touches nothing");
    work.finish();
    let last: Vec<_> = work.report().into_iter().map(|cells| cells[..6].join(" ")).collect();
    assert_eq!(last, ["q 1 0 1 0 6", "p 1 0 2 2 6"]);
}

/// A long report SHALL come in pieces, with no key in two of them.
#[test]
fn a_long_report_comes_in_pieces_of_whole_keys() {
    let mut work = Work::new("kmeans", "k = 3\nfeatures = [\"x\"]\nper = [\"a\", \"b\"]");
    work.process(&rows(1000));
    let whole = Work::report(&mut work);
    assert_eq!(whole.len(), 8 * 3);
    work.finish();
    work.desk.cx().records_max = 4;
    let mut pieces = Vec::new();
    loop {
        let mut out = Batch::new(&work.report);
        let next = work.operator.report(&mut out, work.desk.cx()).unwrap();
        let keys: Vec<String> = (0..out.columns[0].len())
            .map(|row| format!("{:?}{:?}", out.columns[0].value(row), out.columns[1].value(row)))
            .collect();
        pieces.push(keys);
        if next != Next::Again {
            break;
        }
    }
    assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6, 6, 6, 0]);
    for (at, piece) in pieces.iter().enumerate() {
        let elsewhere = pieces[at + 1..].iter().flatten();
        assert!(elsewhere.into_iter().all(|key| !piece.contains(key)), "a key is in two pieces: {pieces:?}");
    }
}

#[test]
fn the_key_least_recently_touched_goes_is_counted_and_begins_anew() {
    for (operator, params) in OPERATORS {
        let mut bounded = Work::new(operator, &format!("{params}\nper = \"b\"\nkeys_max = 2"));
        let mut one = |key: i64, y: i64| {
            let mut batch = rows(2);
            batch.retain(&[false, true]);
            for (at, value) in [(2, key), (3, y)] {
                batch.columns[at].clear();
                batch.columns[at].push(Value::I64(value));
            }
            let done = bounded.process(&batch);
            let answer =
                done.columns.iter().map(|column| format!("{:?}", column.value(0))).collect::<Vec<_>>();
            (answer, bounded.desk.account().keys_gone)
        };
        let first = one(1, 10).0;
        let second = one(1, 20).0;
        let answers = if operator == "kmeans" { 4 } else { 3 };
        assert_ne!(first[answers..], second[answers..]);
        one(2, 10);
        assert_eq!(one(1, 30).1, 0);
        assert_eq!(one(3, 10).1, 1, "2 goes, which was touched before 1");
        assert_ne!(one(1, 30).0[answers..], first[answers..], "1 is still there");
        assert_eq!(one(2, 10).1, 2);
        assert_eq!(one(3, 10).1, 3);
        assert_eq!(one(1, 10), (first, 4), "1 has gone and begins anew");
    }
}

#[test]
fn what_per_cannot_be_is_told_at_its_place() {
    let table = [
        ("per = \"c\"", &["per"][..], "there is no column \"c\""),
        ("per = [\"a\", \"c\"]", &["per", "1"], "there is no column \"c\""),
        ("per = [\"a\", \"a\"]", &["per", "1"], "\"a\" is named twice"),
        ("per = []", &["per"], "no column is named"),
        (
            "per = \"a\"\nkeys_max = 0",
            &["keys_max"],
            "\"keys_max\" must be a whole number from 1 to 1000000000, not 0",
        ),
        ("keys_max = 5", &["keys_max"], "there is no per whose keys it could bound"),
        ("per = \"y\"", &[], "\"y\" is a column of per, which no record of a key differs in"),
        ("per = 3", &["per"], "\"per\" must be a text or a list of texts, not 3"),
    ];
    for (operator, params) in OPERATORS {
        for (more, path, what) in table {
            let problems = plan(operator, &format!("{params}\n{more}")).err().unwrap();
            let told = |problem: &&Problem| {
                problem.what.contains(what)
                    && problem.path.starts_with(&path.iter().map(|key| key.to_string()).collect::<Vec<_>>())
            };
            assert!(problems.iter().any(|problem| told(&problem)), "{operator}, {more}: {problems:?}");
        }
    }
    let planned = plan("kmeans", "k = 2\nper = \"b\"").unwrap_or_else(|problems| panic!("{problems:?}"));
    let report =
        "b i64, cluster i64, size i64, ssq f64, x f64, y f64, weight f64, revived i64, silhouette f64";
    assert_eq!(planned.report.unwrap().to_string(), report);
}

#[test]
fn a_state_of_other_keys_is_refused() {
    for (operator, params) in OPERATORS {
        let mut work = Work::new(operator, &format!("{params}\nper = \"b\""));
        work.process(&rows(300));
        let mut state = Vec::new();
        work.operator.save(&mut Saver::new(&mut state)).unwrap();
        for (other, fits) in [
            ("per = \"b\"", true),
            ("per = \"b\"\nkeys_max = 2", true),
            ("per = \"b\"\nkeys_max = 1", false),
            ("per = \"a\"", false),
            ("per = [\"b\", \"a\"]", false),
            ("", false),
        ] {
            let mut other_one = Work::new(operator, &format!("{params}\n{other}"));
            assert_eq!(
                other_one.operator.load(&mut Loader::new(&state)).is_ok(),
                fits,
                "{operator}, {other}"
            );
        }
    }
}
