//! A step that scores each record by how strange it is, whatever the model, and learns it then.

use super::features::{self, Chosen};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values, key};
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

/// Plans a step: `make` gets the features' names, and `settings` tells models of other parameters apart.
pub(in crate::mining) fn planned<M: Model>(
    given: ScoreParams,
    inputs: &[Input],
    settings: String,
    mut problems: Vec<Problem>,
    make: impl FnOnce(&[String]) -> (M, M::Rule),
) -> PlanResult {
    let schema = only(inputs);
    let per = Per::check(given.per.as_ref(), given.keys_max, schema, &mut problems);
    let reserved: Vec<&str> = M::REPORT.iter().map(|(name, _)| *name).collect();
    let Chosen { names, columns, warning } =
        features::choose(given.features, given.per.as_ref(), schema, &reserved, &mut problems);
    if schema.index(SCORE).is_some() {
        let what = format!("a column \"{SCORE}\" is added, and there is one already (rename it)");
        problems.push(Problem::whole(what));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let keys = Schema { fields: per.iter().flat_map(|per| per.fields.clone()).collect() }.untimed();
    let report = M::REPORT.iter().fold(keys, |report, (name, of)| report.with(name, *of));
    let output = output(schema);
    let (fresh, rule) = make(&names);
    let score = Score {
        output: output.clone(),
        columns,
        features: Features::default(),
        rule,
        states: States::new(per, fresh),
        dims: names.len(),
        identity: names.into_iter().chain([settings]).collect(),
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
    /// What must be the same for a state to fit: the features, and then the settings.
    identity: Vec<String>,
}

fn push(columns: &mut [Column], row: &[Value<'_>]) {
    columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value.clone()));
}

impl<M: Model> Operator for Score<M> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.features.gather(batch, &self.columns);
        let mut score = batch.new_column(Type::F64);
        let Values::F64(scores) = &mut score.values else { panic!("a score is f64") };
        let rule = &mut self.rule;
        match &mut self.states {
            States::One(model) => {
                let points = self.features.points();
                scores.extend(points.map(|point| point.map_or(0.0, |point| model.score(point, rule))));
            }
            States::Each(each) => {
                let gone = each.begin(cx);
                let points = self.features.points().enumerate();
                let mut answer = |row, point: &[f64]| each.state(batch, row).score(point, rule);
                scores.extend(points.map(|(row, point)| point.map_or(0.0, |point| answer(row, point))));
                each.tell_gone(gone, cx);
            }
        }
        score.valid.push_all(self.features.known());
        batch.columns.push(score);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let rule = &self.rule;
        match &mut self.states {
            States::One(model) => model.report(rule, &mut |row| push(&mut out.columns, row)),
            States::Each(each) => {
                let width = each.width();
                while let Some((key, model)) = each.next_unreported() {
                    let (keys, ours) = out.columns.split_at_mut(width);
                    model.report(rule, &mut |row| {
                        key::read(key, keys).expect("the key was made of these columns");
                        push(ours, row);
                    });
                    if out.columns[0].len() >= cx.records_max {
                        return Ok(Next::Again);
                    }
                }
            }
        }
        Ok(Next::End)
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
