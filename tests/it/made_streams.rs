//! Made-up streams against MOA 24.07: the same records of the same seeds.
//!
//! The table is of files that MOA's `WriteStreamToARFFFile` wrote. Of each: how many records, all numbers by their
//! place summed up, and all texts as one number.

use crate::source::{Source, problems};
use sluicebox::data::{Type, Value};
use sluicebox::operator::{Account, Next};

type Told = (&'static str, &'static str, u64, f64, u64);

const TOLD: [Told; 20] = [
    ("sea", "function = 2\nseed = 7", 2000, 1499154.9726724892, 44943785),
    ("sea", "function = 4\nseed = 5\nbalance = true", 2000, 1467549.928165613, 380159706),
    ("sea", "drift_at = [1000]\ndrift_to = [3]\ndrift_width = 200", 2000, 1512224.194985854, 494884044),
    ("agrawal", "function = 3\nseed = 7", 2000, 48020692713.938416, 796184056),
    ("agrawal", "function = 1\nseed = 3", 500, 11682085611.588905, 942329478),
    ("agrawal", "function = 2\nseed = 3", 500, 11682085611.588905, 853096035),
    ("agrawal", "function = 4\nseed = 3", 500, 11682085611.588905, 280524359),
    ("agrawal", "function = 5\nseed = 3", 500, 11682085611.588905, 940246364),
    ("agrawal", "function = 6\nseed = 3", 500, 11682085611.588905, 376656697),
    ("agrawal", "function = 7\nseed = 3", 500, 11682085611.588905, 454576213),
    ("agrawal", "function = 8\nseed = 3", 500, 11682085611.588905, 571283489),
    ("agrawal", "function = 9\nseed = 3", 500, 11682085611.588905, 783213150),
    ("agrawal", "function = 10\nseed = 3", 500, 11682085611.588905, 862875365),
    (
        "agrawal",
        "drift_at = [500, 1000]\ndrift_to = [2, 7]\ndrift_width = 50",
        1500,
        36691806617.17388,
        131268150,
    ),
    (
        "rbf",
        "model_seed = 3\nseed = 7\nchange = 0.001\ndrift_centroids = 20\nclasses = 3",
        2000,
        562610.2174168718,
        305413862,
    ),
    (
        "rbf",
        "attributes = 2\nclasses = 3\ncentroids = 20\nmodel_seed = 3\nseed = 7\nchange = 0.001\ndrift_centroids = 20",
        20000,
        1025111.6767644293,
        853993532,
    ),
    ("hyperplane", "seed = 7\nchange = 0.001\ndrift_attributes = 3", 2000, 500155.61584277643, 884387770),
    (
        "hyperplane",
        "attributes = 2\ndrift_attributes = 1\nchange = 0.001\nseed = 7",
        20000,
        1000798.4288908324,
        122126189,
    ),
    ("led", "swapped = 3\nseed = 7", 2000, 0.0, 740371590),
    ("led", "irrelevant = false\nseed = 7", 2000, 0.0, 254120736),
];

/// The sums of all records of a stream.
fn sums(operator: &str, params: &str) -> (f64, u64) {
    let mut source = Source::new(operator, params);
    let (mut sum, mut texts, mut row) = (0.0, 0u64, 0u64);
    while source.step().unwrap() != Next::End {
        for at in 0..source.batch.len() {
            row += 1;
            for (column, values) in source.batch.columns.iter().enumerate() {
                let place = (row * (column as u64 + 1) % 101) as f64;
                match values.value(at) {
                    Value::F64(x) => sum += x * place,
                    Value::I64(x) => sum += x as f64 * place,
                    Value::Str(text) => {
                        texts = text
                            .bytes()
                            .fold(texts, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    (sum, texts)
}

#[test]
fn the_same_seed_makes_the_records_of_moa() {
    for (operator, params, count, sum, texts) in TOLD {
        let (ours, our_texts) = sums(operator, &format!("{params}\ncount = {count}"));
        assert_eq!(our_texts, texts, "{operator} {params}");
        assert!((ours - sum).abs() <= 1e-9 * sum.abs(), "{operator} {params}: {ours} is not {sum}");
    }
}

#[test]
fn a_drift_comes_at_the_record_that_was_chosen() {
    for (operator, params) in [
        ("sea", "function = 4"),
        ("agrawal", "balance = true"),
        ("rbf", "change = 0.01"),
        ("hyperplane", "change = 0.01"),
        ("led", ""),
    ] {
        let params = format!("{params}\ncount = 600\nconcept = true\ndrift_at = [200, 450]");
        let rows = Source::new(operator, &params).run().unwrap().rows;
        let concepts: Vec<&str> = rows.iter().map(|row| row.last().unwrap().as_str()).collect();
        let expected = |at: usize| {
            if at < 200 {
                "0"
            } else if at < 450 {
                "1"
            } else {
                "2"
            }
        };
        assert!((0..600).all(|at| concepts[at] == expected(at)), "{operator}: {concepts:?}");
    }
    let wide = "count = 4000\nconcept = true\ndrift_at = [2000]\ndrift_width = 1000";
    let rows = Source::new("sea", wide).run().unwrap().rows;
    let behind = |from: usize, to: usize| rows[from..to].iter().filter(|row| row[4] == "1").count();
    assert!(behind(0, 1000) < 30 && behind(3000, 4000) > 970);
    assert!((350..650).contains(&behind(1500, 2500)), "{}", behind(1500, 2500));
}

#[test]
fn a_restart_goes_on_exactly() {
    for (operator, params) in [
        ("sea", "balance = true"),
        ("agrawal", "balance = true"),
        ("rbf", "change = 0.01"),
        ("hyperplane", "change = 0.01"),
        ("led", ""),
    ] {
        let params = format!("{params}\ncount = 700\nseed = 5\ndrift_at = [100, 300]\ndrift_width = 80");
        let whole = Source::new(operator, &params).run().unwrap();
        let (mut rows, mut account) = (Vec::new(), Account::default());
        for crash in 0.. {
            let mut source = Source::resumed(operator, &params, account.clone());
            source.desk.cx().records_max = 1 + crash % 17;
            let ended = (0..3).any(|_| source.step().unwrap() == Next::End);
            rows.append(&mut source.rows);
            account = source.desk.account_mut().clone();
            if ended {
                break;
            }
        }
        assert!(rows == whole.rows, "{operator}");
    }
}

#[test]
fn what_drifts_must_be_there() {
    let told = |params: &str| problems("sea", params).join("; ");
    assert!(told("drift_at = [5, 5]").contains("later record"));
    assert!(told("drift_at = [5]\ndrift_to = [1, 2]").contains("one for each of the 1 drifts"));
    assert!(told("drift_at = [5]\ndrift_to = [9]").contains("must be from 1 to 4, not 9"));
    assert!(told("function = 5").contains("from 1 to 4"));
    assert!(problems("led", "irrelevant = false\ndrift_at = [7]").join("").contains("irrelevant = true"));
    let huge = "attributes = 1000\ncentroids = 5000\ndrift_at = [1, 2]";
    assert!(problems("rbf", huge).join("").contains("15000000 coordinates"));
    let far = format!("drift_at = {:?}", (0..101).collect::<Vec<_>>());
    assert!(problems("led", &far).join("").contains("100 drifts are the most"));
    let many =
        format!("attributes = 1000\ndrift_attributes = 1000\ndrift_at = {:?}", (1..20).collect::<Vec<_>>());
    assert!(problems("hyperplane", &many).join("").contains("fewer drifts or attributes"));
    let schema = Source::new("agrawal", "count = 1\nconcept = true").schema;
    assert_eq!(schema.fields.last().unwrap().of, Type::I64);
}
