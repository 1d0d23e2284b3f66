//! A step that scores each record by how strange it is, whatever the model, and learns it then.

use super::features::{self, Chosen};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::numeric::Features;
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, States, only};
use crate::params::{JsonSchema, Names, Problem};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const SCORE: &str = "score";
const STATE_VERSION: u16 = 1;

/// What is learned of one stream.
pub(in crate::mining) trait Model:
    Clone + Serialize + DeserializeOwned + Send + 'static
{
    /// What is the same for all streams, and memory that all may use.
    type Rule: Clone + Send + 'static;
    /// The columns of the report, behind the key.
    const REPORT: &'static [(&'static str, Type)];

    /// How strange a point is by what came before it; then it is learned.
    fn score(&mut self, point: &[f64], rule: &mut Self::Rule) -> f64;

    /// What the feature usually is, by what came so far; `None` where nothing says so.
    fn usual(&self, _feature: usize) -> Option<f64> {
        None
    }

    /// Gives the rows of the report.
    fn report(&self, rule: &Self::Rule, row: &mut dyn FnMut(&[Value<'_>]));

    /// Whether a state that was read goes with the rule and so many features.
    fn fits(&self, rule: &Self::Rule, dims: usize) -> bool;
}

/// What all of them are told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct ScoreParams {
    /// Numeric columns; absent: all of them.
    pub features: Option<Vec<String>>,
    /// Decides all that is drawn.
    #[serde(default = "one")]
    pub seed: u64,
    /// One model for each value of these columns; one for all, if absent.
    pub per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    pub keys_max: Option<u64>,
}

fn one() -> u64 {
    1
}

/// The columns that such a step leaves, whatever its parameters.
pub(in crate::mining) fn output(schema: &Schema) -> Schema {
    match schema.index(SCORE) {
        Some(_) => schema.clone(),
        None => schema.clone().with(SCORE, Type::F64),
    }
}

/// What tells models of other parameters apart, and whether each feature gets a column that says what is usual of it.
pub(in crate::mining) struct Settings {
    pub identity: String,
    pub usual: bool,
}

/// Plans a step: `make` gets the features' names.
pub(in crate::mining) fn planned<M: Model>(
    given: ScoreParams,
    inputs: &[Input],
    settings: Settings,
    mut problems: Vec<Problem>,
    make: impl FnOnce(&[String]) -> (M, M::Rule),
) -> PlanResult {
    let schema = only(inputs);
    let per = Per::check(given.per.as_ref(), given.keys_max, schema, &mut problems);
    let reserved: Vec<&str> = M::REPORT.iter().map(|(name, _)| *name).collect();
    let Chosen { names, columns, warning } =
        features::choose(given.features, given.per.as_ref(), schema, &reserved, &mut problems);
    let usual = names.iter().filter(|_| settings.usual).map(|name| format!("usual_{name}"));
    let added: Vec<String> = [SCORE.to_string()].into_iter().chain(usual).collect();
    for name in added.iter().filter(|name| schema.index(name).is_some()) {
        let what = format!("a column \"{name}\" is added, and there is one already (rename it)");
        problems.push(Problem::whole(what));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let keys = Schema { fields: per.iter().flat_map(|per| per.fields.clone()).collect() }.untimed();
    let report = M::REPORT.iter().fold(keys, |report, (name, of)| report.with(name, *of));
    let output = added.iter().fold(schema.clone(), |output, name| output.with(name, Type::F64));
    let (fresh, rule) = make(&names);
    let score = Score {
        output: output.clone(),
        columns,
        features: Features::default(),
        rule,
        states: States::new(per, fresh),
        dims: names.len(),
        usual: added.len() - 1,
        identity: names.into_iter().chain([settings.identity]).collect(),
    };
    let planned = Planned::new(output, move || score.clone());
    let warnings = warning.into_iter().collect();
    Ok(Planned { stateful: true, per: key, report: Some(report), warnings, ..planned })
}

/// The step.
#[derive(Clone)]
struct Score<M: Model> {
    output: Schema,
    columns: Vec<usize>,
    features: Features,
    rule: M::Rule,
    states: States<M>,
    dims: usize,
    /// How many features have a column that says what is usual of them: all or none.
    usual: usize,
    /// What must be the same for a state to fit: the features, and then the settings.
    identity: Vec<String>,
}

impl<M: Model> Operator for Score<M> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.features.gather(batch, &self.columns);
        let mut score = batch.new_column(Type::F64);
        let Values::F64(scores) = &mut score.values else { panic!("a score is f64") };
        let rule = &mut self.rule;
        let mut usual: Vec<Column> = (0..self.usual).map(|_| batch.new_column(Type::F64)).collect();
        let mut answer = |model: Option<&mut M>, point: &[f64]| {
            for (feature, column) in usual.iter_mut().enumerate() {
                let known = model.as_ref().and_then(|model| model.usual(feature));
                column.push(known.map_or(Value::Null, Value::F64));
            }
            scores.push(model.map_or(0.0, |model| model.score(point, rule)));
        };
        match &mut self.states {
            States::One(model) => {
                for point in self.features.points() {
                    answer(point.is_some().then_some(&mut *model), point.unwrap_or(&[]));
                }
            }
            States::Each(each) => {
                let gone = each.begin(cx);
                for (row, point) in self.features.points().enumerate() {
                    match point {
                        Some(point) => answer(Some(each.state(batch, row)), point),
                        None => answer(None, &[]),
                    }
                }
                each.tell_gone(gone, cx);
            }
        }
        score.valid.push_all(self.features.known());
        batch.columns.push(score);
        batch.columns.append(&mut usual);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let rule = &self.rule;
        Ok(self.states.report(out, cx, |model, columns, key| {
            model.report(rule, &mut |row| {
                key();
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value.clone()));
            });
        }))
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (rule, dims) = (&self.rule, self.dims);
        if self.states.load(STATE_VERSION, &self.identity, from, |model| model.fits(rule, dims))? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other settings, keys or features than {:?}, which the topology says (start without it)",
            &self.identity[..dims]
        )))
    }
}
