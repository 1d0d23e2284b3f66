//! Drift detectors against River 0.26.1: on the same values, and against its published statistics.
//!
//! The tables are what River says of streams that `SplitMix64` makes: 4,000 values, the change at 2,000, seeds 0 to 59.

use crate::shared::shared;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::numeric::SplitMix64;
use sluicebox::operator::{Account, Cx, Input};
use sluicebox::registry;
use std::f64::consts::TAU;

const CHANGE: usize = 2000;
const SEEDS: u64 = 60;

type Make = fn(&mut SplitMix64, usize) -> f64;

fn unit(random: &mut SplitMix64) -> f64 {
    (random.draw() >> 11) as f64 / (1u64 << 53) as f64
}

fn flip(random: &mut SplitMix64, share: f64) -> f64 {
    f64::from(u8::from(unit(random) < share))
}

fn later(i: usize, then: f64) -> f64 {
    if i < CHANGE { 0.2 } else { then }
}

/// By the names of the published table.
const STREAMS: [(&str, Make); 6] = [
    ("bern .2 no change", |random, _| flip(random, 0.2)),
    ("bern .2->.3 abrupt", |random, i| flip(random, later(i, 0.3))),
    ("bern .2->.4 abrupt", |random, i| flip(random, later(i, 0.4))),
    ("bern .2->.8 abrupt", |random, i| flip(random, later(i, 0.8))),
    ("bern .2->.4 gradual 1000", |random, i| {
        flip(random, 0.2 + 0.2 * ((i as f64 - 2000.0) / 1000.0).clamp(0.0, 1.0))
    }),
    ("gauss mean .5->.6 sd .1 abrupt", |random, i| {
        let (u, v) = (unit(random), unit(random));
        (if i < CHANGE { 0.5 } else { 0.6 }) + 0.1 * (-2.0 * (1.0 - u).ln()).sqrt() * (TAU * v).cos()
    }),
];

/// All detections of a stream, and its report.
fn detect(operator: &str, params: &str, values: &[f64]) -> (Vec<usize>, Vec<[Value<'static>; 5]>) {
    let (_, spec) = registry::find(operator, false).unwrap();
    let schema = Schema::of(&[("x", Type::F64)]);
    let params = format!("field = \"x\"\n{params}").parse().unwrap();
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]).ok().unwrap();
    let (mut operator, mut cx) = ((planned.make)(), Cx::new("run", "stage", Account::default()));
    let (mut batch, mut found) = (Batch::new(&schema), Vec::new());
    for (n, chunk) in values.chunks(512).enumerate() {
        batch.reset(&schema);
        for x in chunk {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::F64(*x));
        }
        operator.process(&mut batch, &mut cx).unwrap();
        let drifts = (0..chunk.len()).filter(|row| batch.columns[1].value(*row) == Value::Bool(true));
        found.extend(drifts.map(|row| n * 512 + row));
    }
    let mut report = Batch::new(&planned.report.unwrap());
    operator.report(&mut report, &mut cx).unwrap();
    let row = |row: usize| {
        [0, 1, 2, 3, 4].map(|at: usize| match report.columns[at].value(row) {
            Value::I64(n) => Value::I64(n),
            Value::F64(x) => Value::F64(x),
            other => panic!("{other:?}"),
        })
    };
    (found, (0..report.columns[0].len()).map(row).collect())
}

/// Of 60 runs: detections, those before the change, runs that found it, and their delays.
struct Tally {
    all: usize,
    false_alarms: usize,
    delays: Vec<usize>,
}

fn tally(operator: &str, params: &str, make: Make) -> Tally {
    let mut tally = Tally { all: 0, false_alarms: 0, delays: Vec::new() };
    for seed in 0..SEEDS {
        let mut random = SplitMix64::new(seed);
        let values: Vec<f64> = (0..2 * CHANGE).map(|i| make(&mut random, i)).collect();
        let (found, _) = detect(operator, params, &values);
        tally.all += found.len();
        tally.false_alarms += found.iter().filter(|at| **at < CHANGE).count();
        tally.delays.extend(found.iter().find(|at| **at >= CHANGE).map(|at| at - CHANGE));
    }
    tally.delays.sort_unstable();
    tally
}

type Found = (usize, usize, usize, usize);

/// Of each stream: detections, false alarms, runs that found the change, the sum of their delays.
const TOLD: [(&str, &str, [Found; 6]); 4] = [
    (
        "adwin",
        "",
        [
            (0, 0, 0, 0),
            (60, 0, 60, 39204),
            (60, 0, 60, 9124),
            (60, 0, 60, 2820),
            (60, 0, 60, 44836),
            (60, 0, 60, 7428),
        ],
    ),
    (
        "adwin",
        "clock = 1",
        [
            (0, 0, 0, 0),
            (60, 0, 60, 37183),
            (60, 0, 60, 7832),
            (60, 0, 60, 1643),
            (60, 0, 60, 43528),
            (60, 0, 60, 6620),
        ],
    ),
    (
        "page_hinkley",
        "",
        [
            (1, 0, 1, 462),
            (60, 0, 60, 31117),
            (62, 0, 60, 13098),
            (60, 0, 60, 4120),
            (66, 0, 60, 41525),
            (60, 0, 60, 35971),
        ],
    ),
    (
        "ddm",
        "",
        [
            (31, 28, 3, 1819),
            (87, 28, 45, 27795),
            (97, 28, 58, 25877),
            (90, 28, 60, 7370),
            (100, 28, 52, 44529),
            (0, 0, 0, 0),
        ],
    ),
];

#[test]
fn each_detector_finds_what_river_finds_at_the_same_values() {
    for (operator, params, told) in TOLD {
        // DDM takes errors, and a Gauss curve is none.
        let streams = STREAMS.iter().zip(told).take(if operator == "ddm" { 5 } else { 6 });
        for ((name, make), told) in streams {
            let Tally { all, false_alarms, delays } = tally(operator, params, *make);
            let ours = (all, false_alarms, delays.len(), delays.iter().sum::<usize>());
            assert_eq!(ours, told, "{operator} {params} on {name}");
        }
    }
}

#[test]
fn page_hinkley_finds_what_river_finds_with_other_settings() {
    let mut random = SplitMix64::new(42);
    let coins: Vec<f64> = (0..9000).map(|i| flip(&mut random, [0.2, 0.4, 0.1][i / 3000])).collect();
    for (params, told) in [
        ("", vec![3207, 6117]),
        ("threshold = 20\nalpha = 0.999\nmode = \"up\"", vec![750, 2999, 4516, 8391]),
        ("threshold = 10\ndelta = 0.01\nmode = \"down\"\nmin_instances = 100", vec![1231, 6017, 7216]),
    ] {
        assert_eq!(detect("page_hinkley", params, &coins).0, told, "{params}");
    }
    for (params, told) in [
        ("", vec![3163, 3278]),
        ("warm_start = 100\nwarning_threshold = 1.5\ndrift_threshold = 2.5", vec![713, 3075, 3353]),
    ] {
        assert_eq!(detect("ddm", params, &coins).0, told, "{params}");
    }
}

/// The published median delay, in values; `None` where there was no change to find.
#[test]
fn adwin_is_no_later_than_the_published_median_and_raises_no_false_alarm() {
    let Some(path) = shared("references/drift.csv") else { return };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|head| head == name).unwrap();
    let (stream, config, median) = (at("stream"), at("config"), at("delay_median"));
    let mut compared = 0;
    for row in reader.records().map(Result::unwrap).filter(|row| &row[config] == "ADWIN delta=.002") {
        let make = STREAMS.iter().find(|(name, _)| *name == &row[stream]).unwrap().1;
        let Tally { all, false_alarms, delays } = tally("adwin", "", make);
        assert_eq!(false_alarms, 0, "{}", &row[stream]);
        match row[median].parse::<f64>() {
            Ok(published) => {
                let ours = delays[delays.len() / 2] as f64;
                println!("{}: median delay {ours}, published {published}", &row[stream]);
                assert!(
                    delays.len() == SEEDS as usize && ours <= published + 32.0,
                    "{}: {ours}",
                    &row[stream]
                );
            }
            // 240,000 values without a change.
            Err(_) => assert_eq!(all, 0, "{}", &row[stream]),
        }
        compared += 1;
    }
    assert_eq!(compared, 6, "all streams were published");
}

#[test]
fn the_report_says_when_it_changed_and_both_means() {
    let mut random = SplitMix64::new(3);
    let coins: Vec<f64> = (0..6000).map(|i| flip(&mut random, [0.2, 0.5][i / 3000])).collect();
    for (operator, near) in [("adwin", 100), ("page_hinkley", 400), ("ddm", 700)] {
        let (found, report) = detect(operator, "", &coins);
        let last = found.iter().rposition(|at| (3000..4000).contains(at)).unwrap();
        let [number, at, shown, before, after] = &report[last];
        assert_eq!(
            (number, shown),
            (&Value::I64(last as i64), &Value::I64(found[last] as i64)),
            "{operator}"
        );
        let (Value::I64(at), Value::F64(before), Value::F64(after)) = (at, before, after) else { panic!() };
        assert!((at - 3000).abs() <= near, "{operator}: {at}");
        assert!((before - 0.2).abs() < 0.06 && (after - 0.5).abs() < 0.2, "{operator}: {before} {after}");
    }
}

#[test]
fn a_range_changes_no_detection_and_means_are_in_the_columns_units() {
    let mut random = SplitMix64::new(42);
    let shares: Vec<f64> = (0..9000).map(|i| flip(&mut random, [0.2, 0.4, 0.1][i / 3000])).collect();
    let wide: Vec<f64> = shares.iter().map(|x| 500.0 * x - 100.0).collect();
    let (found, report) = detect("adwin", "", &shares);
    let (wide_found, wide_report) = detect("adwin", "range = [-100, 400]", &wide);
    assert_eq!(found, wide_found);
    for (one, wide) in report.iter().zip(&wide_report) {
        assert_eq!(one[..3], wide[..3]);
        for (one, wide) in one[3..].iter().zip(&wide[3..]) {
            let (Value::F64(one), Value::F64(wide)) = (one, wide) else { panic!() };
            assert!((500.0 * one - 100.0 - wide).abs() < 1e-9, "{one} {wide}");
        }
    }
    let small: Vec<f64> = shares.iter().map(|x| x / 500.0).collect();
    assert!(detect("adwin", "", &small).0.is_empty(), "without a range a change of them is too small");
}
