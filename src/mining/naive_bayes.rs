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
//! ```toml
//! operator = "naive_bayes"
//! label = "late"
//! features = ["x"]
//! key = "id"             # labels come later, by an inlet of their own: from = { records = "…", labels = "…" }
//! wait = { records = 2 } # default: 100000, and time = "7d" where there is event time
//! ```
//!
//! | id i64 (in records) | x f64 (in records) | id i64 (in labels) | late bool (in labels) | id i64 (out) | x f64 (out) | predicted bool (out) | probability f64 (out) | correct bool (out) | id i64 (out unlabelled) | predicted bool (out unlabelled) | id i64 (out late_labels) | late bool (out late_labels) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | 1 2 | 1 5 | 1 | true | 1 2 | 1 5 | NULL NULL | NULL NULL | NULL NULL | | | | |
//! | 3 4 | 1 2 | 9 4 | false true | 3 4 | 1 2 | true true | 1 1 | NULL NULL | 2 3 | NULL true | | |
//! | 9 | 3 | 7 | false | 9 | 3 | true | 1 | false | | | 7 | false |
//!
//! A label finds its record by `key` (`label_key`, where it is called otherwise among labels): then the answer of that
//! time is scored, beside what the baselines knew then, and the record is learned. Whichever comes first waits for the
//! other. A record that waits too long leaves a row by the port `unlabelled`, a label one by `late_labels`; so does
//! what still waits when all sources have ended (after a stop it waits on, for `run --resume`). Too long is:
//! `wait.records` others wait, or a record has come that is `wait.time` newer. Where `per` has forgotten the model
//! that answered, a record and the label that finds it leave by both ports: there is nothing to be learned by. NULL
//! is no key: such a record waits in vain, such a label is rejected (`no_key`), as is one that says nothing
//! (`no_label`). A second record, or label, under one key takes the place of the first. Labels are absorbed. With
//! several workers say `by` for each role, the key's columns: `by = { records = "id", labels = "id" }`; with `per`
//! they must decide it. The report says also how many wait (`waiting`), and how many waited in vain (`unlabelled`,
//! `late_labels`): with `per` of all keys of the worker together, in each row.
//!
//! `on_drift` watches the errors with ADWIN (delta 0.002): when answers go wrong more often than before, the model is
//! forgotten (`"reset"`; then `learn_max` counts anew) or it is only counted (`"report"`); the report has `drifts`,
//! and behind how many scored records the last one began (`drift_at`). A detector that stands before it can say so
//! instead: `drift` names its column, and where that is true the model is forgotten before the record is answered.
//!
//! ```toml
//! operator = "naive_bayes"
//! label = "late"
//! nominal = ["kind"]
//! on_drift = "reset"
//! drift = "drift"        # the column that adwin, ddm or page_hinkley adds, in a step or a stage before
//! ```
//!
//! | kind str (in) | drift bool (in) | late bool (in) | kind str (out) | drift bool (out) | late bool (out) | predicted bool (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | a a a a | false NULL true false | true true false false | a a a a | false NULL true false | true true false false | NULL true NULL false | NULL 1 NULL 1 | NULL true NULL true |
//!
//! Memory, for each key: 40 bytes a class and number, 8 bytes a class and nominal value, with their names, at most
//! `classes_max` and `values_max` of them; 16 bytes, and 4 a class, for each of the newest `window` records. All is
//! allocated as it comes, and saved in one piece; with `per` in pieces of some keys. One that waits takes 200 bytes,
//! and 8 a feature and class. A record costs a density a class and feature, however many came before.
//!
//! Chan, Golub & LeVeque 1983, Algorithms for computing the sample variance; as River's `GaussianNB` for numbers.

use super::common::{Lesson, PORTS, ROLES, planned};
use crate::operator::{Input, Inputs, PlanResult, Shows, Spec};
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
.reads(Inputs::Roles(ROLES))
.ports(PORTS)
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let lesson: Lesson = params::read(params)?;
    let mut problems = Vec::new();
    match lesson.check::<Bayes>("naive_bayes", inputs, &mut problems) {
        Some(given) => {
            let model = Bayes::new(given.features.len(), given.nominal.len());
            Ok(planned(given, model))
        }
        None => Err(problems),
    }
}
