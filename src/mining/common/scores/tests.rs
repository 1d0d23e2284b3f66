//! Scores against those of a hand, and against what River says of the same answers.

use super::*;
use crate::data::{Column, Value};

fn scores(window: usize) -> Scores {
    Scores::new(Scoring { window, fading: 0.99 })
}

/// What a report says, by name; NULL is not a number.
fn told(scores: &Scores, name: &str) -> f64 {
    let mut columns: Vec<Column> = FIELDS.iter().map(|(_, of)| Column::new(*of)).collect();
    scores.write(&mut columns);
    let at = FIELDS.iter().position(|(of, _)| *of == name).expect("there is such a score");
    match columns[at].value(0) {
        Value::F64(x) => x,
        Value::I64(n) => n as f64,
        _ => f64::NAN,
    }
}

fn near(scores: &Scores, expected: &[(&str, f64)]) {
    for (name, expected) in expected {
        let found = told(scores, name);
        assert!((found - expected).abs() < 1e-9, "{name} is {found}, not {expected}");
    }
}

/// Learns labels, answers and the probability of class 1, two classes.
fn fill(scores: &mut Scores, rows: &[(u32, u32, f64)]) {
    for (class, predicted, share) in rows {
        let baselines = scores.baselines();
        let shares = [1.0 - share, *share];
        scores
            .learn(*class, Answer { predicted: Some(*predicted), shares: &shares, ranked: true, baselines });
    }
}

const ROWS: [(u32, u32, f64); 10] = [
    (0, 0, 0.1),
    (0, 0, 0.4),
    (1, 1, 0.9),
    (1, 0, 0.35),
    (0, 1, 0.8),
    (1, 1, 0.8),
    (1, 1, 0.65),
    (0, 0, 0.05),
    (1, 0, 0.45),
    (1, 1, 0.55),
];

/// As River 0.26.1 has them: Accuracy, CohenKappa, MacroPrecision, MacroRecall, MacroF1, GeometricMean, LogLoss. By
/// hand: of the 24 pairs of a 1 and a 0, 18.5 are in order; what the baselines would have answered.
#[test]
fn scores_are_those_of_others() {
    let mut scores = scores(100);
    fill(&mut scores, &ROWS);
    near(
        &scores,
        &[
            ("n", 10.0),
            ("unanswered", 0.0),
            ("accuracy", 0.7),
            ("kappa", 0.4),
            ("macro_precision", 0.7),
            ("macro_recall", 0.708_333_333_333_333_3),
            ("macro_f1", 0.696_969_696_969_696_9),
            ("g_mean", 0.5f64.sqrt()),
            ("log_loss", 0.548_237_115_078_202_8),
            ("auc", 18.5 / 24.0),
            // 0 was the commonest class until the eighth record, and of the first there was none.
            ("majority_accuracy", 0.3),
            ("no_change_accuracy", 0.4),
            ("window_n", 10.0),
            ("window_accuracy", 0.7),
            ("window_kappa", 0.4),
        ],
    );
    near(&scores, &[("kappa_t", (0.7 - 0.4) / 0.6), ("kappa_m", (0.7 - 0.3) / 0.7)]);
}

#[test]
fn the_window_is_of_the_newest_and_what_fades_nearly_so() {
    let mut scores = scores(4);
    fill(&mut scores, &ROWS);
    let mut newest = self::scores(100);
    fill(&mut newest, &ROWS[6..]);
    for (window, all) in [("window_accuracy", "accuracy"), ("window_kappa", "kappa"), ("auc", "auc")] {
        assert_eq!(told(&scores, window), told(&newest, all), "{window}");
    }
    let (mut hits, mut n) = (0.0, 0.0);
    for (class, predicted, _) in ROWS {
        hits = hits * 0.99 + f64::from(u8::from(class == predicted));
        n = n * 0.99 + 1.0;
    }
    near(&scores, &[("fading_accuracy", hits / n), ("window_n", 4.0)]);
}

#[test]
fn what_fades_for_long_stays_a_number() {
    let mut scores = Scores::new(Scoring { window: 1, fading: 0.5 });
    for _ in 0..500 {
        fill(&mut scores, &ROWS);
    }
    let accuracy = told(&scores, "fading_accuracy");
    // The newest record counts half, and was right.
    assert!((0.5..1.0).contains(&accuracy), "{accuracy}");
    assert!(scores.weight <= WEIGHT_MOST);
}

#[test]
fn no_answer_is_counted_and_scored_nowhere() {
    let mut scores = scores(10);
    let none = Answer { predicted: None, shares: &[], ranked: true, baselines: Baselines::default() };
    scores.learn(0, none);
    assert!(told(&scores, "accuracy").is_nan() && told(&scores, "auc").is_nan());
    fill(&mut scores, &[(0, 0, 0.2)]);
    near(&scores, &[("n", 2.0), ("unanswered", 1.0), ("accuracy", 1.0), ("majority_accuracy", 1.0)]);
    // Always right by chance alone, and no better than no change: neither is defined.
    assert!(told(&scores, "kappa").is_nan() && told(&scores, "kappa_t").is_nan());
}

/// What is kept does not grow with the records, and a class that comes late fits in.
#[test]
fn many_answers_are_kept_in_no_more_than_the_newest() {
    let mut scores = scores(1000);
    for n in 0..100_000u32 {
        let classes = if n < 50_000 { 2 } else { 3 };
        let shares = [0.5, 0.3, 0.2];
        let baselines = scores.baselines();
        let answer = Answer { predicted: Some(n % 2), shares: &shares[..classes], ranked: true, baselines };
        scores.learn(n % classes as u32, answer);
    }
    let mut saved = Vec::new();
    crate::data::state::Saver::new(&mut saved).put(1, &scores).expect("it can be written");
    assert!(saved.len() < 40_000, "{} bytes", saved.len());
    near(&scores, &[("n", 100_000.0), ("window_n", 1000.0), ("auc", 0.5)]);
    assert!(scores.fits(scores.how, 3) && !scores.fits(scores.how, 2));
}

#[test]
fn probabilities_that_come_true_as_often_as_they_say_are_calibrated() {
    let mut scores = scores(10);
    for n in 0..1000u32 {
        let share = 0.05 + f64::from(n % 10) / 10.0;
        let comes = n / 10 % 20 < (share * 20.0).round() as u32;
        let predicted = u32::from(share > 0.5);
        fill(&mut scores, &[(u32::from(comes), predicted, share)]);
    }
    assert!(told(&scores, "calibration_error") < 1e-9, "{}", told(&scores, "calibration_error"));
    // Sure, and never right.
    let mut scores = self::scores(10);
    fill(&mut scores, &[(0, 1, 1.0), (0, 1, 1.0)]);
    near(&scores, &[("calibration_error", 1.0)]);
}
