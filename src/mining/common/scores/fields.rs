//! The columns in which scores are reported, and the values in them.

use super::Scores;
use super::counts::above;
use crate::data::{Column, Type, Value};

/// One row: what a report says of all records that were scored.
pub(in crate::mining) const FIELDS: [(&str, Type); 26] = [
    ("n", Type::I64),
    ("unanswered", Type::I64),
    ("accuracy", Type::F64),
    ("kappa", Type::F64),
    ("kappa_t", Type::F64),
    ("kappa_m", Type::F64),
    ("macro_precision", Type::F64),
    ("macro_recall", Type::F64),
    ("macro_f1", Type::F64),
    ("g_mean", Type::F64),
    ("log_loss", Type::F64),
    ("auc", Type::F64),
    ("calibration_error", Type::F64),
    ("majority_accuracy", Type::F64),
    ("no_change_accuracy", Type::F64),
    ("window_n", Type::I64),
    ("window_accuracy", Type::F64),
    ("window_kappa", Type::F64),
    ("window_kappa_t", Type::F64),
    ("window_kappa_m", Type::F64),
    ("window_macro_f1", Type::F64),
    ("window_g_mean", Type::F64),
    ("window_majority_accuracy", Type::F64),
    ("window_no_change_accuracy", Type::F64),
    ("fading_accuracy", Type::F64),
    ("fading_kappa", Type::F64),
];

/// A row for each class, behind the class itself.
pub(in crate::mining) const BY_CLASS: [(&str, Type); 5] = [
    ("n", Type::I64),
    ("answered", Type::I64),
    ("precision", Type::F64),
    ("recall", Type::F64),
    ("f1", Type::F64),
];

/// Whether a report of scores may have a column of this name; the stage adds `set` and `worker`.
pub(in crate::mining) fn is_told(name: &str) -> bool {
    let scores = FIELDS.iter().chain(&BY_CLASS).any(|(score, _)| *score == name);
    scores || ["class", "beyond", "set", "worker"].contains(&name)
}

impl Scores {
    /// Adds a row to columns as `FIELDS` has them. A score that is not defined yet is NULL.
    pub(in crate::mining) fn write(&self, columns: &mut [Column]) {
        let scored = (self.n - self.unanswered) as f64;
        let baselines = [self.majority_hits as f64 / scored, self.no_change_hits as f64 / scored];
        let recent = self.recent.counts();
        let recent_baselines = self.recent.baselines();
        let kappas = |accuracy, [majority, no_change]: [f64; 2]| {
            [above(accuracy, no_change), above(accuracy, majority)]
        };
        let whole = |n: u64| Value::I64(n as i64);
        let mut row: Vec<Value<'_>> = vec![whole(self.n), whole(self.unanswered)];
        let mut scores = |all: &[f64]| row.extend(all.iter().map(|x| number(*x)));
        scores(&[self.all.accuracy(), self.all.kappa()]);
        scores(&kappas(self.all.accuracy(), baselines));
        scores(&self.all.macros());
        scores(&[self.all.g_mean(), self.log_loss / self.shared as f64, self.recent.auc()]);
        scores(&[self.calibration_error()]);
        scores(&baselines);
        row.push(whole(self.recent.len() as u64));
        let mut scores = |all: &[f64]| row.extend(all.iter().map(|x| number(*x)));
        scores(&[recent.accuracy(), recent.kappa()]);
        scores(&kappas(recent.accuracy(), recent_baselines));
        scores(&[recent.macros()[2], recent.g_mean()]);
        scores(&recent_baselines);
        scores(&[self.fading.accuracy(), self.fading.kappa()]);
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
}

/// Adds a row for each class to columns as `BY_CLASS` has them; `first` is called before each, with its number.
pub(in crate::mining) fn write_classes(scores: &Scores, columns: &mut [Column], mut first: impl FnMut(u32)) {
    for (at, class) in scores.all.classes.iter().enumerate() {
        first(at as u32);
        let row = [
            Value::I64(class.labels as i64),
            Value::I64(class.answers as i64),
            number(class.precision()),
            number(class.recall()),
            number(class.f1()),
        ];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
}

fn number<'a>(x: f64) -> Value<'a> {
    if x.is_finite() { Value::F64(x) } else { Value::Null }
}
