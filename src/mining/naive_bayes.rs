//! Says what class a record is of, and learns it: naive Bayes, with a Gaussian a number and counts a name.
//!
//! ```toml
//! operator = "naive_bayes"
//! label = "size"        # str, bool or i64: what is to be foretold
//! features = ["x"]      # default: every numeric column but the label
//! # nominal = ["kind"]  # default: every str column but the label
//! # per = "site"        # a model for each value of a column, or of several
//! ```
//!
//! | x f64 (in) | size str (in) | x f64 (out) | size str (out) | predicted str (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|
//! | 0.1 0.9 0.2 0.8 0.15 NULL 0.7 | low high low high NULL low low | 0.1 0.9 0.2 0.8 0.15 NULL 0.7 | low high low high NULL low low | NULL low low low low NULL high | NULL 1 0.5 0.6666666666666663 0.9999999998746685 NULL 0.9999999887180259 | NULL false true false NULL NULL false |
//!
//! Each record is answered first and learned then (prequential). `predicted` is the likeliest class, `probability` how
//! likely it is, `correct` whether it was right. They are NULL until a label was seen; a record without a label is
//! answered and not learned from. One with a feature that is NULL, not finite, or beyond 1e150 passes with NULL results
//! and is not learned from.
//!
//! The density of a number is that of a Gaussian of what the class had so far, plus 1e-9: a value far from all that a
//! class has had rules it out no more than that. (Where numbers spread by more than 1 it is less by as much, so that no
//! unit of measure makes a number count for nothing.) A nominal value counts as if each value, and one that never came,
//! had come once more.
//!
//! The report has a row: `n` records that had a label, those of them that were `unanswered`, which are in no score;
//! `accuracy`, `kappa` (above chance), `kappa_t` (above no change), `kappa_m` (above the commonest class), means over
//! the classes `macro_precision`, `macro_recall`, `macro_f1`, `g_mean`, `log_loss`, `auc` (each class against the
//! others, of the newest `window` records, up to ten classes), `calibration_error` (how far a probability lies from
//! how often it comes true), and beside them `majority_accuracy` and `no_change_accuracy`: what always the commonest
//! class, and always the newest label, would have reached. `window_…` are about the newest records, in `fading_…`
//! older ones count less and less. Then come how many `classes` there are, and how many records were `learned`,
//! `incomplete` (a feature was NULL), or of a class `beyond` the bound. With `report = "classes"` it has a row for
//! each class: `class`, `n` (labels), `answered`, `precision`, `recall`, `f1`.
//!
//! ```toml
//! operator = "naive_bayes"
//! label = "late"
//! per = ["site"]
//! nominal = ["kind"]
//! probabilities = ["true"]
//! ```
//!
//! | site i64 (in) | kind str (in) | late bool (in) | site i64 (out) | kind str (out) | late bool (out) | predicted bool (out) | probability f64 (out) | correct bool (out) | probability_true f64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | 1 1 2 1 1 | a b b b c | true false false false NULL | 1 1 2 1 1 | a b b b c | true false false false NULL | NULL true NULL false false | NULL 1 NULL 0.6666666666666666 0.6153846153846154 | NULL false NULL true NULL | NULL 1 NULL 0.3333333333333333 0.38461538461538464 |
//!
//! With `per` each key learns as if the others were not there; NULL is a key too, and every record is a touch of its
//! key. When there are `keys_max` keys and one more comes, the one least recently touched goes, and begins anew if it
//! comes back. Several workers own their keys and share `keys_max`; without `per` each of them has a model of its own.
//!
//! Memory, for each key: 40 bytes a class and number, 8 bytes a class and nominal value, with their names, at most
//! `classes_max` and `values_max` of them; 16 bytes, and 4 a class, for each of the newest `window` records. All is
//! allocated as it comes, and saved in one piece; with `per` in pieces of some keys. A record costs a density a class
//! and feature, however many came before.
//!
//! Chan, Golub & LeVeque 1983, Algorithms for computing the sample variance; as River's `GaussianNB` for numbers.

use super::common::{Lesson, planned};
use crate::operator::{Input, PlanResult, Shows, Spec};
use crate::params;
use model::Bayes;

mod model;

pub(super) const OPERATOR: Spec = Spec::new(
    "naive_bayes",
    "learns to foretell a class: naive Bayes, with a Gaussian a number and counts a name",
    include_str!("naive_bayes.rs"),
    plan,
)
.parameters::<Lesson>()
.called(&["nb", "gaussian_nb", "gaussiannb", "bayes", "classify", "classifier", "predict"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let lesson: Lesson = params::read(params)?;
    let mut problems = Vec::new();
    match lesson.check("naive_bayes", inputs, &mut problems) {
        Some(given) => {
            let model = Bayes::new(given.features.len(), given.nominal.len());
            Ok(planned(given, model))
        }
        None => Err(problems),
    }
}
