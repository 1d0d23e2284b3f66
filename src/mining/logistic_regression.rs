//! Says what class a record is of, and learns it: logistic regression, by a step down the gradient for each record.
//!
//! ```toml
//! operator = "logistic_regression"
//! label = "size"          # str, bool or i64: what is to be foretold
//! features = ["x"]        # default: every numeric column but the label
//! # nominal = ["kind"]    # default: every str column but the label
//! # learning_rate = 0.01
//! # l2 = 0.0
//! ```
//!
//! | x f64 (in) | size str (in) | x f64 (out) | size str (out) | predicted str (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|
//! | 9 1 8 2 NULL 7 | high low high low low NULL | 9 1 8 2 NULL 7 | high low high low low NULL | NULL high high low NULL high | NULL 1 0.5009367176557407 0.5009516341578393 NULL 0.5017013302742299 | NULL false true true NULL NULL |
//!
//! Each record is answered first and learned then (prequential). `predicted` is the likeliest class, `probability` how
//! likely it is, `correct` whether it was right. They are NULL until a label was seen; a record without a label is
//! answered and not learned from. One with a feature that is NULL, not finite, or beyond 1e150 passes with NULL results
//! and is not learned from.
//!
//! Numbers are brought to one scale first (`scale`): how many standard deviations each lies from the mean of all that
//! were learned. What lies further than `clip` of them counts as `clip`, so one wild value moves no weight far. A
//! nominal value has a weight of its own. `l2` draws all weights but the bias towards 0, those of a nominal value when
//! it comes.
//!
//! Classes share the answer by a softmax; the step is `learning_rate` times the error times the record. With two
//! classes that is logistic regression with one row of weights, step for step as River's `StandardScaler |
//! LogisticRegression`.
//!
//! The report is that of `naive_bayes`: a row of scores, or one for each class. So are `per`, `keys_max`, `on_drift`,
//! labels that come later (`key`, `wait`), and what is kept of the newest records. Memory, for each key: 8 bytes a
//! class and number, 8 a class and nominal value. A record costs a product a class and feature, however many came
//! before. The state is saved in one piece; with `per` in pieces of some keys.
//!
//! Bottou 2010, Large-scale machine learning with stochastic gradient descent, COMPSTAT.

use super::common::{Lesson, PORTS, ROLES, planned};
use crate::operator::{Input, Inputs, PlanResult, Shows, Spec};
use crate::params::{self, JsonSchema, With};
use model::{Rules, Softmax};
use serde::Deserialize;

mod model;

pub(super) const OPERATOR: Spec = Spec::new(
    "logistic_regression",
    "learns to foretell a class: softmax regression, scaled as it goes",
    include_str!("logistic_regression.rs"),
    plan,
)
.parameters::<With<Params, Lesson>>()
.called(&["lr", "logistic", "log_reg", "softmax", "sgd", "sgd_classifier", "linear", "regression"])
.reads(Inputs::Roles(ROLES))
.ports(PORTS)
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How far a record moves the weights.
    #[serde(default = "hundredth")]
    #[schemars(range(min = 0.000001, max = 10.0))]
    learning_rate: f64,
    /// How strongly weights are drawn towards 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    l2: f64,
    /// A scaled number beyond this counts as this, up and down.
    #[serde(default = "hundred")]
    #[schemars(range(min = 0.1, max = 1000000.0))]
    clip: f64,
    /// Whether numbers are brought to one scale as they come.
    #[serde(default = "yes")]
    scale: bool,
}

fn hundredth() -> f64 {
    0.01
}

fn hundred() -> f64 {
    100.0
}

fn yes() -> bool {
    true
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared }: With<Params, Lesson> = params::read(params)?;
    let Params { learning_rate: rate, l2, clip, scale } = own;
    let mut problems = Vec::new();
    if rate * l2 >= 1.0 {
        let what =
            format!("learning_rate times l2 is {}, and weights would leap over 0: less than 1", rate * l2);
        problems.push(params::Problem::at("l2", what));
    }
    match shared.check::<Softmax>("logistic_regression", inputs, &mut problems) {
        Some(given) if problems.is_empty() => {
            let rules = Rules { rate, l2, clip, scale };
            let model = Softmax::new(rules, given.features.len(), given.nominal.len());
            Ok(planned(given, model))
        }
        _ => Err(problems),
    }
}
