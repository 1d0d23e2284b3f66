//! What a topology says to any classifier: what it learns from, what it learns, and what it tells of itself.

use super::named;
use super::scores::Scoring;
use crate::data::{Field, Schema, Type};
use crate::operator::{Input, KEYS_LIMIT, Per, of_role};
use crate::params::{JsonSchema, Names, Problem};
use serde::Deserialize;

/// The parameters that all classifiers have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Lesson {
    /// The column to be foretold, of type str, bool or i64: what a record turned out to be.
    pub(super) label: String,
    /// The columns that are measures; every numeric column but the label, if absent.
    pub(super) features: Option<Vec<String>>,
    /// The columns that are names, of type str, bool or i64; every str column but the label, if absent.
    pub(super) nominal: Option<Vec<String>>,
    /// Decides all that is drawn.
    #[serde(default = "one")]
    pub(super) seed: u64,
    /// The columns it adds are called so and then "predicted", "probability" and "correct"; nothing, if absent.
    #[serde(default)]
    pub(super) prefix: String,
    /// Of these classes the probability is told too, each in a column "probability_CLASS".
    #[serde(default)]
    pub(super) probabilities: Vec<String>,
    /// It learns from the first so many labelled records, and then only predicts; from all, if absent.
    #[schemars(range(max = 9007199254740992u64))]
    pub(super) learn_max: Option<u64>,
    /// How many classes there may be; a record of one more is not learned from, and counted.
    #[serde(default = "hundred")]
    #[schemars(range(min = 2, max = 10000))]
    pub(super) classes_max: usize,
    /// How many values a nominal column may have; all that come beyond count as one.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 1000000))]
    pub(super) values_max: usize,
    /// What the report has: a row of scores, or one for each class.
    #[serde(default)]
    pub(super) report: Told,
    /// How many of the newest records the scores "window_…" and "auc" are about.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 100000))]
    pub(super) window: usize,
    /// What a record still counts in the scores "fading_…" when one more has come.
    #[serde(default = "nearly_one")]
    #[schemars(range(min = 0.5, max = 1.0))]
    pub(super) fading: f64,
    /// One model for each value of these columns; one for all, if absent.
    pub(super) per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    pub(super) keys_max: Option<u64>,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::mining) enum Told {
    #[default]
    Scores,
    Classes,
}

fn one() -> u64 {
    1
}

fn hundred() -> usize {
    100
}

fn thousand() -> usize {
    1000
}

fn nearly_one() -> f64 {
    0.999
}

/// The same, checked against the columns that come in.
#[derive(Clone)]
pub(in crate::mining) struct Given {
    /// What comes in as records, and what goes on.
    pub(super) records: Schema,
    pub(super) output: Schema,
    pub(super) label: usize,
    pub(super) label_field: Field,
    /// Columns that are measures, and such that are names.
    pub(in crate::mining) features: Vec<usize>,
    pub(in crate::mining) nominal: Vec<usize>,
    pub(in crate::mining) seed: u64,
    pub(super) keys: Option<Per>,
    /// The classes whose probability has a column, as bytes.
    pub(super) probabilities: Vec<Vec<u8>>,
    pub(super) learn_max: u64,
    pub(super) classes_max: usize,
    pub(super) values_max: usize,
    pub(super) told: Told,
    pub(super) scoring: Scoring,
    pub(super) warnings: Vec<Problem>,
}

impl Lesson {
    /// Checks all; what is wrong is added to `problems`, and `None` answered then.
    pub(in crate::mining) fn check(
        &self,
        operator: &str,
        inputs: &[Input],
        problems: &mut Vec<Problem>,
    ) -> Option<Given> {
        let told = problems.len();
        let schema = of_role(inputs, "records").or(inputs.first().map(|input| &input.schema))?;
        let keys = Per::check(self.per.as_ref(), self.keys_max, schema, problems);
        let per = self.per.as_ref().map_or(&[][..], Names::all);
        let label = named::label(schema, "label", &self.label).map_err(|problem| problems.push(problem)).ok();
        let wants = named::Wants { schema, label: &self.label, per };
        let features = wants.features(self.features.as_deref(), problems);
        let nominal = wants.nominal(self.nominal.as_deref(), &features, problems);
        let label_field = label.map(|at| schema.fields[at].clone());
        let of = label_field.as_ref().map_or(Type::Str, |field| field.of);
        let probabilities = named::classes(&self.probabilities, of, problems);
        let added = self.added(of);
        for (name, _) in added.iter().filter(|(name, _)| schema.index(name).is_some()) {
            let what = format!(
                "{operator} adds a column \"{name}\", and there is one already (rename it, or say prefix = \"…\")"
            );
            problems.push(Problem::whole(what));
        }
        if problems.len() > told {
            return None;
        }
        let warning = wants.taken(self.features.is_none(), &features, self.nominal.is_none(), &nominal);
        let output = added.iter().fold(schema.clone(), |output, (name, of)| output.with(name, *of));
        Some(Given {
            records: schema.clone(),
            output,
            label: label?,
            label_field: label_field?,
            features,
            nominal,
            seed: self.seed,
            keys,
            probabilities,
            learn_max: self.learn_max.unwrap_or(u64::MAX),
            classes_max: self.classes_max,
            values_max: self.values_max,
            told: self.report,
            scoring: Scoring { window: self.window, fading: self.fading },
            warnings: warning.into_iter().collect(),
        })
    }

    /// The columns that are added to each record.
    fn added(&self, label: Type) -> Vec<(String, Type)> {
        let ours = [("predicted", label), ("probability", Type::F64), ("correct", Type::Bool)];
        let ours = ours.into_iter().map(|(name, of)| (format!("{}{name}", self.prefix), of));
        let shares = self.probabilities.iter();
        let shares = shares.map(|class| (format!("{}probability_{class}", self.prefix), Type::F64));
        ours.chain(shares).collect()
    }
}

impl Given {
    /// What must be the same for a state to fit: the columns by name, in order, and the seed.
    pub(super) fn names(&self) -> Vec<String> {
        let columns = self.features.iter().chain(&self.nominal);
        let named = columns.map(|at| self.records.fields[*at].name.clone());
        named.chain([format!("{} (seed {})", self.label_field, self.seed)]).collect()
    }
}
