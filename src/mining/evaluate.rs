//! Scores predictions against labels, whoever made them: accuracy, Kappa and more, beside those that learn nothing.
//!
//! ```toml
//! operator = "evaluate"
//! label = "size"                # what records turned out to be: str, bool or i64
//! prediction = "guess"          # of the same type (default "predicted")
//! probability = "sure"          # how likely the prediction is, if somebody says so
//! # per = "site"                # scores for each value of a column, or of several
//! ```
//!
//! | size str (in) | guess str (in) | sure f64 (in) | size str (out) | guess str (out) | sure f64 (out) |
//! |---|---|---|---|---|---|
//! | low high low NULL high | NULL low low high high | NULL 0.8 0.5 0.5 0.75 | low high low NULL high | NULL low low high high | NULL 0.8 0.5 0.5 0.75 |
//!
//! Records pass as they came. One without a label is not scored; one with a label and no prediction counts as
//! `unanswered`, and is in no other score.
//!
//! ```toml
//! operator = "evaluate"
//! label = "size"
//! per = ["site"]
//! keys_max = 1000
//! ```
//!
//! | site str (in) | size i64 (in) | predicted i64 (in) | site str (out) | size i64 (out) | predicted i64 (out) |
//! |---|---|---|---|---|---|
//! | a a b | 1 1 2 | 1 2 2 | a a b | 1 1 2 | 1 2 2 |
//!
//! The report has a row, with `per` one for each key:
//!
//! | column | is |
//! |---|---|
//! | `n` `unanswered` | records with a label, and those of them without a prediction |
//! | `accuracy` `kappa` | the share that was right; how far above chance that is (Cohen 1960) |
//! | `kappa_t` `kappa_m` | how far above no change, and above always the commonest class |
//! | `macro_precision` `macro_recall` `macro_f1` | means over the classes that came up |
//! | `g_mean` | the geometric mean of the classes' recalls |
//! | `log_loss` | the mean of -ln of the probability of what came true |
//! | `auc` | the area under the ROC curve of each class against the others, of the newest `window` records; up to ten classes |
//! | `calibration_error` | how far probabilities lie from how often they come true, in ten bins, on average |
//! | `majority_accuracy` `no_change_accuracy` | of those that learn nothing: the commonest class so far, the newest label |
//! | `window_…` | the same of the newest `window` records |
//! | `fading_…` | the same with a record counting `fading` times as much when one more has come |
//! | `beyond` | records of a class beyond the bound, which are not scored |
//!
//! With `report = "classes"` it has a row for each class instead: `class`, `n` (how often it was the label), `answered`
//! (how often it was predicted), `precision`, `recall`, `f1`.
//!
//! A score that is not defined is NULL: all before a prediction was scored, a kappa where there is nothing to be
//! above. With `probability` only that of the prediction is known: with two classes the other has the rest (also before
//! it came up), with more all others share it evenly, and there is no `auc`.
//!
//! With `per` each key is scored as if the others were not there, and the report begins with its columns. Memory, for
//! each key: 60 bytes a class, at most `classes_max` of them, and 28 for each of the newest `window` records. A record
//! costs the same however many came before.
//!
//! Gama, Sebastião & Rodrigues 2013, On evaluating stream learning algorithms, Machine Learning 90:317 (prequential,
//! fading); Žliobaitė et al. 2015, Evaluation methods and decision theory for classification of streaming data with
//! temporal dependence, Machine Learning 98:455 (kappa_t).

use super::common::{
    Answer, BEYOND, BY_CLASS, Codes, FIELDS, Scores, Scoring, Told, bytes_of, is_told, label, push_class,
    told_twice, write_classes,
};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value};
use crate::error::{Error, Result};
use crate::operator::{
    Cx, Input, Next, Operator, Per, PlanResult, Planned, Shows, Spec, States, numeric, only,
};
use crate::params::{self, Problem};
use given::Params;
use serde::{Deserialize, Serialize};

mod given;
#[cfg(test)]
mod tests;

pub(super) const OPERATOR: Spec = Spec::new(
    "evaluate",
    "scores predictions against labels, beside those that learn nothing",
    include_str!("evaluate.rs"),
    plan,
)
.parameters::<Params>()
.called(&["evaluation", "metrics", "metric", "score", "accuracy", "kappa", "confusion", "prequential"])
.keyed("per")
.leaves(|_, inputs| Some(only(inputs).clone()))
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

const STATE_VERSION: u16 = 1;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let keys = Per::check(params.per.as_ref(), params.keys_max, schema, &mut problems);
    told_twice(keys.as_ref(), is_told, &mut problems);
    let mut found =
        |at: std::result::Result<usize, Problem>| at.map_err(|problem| problems.push(problem)).ok();
    let truth = found(label(schema, "label", &params.label));
    let answer = found(label(schema, "prediction", &params.prediction));
    let share = params.probability.as_ref().and_then(|name| found(numeric(schema, "probability", name)));
    if let (Some(truth), Some(answer)) = (truth, answer) {
        let (ours, theirs) = (&schema.fields[truth], &schema.fields[answer]);
        if ours.of != theirs.of {
            let what = format!("\"{}\" is {} and the label is {}: cast one", theirs.name, theirs.of, ours.of);
            problems.push(Problem::at("prediction", what));
        }
    }
    let (Some(truth), Some(answer), true) = (truth, answer, problems.is_empty()) else {
        return Err(problems);
    };
    let of = schema.fields[truth].of;
    let key = keys.as_ref().map_or(Vec::new(), |keys| keys.columns.clone());
    let report = Schema { fields: keys.iter().flat_map(|keys| keys.fields.clone()).collect() };
    let all = FIELDS.iter().chain(&[BEYOND_FIELD]);
    let report = match params.report {
        Told::Scores => all.fold(report, |report, (name, of)| report.with(name, *of)),
        Told::Classes => {
            BY_CLASS.iter().fold(report.with("class", of), |report, (name, of)| report.with(name, *of))
        }
    };
    let how = Scoring { window: params.window, fading: params.fading };
    let scored = Scored { classes: Codes::default(), scores: Scores::new(how), beyond: 0 };
    let evaluate = Evaluate {
        output: schema.clone(),
        name: vec![format!("{} {} {of}", params.label, params.prediction)],
        columns: [truth, answer],
        share,
        classes_max: params.classes_max,
        how,
        told: params.report,
        states: States::new(keys, scored),
        shares: Vec::new(),
    };
    let planned = Planned::new(schema.clone(), move || evaluate.clone());
    Ok(Planned { stateful: true, per: key, report: Some(report), ..planned })
}

const BEYOND_FIELD: (&str, Type) = ("beyond", Type::I64);

/// What is kept, once or for each key.
#[derive(Clone, Serialize, Deserialize)]
struct Scored {
    classes: Codes,
    scores: Scores,
    /// Records of a class beyond the bound.
    beyond: u64,
}

#[derive(Clone)]
struct Evaluate {
    output: Schema,
    name: Vec<String>,
    /// The label and the prediction, and how likely that is.
    columns: [usize; 2],
    share: Option<usize>,
    classes_max: usize,
    how: Scoring,
    told: Told,
    states: States<Scored>,
    shares: Vec<f64>,
}

impl Scored {
    fn learn(
        &mut self,
        truth: &[u8],
        answer: Option<&[u8]>,
        share: Option<f64>,
        most: usize,
        shares: &mut Vec<f64>,
    ) {
        let class = self.classes.code(truth, most);
        let predicted = answer.map(|answer| self.classes.code(answer, most));
        if class == BEYOND || predicted == Some(BEYOND) {
            self.beyond += 1;
            return;
        }
        shares.clear();
        if let (Some(predicted), Some(share)) = (predicted, share) {
            // As long as one class is known, the other that will come has the rest.
            let others = self.classes.len().max(2) - 1;
            shares.resize(others + 1, (1.0 - share) / others as f64);
            shares[predicted as usize] = share;
        }
        let (ranked, baselines) = (self.classes.len() <= 2, self.scores.baselines());
        self.scores.learn(class, Answer { predicted, shares, ranked, baselines });
    }
}

impl Evaluate {
    fn tell(scored: &Scored, told: Told, rest: &mut [Column], key: &mut dyn FnMut()) {
        if told == Told::Classes {
            let (class, rest) = rest.split_first_mut().expect("a row names its class");
            return write_classes(&scored.scores, rest, |code| {
                key();
                push_class(class, scored.classes.bytes(code));
            });
        }
        key();
        let (beyond, rest) = rest.split_last_mut().expect("it ends with what is beyond");
        scored.scores.write(rest);
        beyond.push(Value::I64(scored.beyond as i64));
    }
}

impl Operator for Evaluate {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Evaluate { columns: [truth, answer], share, classes_max, states, shares, .. } = self;
        let gone = states.begin(cx);
        for row in 0..batch.len() {
            let scored = states.state(batch, row);
            let (mut ours, mut theirs) = ([0; 8], [0; 8]);
            let Some(truth) = bytes_of(&batch.columns[*truth], row, &mut ours) else { continue };
            let answer = bytes_of(&batch.columns[*answer], row, &mut theirs);
            let share = share.and_then(|at| batch.columns[at].number(row)).filter(|share| !share.is_nan());
            let share = share.map(|share| share.clamp(0.0, 1.0));
            scored.learn(truth, answer, share, *classes_max, shares);
        }
        states.tell_gone(gone, cx);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let told = self.told;
        Ok(self.states.report(out, cx, |scored, columns, key| Evaluate::tell(scored, told, columns, key)))
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.name, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let Evaluate { states, name, classes_max, how, .. } = self;
        let fits =
            |scored: &Scored| scored.classes.fits(*classes_max) && scored.scores.fits(*how, *classes_max);
        if states.load(STATE_VERSION, name, from, fits)? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other columns, keys or parameters than the topology says, which scores {} (start without \
             it)",
            name.join(", ")
        )))
    }
}
