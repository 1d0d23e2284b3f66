//! Anomaly scores against other people's results, and what they must stand.

use crate::shared::shared;
use sluicebox::data::{Batch, Schema, Type, Value, Values};
use sluicebox::operator::{Account, Cx, Input, Operator, Planned};
use sluicebox::registry;

struct Scorer {
    operator: Box<dyn Operator>,
    schema: Schema,
    report: Schema,
    cx: Cx,
}

impl Scorer {
    fn new(operator: &str, params: &str, dims: usize) -> Scorer {
        let (_, spec) = registry::find(operator, false).unwrap();
        let schema =
            (0..dims).fold(Schema::default(), |schema, dim| schema.with(&format!("x{dim}"), Type::F64));
        let inputs = [Input::new("input", schema.clone())];
        let Planned { make, report, .. } = (spec.plan)(params.parse().unwrap(), &inputs).ok().unwrap();
        let cx = Cx::new("run", "stage", Account::default());
        Scorer { operator: make(), schema, report: report.unwrap(), cx }
    }

    /// The score of each row; NaN where it is NULL.
    fn score(&mut self, rows: &[Vec<f64>]) -> Vec<f64> {
        let mut scores = Vec::new();
        let mut batch = Batch::new(&self.schema);
        for chunk in rows.chunks(512) {
            batch.reset(&self.schema);
            for row in chunk {
                batch.id.push(0);
                batch.born_ns.push(0);
                batch.columns.iter_mut().zip(row).for_each(|(column, x)| column.push(Value::F64(*x)));
            }
            self.operator.process(&mut batch, &mut self.cx).unwrap();
            let column = batch.columns.last().unwrap();
            let score = |row| match column.value(row) {
                Value::F64(x) => x,
                Value::Null => f64::NAN,
                other => panic!("{other:?}"),
            };
            scores.extend((0..chunk.len()).map(score));
        }
        scores
    }

    fn report(&mut self) -> Batch {
        let mut report = Batch::new(&self.report);
        self.operator.report(&mut report, &mut self.cx).unwrap();
        report
    }
}

/// The share of pairs of a stranger and another in which the stranger has the greater score; a tie counts half.
fn auc(scores: &[f64], strange: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let strangers = tied.iter().filter(|at| strange[**at]).count() as f64;
        let others = tied.len() as f64 - strangers;
        pairs += strangers * (below + others / 2.0);
        below += others;
    }
    pairs / (below * (scores.len() as f64 - below))
}

#[test]
fn half_space_trees_tell_strangers_as_well_as_rivers() {
    let (Some(data), Some(references)) =
        (shared("data/shuttle_anomaly.csv"), shared("references/anomaly_dev.csv"))
    else {
        return;
    };
    let mut reader = csv::Reader::from_path(data).unwrap();
    let (mut rows, mut strange) = (Vec::new(), Vec::new());
    for record in reader.records().map(Result::unwrap) {
        let mut row: Vec<f64> = record.iter().map(|x| x.parse().unwrap()).collect();
        strange.push(row.pop() == Some(1.0));
        rows.push(row);
    }
    let mut reader = csv::Reader::from_path(references).unwrap();
    let rivals = reader.records().map(Result::unwrap);
    let mut usual = rivals.filter(|row| &row[0] == "shuttle" && row[2].starts_with("defaults 10x8"));
    let river: f64 = usual.next().unwrap()[5].parse().unwrap();
    let mut mean = 0.0;
    for seed in 1..=10 {
        let scores = Scorer::new("half_space_trees", &format!("seed = {seed}"), 9).score(&rows);
        let auc = auc(&scores, &strange);
        println!("seed {seed}: {auc:.4}");
        mean += auc / 10.0;
    }
    println!("mean {mean:.4}, River {river:.4}");
    assert!(mean >= river - 0.02, "{mean} is less than {river} - 0.02");
}

#[test]
fn scores_are_bounded_and_strangers_are_stranger() {
    let heap = |i: i32, by: i32, of: i32| (f64::from(i * by % of) / f64::from(of) - 0.5).powi(3);
    let mut rows: Vec<Vec<f64>> = (0..2000).map(|i| vec![heap(i, 37, 101), heap(i, 53, 97)]).collect();
    rows.push(vec![1e6, -1e6]);
    rows.push(vec![0.0, 0.0]);
    for (operator, most) in [("half_space_trees", 1.0), ("robust_zscore", 1e6)] {
        let scores = Scorer::new(operator, "", 2).score(&rows);
        assert!(scores.iter().all(|score| (0.0..=most).contains(score)), "{operator}");
        let as_strange = |score: f64| scores[1000..2000].iter().filter(|other| **other >= score).count();
        assert!(as_strange(scores[2000]) < 20, "{operator}: {} are as strange", as_strange(scores[2000]));
        // Limits that have grown so far change what trees see, until a window is full.
        let usual = operator == "half_space_trees" || as_strange(scores[2001]) > 500;
        assert!(usual, "{operator}: after a stranger {} are as strange", as_strange(scores[2001]));
    }
}

#[test]
fn a_robust_score_is_that_of_all_values_before_while_there_are_few() {
    let values: Vec<f64> = (0..256).map(|i: i32| f64::from(i * 61 % 257) * 0.5).collect();
    let rows: Vec<Vec<f64>> = values.iter().map(|x| vec![*x]).collect();
    let scores = Scorer::new("robust_zscore", "", 1).score(&rows);
    let median = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        (of[(of.len() - 1) / 2] + of[of.len() / 2]) / 2.0
    };
    // Medians are taken anew with each value until there are 256.
    for (at, score) in scores.iter().enumerate().skip(3) {
        let middle = median(values[..at].to_vec());
        let mad = median(values[..at].iter().map(|x| (x - middle).abs()).collect());
        let expected = (values[at] - middle).abs() / (1.482_602_218_505_602 * mad);
        assert!((score - expected).abs() < 1e-9, "value {at}: {score} is not {expected}");
    }
}

#[test]
fn a_window_forgets_what_was_usual() {
    let usual = (0..5000).map(|i| vec![f64::from(i % 10)]);
    let rows: Vec<Vec<f64>> = usual.chain((0..2000).map(|i| vec![1000.0 + f64::from(i % 10)])).collect();
    let end = |params: &str| Scorer::new("robust_zscore", params, 1).score(&rows)[6999];
    assert!(end("") > 100.0, "all of them count: {}", end(""));
    assert!(end("window = 1000") < 3.0, "{}", end("window = 1000"));
    let mut scorer = Scorer::new("robust_zscore", "window = 1000", 1);
    scorer.score(&rows);
    let report = scorer.report();
    let Values::F64(medians) = &report.columns[2].values else { panic!("a median is f64") };
    assert!((1004.0..1006.0).contains(&medians[0]), "{medians:?}");
}

#[test]
fn values_that_are_one_have_no_strangers_but_others() {
    let mut rows = vec![vec![7.0]; 300];
    rows.push(vec![7.5]);
    rows.push(vec![7.0]);
    rows.push(vec![f64::NAN]);
    let scores = Scorer::new("robust_zscore", "", 1).score(&rows);
    assert!(scores[..300].iter().all(|score| *score == 0.0));
    assert_eq!((scores[300], scores[301]), (1e6, 0.0));
    assert!(scores[302].is_nan(), "NULL for what can't be learned");
}
