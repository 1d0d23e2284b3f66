//! What a topology says to any classifier: what it learns from, what it learns, and what it tells of itself.

use super::Classifier;
use super::late::{Asked, Labels, Wait};
use super::named;
use super::scores::{self, Scoring};
use crate::data::{Batch, Field, Schema, Type, Values};
use crate::operator::{Input, KEYS_LIMIT, Per, Port, Role, of_role};
use crate::params::{JsonSchema, Names, Problem};
use serde::Deserialize;

/// What a classifier reads: records, and, where they come later, labels.
pub(in crate::mining) const ROLES: &[Role] =
    &[Role { name: "records", needed: true }, Role { name: "labels", needed: false }];

/// What it lets out beside, where labels come later.
pub(in crate::mining) const PORTS: &[Port] = &[
    Port {
        name: "unlabelled",
        about: "records whose label did not come in time, or whose model was gone: their key, and what was predicted",
    },
    Port {
        name: "late_labels",
        about: "labels that found no record within the time, or none whose model is there: their key and the label",
    },
];

/// What a report says besides scores.
pub(super) const OURS: [(&str, Type); 4] =
    [("classes", Type::I64), ("learned", Type::I64), ("incomplete", Type::I64), ("beyond", Type::I64)];
/// Where a drift is looked for.
pub(super) const DRIFT: [(&str, Type); 2] = [("drifts", Type::I64), ("drift_at", Type::I64)];
/// Where labels come later: of all keys together.
pub(super) const LATE: [(&str, Type); 3] =
    [("waiting", Type::I64), ("unlabelled", Type::I64), ("late_labels", Type::I64)];

/// The parameters that all classifiers have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Lesson {
    /// The column to be foretold, of type str, bool or i64: what a record turned out to be. Where labels come later,
    /// by the inlet "labels", it is a column of theirs.
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
    /// It learns from the first so many labelled records, and then only predicts; from all, if absent. A model that a
    /// drift has reset learns from the next so many.
    pub(super) learn_max: Option<u64>,
    /// What is done when answers go wrong more often than before: forget the model, or only count it.
    pub(super) on_drift: Option<OnDrift>,
    /// A column of type bool, as a detector before it adds: `on_drift` goes by it, and not by the answers.
    pub(super) drift: Option<String>,
    /// The columns by which a label that comes later finds its record.
    pub(super) key: Option<Names>,
    /// The same columns of the labels, where they are called otherwise.
    pub(super) label_key: Option<Names>,
    /// How long a record waits for its label, and a label for its record.
    pub(super) wait: Option<Wait>,
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

/// What is done about a drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::mining) enum OnDrift {
    Reset,
    Report,
}

impl OnDrift {
    /// As a topology says it.
    fn name(self) -> &'static str {
        match self {
            OnDrift::Reset => "reset",
            OnDrift::Report => "report",
        }
    }
}

/// Whether a report may have a column of this name besides those of its key.
fn is_told<C: Classifier>(name: &str) -> bool {
    let ours = OURS.iter().chain(&DRIFT).chain(&LATE).any(|(ours, _)| *ours == name);
    ours || C::COUNTS.contains(&name) || scores::is_told(name)
}

/// What of the model itself a report has, instead of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::mining) enum Explained {
    Tree,
    Importance,
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
    /// The column of the label; `None` where labels come later.
    pub(super) label: Option<usize>,
    pub(super) labels: Option<Labels>,
    pub(super) label_field: Field,
    /// Columns that are measures, and such that are names.
    pub(in crate::mining) features: Vec<usize>,
    pub(in crate::mining) nominal: Vec<usize>,
    pub(in crate::mining) seed: u64,
    pub(super) keys: Option<Per>,
    /// The classes whose probability has a column, as bytes.
    pub(super) probabilities: Vec<Vec<u8>>,
    pub(super) learn_max: u64,
    pub(super) on_drift: Option<OnDrift>,
    /// The column that says where a drift is; `None` where the answers do.
    pub(super) drift: Option<usize>,
    pub(super) classes_max: usize,
    pub(super) values_max: usize,
    pub(super) told: Told,
    pub(super) scoring: Scoring,
    pub(super) warnings: Vec<Problem>,
    /// What stands before the names of added columns.
    pub(super) prefix: String,
    /// What the report has instead of scores, and whether records get the way that led to their answer.
    pub(super) explained: Option<Explained>,
    pub(super) path: bool,
    /// With how many threads a model that can be shared out is worked on.
    pub(in crate::mining) threads: usize,
}

impl Lesson {
    /// Checks all; what is wrong is added to `problems`, and `None` answered then.
    pub(in crate::mining) fn check<C: Classifier>(
        &self,
        operator: &str,
        inputs: &[Input],
        problems: &mut Vec<Problem>,
    ) -> Option<Given> {
        let told = problems.len();
        let schema = of_role(inputs, "records").or(inputs.first().map(|input| &input.schema))?;
        let later = of_role(inputs, "labels");
        let keys = Per::check(self.per.as_ref(), self.keys_max, schema, problems);
        named::told_twice(keys.as_ref(), is_told::<C>, problems);
        let per = self.per.as_ref().map_or(&[][..], Names::all);
        let label = named::label(later.unwrap_or(schema), "label", &self.label);
        let label = label.map_err(|problem| problems.push(problem)).ok();
        let key = self.key.as_ref().map_or(&[][..], Names::all);
        let wants = named::Wants { schema, label: &self.label, per, key };
        let features = wants.features(self.features.as_deref(), problems);
        let nominal = wants.nominal(self.nominal.as_deref(), &features, problems);
        let label_field = label.map(|at| later.unwrap_or(schema).fields[at].clone());
        let of = label_field.as_ref().map_or(Type::Str, |field| field.of);
        let probabilities = named::classes(&self.probabilities, of, problems);
        let added = self.added(of);
        for (name, _) in added.iter().filter(|(name, _)| schema.index(name).is_some()) {
            let what = format!(
                "{operator} adds a column \"{name}\", and there is one already (rename it, or say prefix = \"…\")"
            );
            problems.push(Problem::whole(what));
        }
        let (key, label_key) = (self.key.as_ref(), self.label_key.as_ref());
        let asked = Asked { key, label_key, wait: self.wait, prefix: &self.prefix };
        let labels = Labels::check(asked, schema, later, label, problems);
        let drift = named::drift(self.drift.as_deref(), self.on_drift.is_some(), schema, problems);
        if problems.len() > told {
            return None;
        }
        let warning = wants.taken(self.features.is_none(), &features, self.nominal.is_none(), &nominal);
        let output = added.iter().fold(schema.clone(), |output, (name, of)| output.with(name, *of));
        Some(Given {
            records: schema.clone(),
            output,
            label: label.filter(|_| later.is_none()),
            labels,
            label_field: label_field?,
            features,
            nominal,
            seed: self.seed,
            keys,
            probabilities,
            learn_max: self.learn_max.unwrap_or(u64::MAX),
            on_drift: self.on_drift,
            drift,
            classes_max: self.classes_max,
            values_max: self.values_max,
            told: self.report,
            scoring: Scoring { window: self.window, fading: self.fading },
            warnings: warning.into_iter().collect(),
            prefix: self.prefix.clone(),
            explained: None,
            path: false,
            threads: 1,
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
    /// How many features there are: numbers, names.
    pub(in crate::mining) fn features(&self) -> (usize, usize) {
        (self.features.len(), self.nominal.len())
    }

    /// Whether a drift is looked for among the answers.
    pub(super) fn watches_errors(&self) -> bool {
        self.on_drift.is_some() && self.drift.is_none()
    }

    /// Whether a record says that something has changed.
    #[inline]
    pub(super) fn is_drift(&self, batch: &Batch, row: usize) -> bool {
        let Some(column) = self.drift.map(|at| &batch.columns[at]) else { return false };
        matches!(&column.values, Values::Bool(v) if column.valid.get(row) && v[row])
    }

    pub(super) fn tells_classes(&self) -> bool {
        self.told == Told::Classes
    }

    /// What must be the same for a state to fit: the columns by name, in order, of names their types too; the seed,
    /// what is done about a drift, and by what records wait for their labels, and how long.
    pub(super) fn names(&self) -> Vec<String> {
        let fields = |at: &[usize]| at.iter().map(|at| &self.records.fields[*at]).collect::<Vec<_>>();
        let numbers = fields(&self.features).into_iter().map(|field| field.name.clone());
        let nominal = fields(&self.nominal).into_iter().map(|field| format!("{} {}", field.name, field.of));
        let mut how = vec![format!("seed {}", self.seed)];
        how.extend(self.on_drift.map(|drift| format!("on_drift {}", drift.name())));
        how.extend(self.drift.map(|at| format!("drift {}", self.records.fields[at].name)));
        how.extend(self.labels.as_ref().map(Labels::told));
        numbers.chain(nominal).chain([format!("{} ({})", self.label_field, how.join(", "))]).collect()
    }
}
