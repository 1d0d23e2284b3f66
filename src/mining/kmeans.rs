//! Groups records around `k` centres and keeps learning: one pass, no record is held back.
//!
//! ```toml
//! operator = "kmeans"
//! k = 2                  # how many centres, 1 to 1000
//! features = ["x", "y"]  # default: every numeric column
//! seed = 1               # decides the draws of the reseeding (default 1)
//! # per = "site"         # centres for each value of a column, or of several
//! # keys_max = 100000    # at most for so many values, the usual bound
//! ```
//!
//! | x f64 (in) | y i64 (in) | x f64 (out) | y i64 (out) | cluster i64 (out) | distance f64 (out) |
//! |---|---|---|---|---|---|
//! | 0 9 1 NULL 9 0.5 | 0 9 1 3 7 0 | 0 9 1 NULL 9 0.5 | 0 9 1 3 7 0 | 0 1 0 NULL 1 0 | 0 0 1.4142135623730951 NULL 2 0.5 |
//!
//! A record goes to the nearest centre (Euclidean; of equally near ones the lowest number), `distance` is
//! that to the centre as it was, and then the centre moves by 1/n towards the record, n being how many it has
//! got. The first k distinct records are the first centres; until there are so many, those so far are used.
//!
//! After 1,000 records the centres are reseeded, once, by k-means on copies of those 1,000: the best of up to
//! 60 starts by k-means++. Centres keep their numbers as far as they keep their places, and their counts are
//! those of the 1,000. From there on it is sequential k-means again. Answers given before do not change.
//!
//! A record with a feature that is NULL, not finite, or so large that its square is not (beyond 1e150) passes
//! with NULL results and is not learned from. Distances mix what the features measure: let `standardize`
//! bring them to one scale first.
//!
//! The report has a row for each centre: `cluster`, `size` (its records), `ssq` (the sum of their squared
//! distances from the centre as it is now), and its place under the features' names.
//!
//! ```toml
//! operator = "kmeans"
//! k = 2
//! features = ["x"]
//! per = ["site"]
//! keys_max = 1000
//! ```
//!
//! | site str (in) | x f64 (in) | site str (out) | x f64 (out) | cluster i64 (out) | distance f64 (out) |
//! |---|---|---|---|---|---|
//! | a b a b a NULL | 0 70 10 70 1 2 | a b a b a NULL | 0 70 10 70 1 2 | 0 0 1 0 0 0 | 0 0 0 0 1 0 |
//!
//! With `per` each key learns as if the others were not there, from the same seed; NULL is a key too. A record that is
//! not learned from does not count as a touch of its key. When there are `keys_max` keys and one more comes, the one
//! least recently touched goes, and begins anew if it comes back. Until it is reseeded, a key keeps its records: 8 KB
//! for each feature. The report then begins with the columns of `per`, and has the keys touched since the last one;
//! the last report has all. Several workers own their keys and share `keys_max`; without `per` each of them has centres
//! of its own for all that falls to it.
//!
//! Its state is saved in one piece of 16 KB for each feature and 16 KB more at most; with `per` in pieces of some keys.
//!
//! MacQueen 1967, Some methods for classification and analysis of multivariate observations (the sequential
//! rule); Arthur & Vassilvitskii 2007, k-means++: the advantages of careful seeding.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Values, key};
use crate::error::{Error, Result};
use crate::numeric::Features;
use crate::operator::{
    Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Shows, Spec, States, numeric, only,
};
use crate::params::{self, JsonSchema, Names, Problem};
use model::{COPIES, Model};
use serde::Deserialize;

mod centres;
mod lloyd;
mod model;

pub(super) const OPERATOR: Spec = Spec::new(
    "kmeans",
    "online k-means: the nearest of k centres, which follow the stream",
    include_str!("kmeans.rs"),
    plan,
)
.parameters::<Params>()
.called(&["k_means", "cluster", "clustering", "clusters", "streaming_kmeans", "minibatch_kmeans"])
.seeded("seed")
.keyed("per")
.leaves(|_, inputs| Some(output(only(inputs))))
.shows(Shows::Clusters, &["cluster", "size", "ssq"]);

const STATE_VERSION: u16 = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How many centres.
    #[schemars(range(min = 1, max = COPIES))]
    k: usize,
    /// The columns that distances are measured in; every numeric column, if absent.
    features: Option<Vec<String>>,
    /// Decides the draws of the reseeding.
    #[serde(default = "one")]
    seed: u64,
    /// One model for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn one() -> u64 {
    1
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { k, features, seed, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let keys = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let per = per.as_ref().map_or(&[][..], Names::all);
    let features = features.unwrap_or_else(|| numeric_names(schema, per));
    let columns = columns(&features, per, schema, &mut problems);
    for name in ["cluster", "distance"] {
        if schema.index(name).is_some() {
            let what = format!("kmeans adds a column \"{name}\", and there is one already (rename it)");
            problems.push(Problem::whole(what));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = keys.as_ref().map_or(Vec::new(), |keys| keys.columns.clone());
    let mut report = Schema { fields: keys.iter().flat_map(|keys| keys.fields.clone()).collect() };
    for (name, of) in OURS {
        report = report.with(name, of);
    }
    report = features.iter().fold(report, |report, name| report.with(name, Type::F64));
    let output = output(schema);
    let kmeans = Kmeans {
        output: output.clone(),
        k,
        seed,
        states: States::new(keys, Model::new(k, features.len())),
        names: features,
        columns,
        features: Features::default(),
    };
    let planned = Planned::new(output, move || kmeans.clone());
    Ok(Planned { stateful: true, per: key, report: Some(report), ..planned })
}

/// The columns that it leaves, whatever its parameters.
fn output(schema: &Schema) -> Schema {
    let added = [("cluster", Type::I64), ("distance", Type::F64)];
    let new = added.into_iter().filter(|(name, _)| schema.index(name).is_none());
    new.fold(schema.clone(), |output, (name, of)| output.with(name, of))
}

/// What the report says of a centre, besides its place.
const OURS: [(&str, Type); 3] = [("cluster", Type::I64), ("size", Type::I64), ("ssq", Type::F64)];

fn numeric_names(schema: &Schema, per: &[String]) -> Vec<String> {
    let numbers = schema.fields.iter().filter(|field| field.of.is_numeric() && !per.contains(&field.name));
    numbers.map(|field| field.name.clone()).collect()
}

/// The columns of the features. What the report names must be different things.
fn columns(features: &[String], per: &[String], schema: &Schema, problems: &mut Vec<Problem>) -> Vec<usize> {
    let taken = |name: &str| OURS.iter().any(|(ours, _)| *ours == name) || ["set", "worker"].contains(&name);
    let mut columns = Vec::new();
    for (i, name) in features.iter().enumerate() {
        let found = numeric(schema, "features", name).and_then(|at| {
            let why = match () {
                () if features[..i].contains(name) => "is named twice",
                () if per.contains(name) => "is a column of per, which no record of a key differs in",
                () if taken(name) => "is a column of the report (rename it)",
                () => return Ok(at),
            };
            Err(Problem::at("features", format!("\"{name}\" {why}")))
        });
        match found {
            Ok(at) => columns.push(at),
            Err(mut problem) => {
                problem.path.push(i.to_string());
                problems.push(problem);
            }
        }
    }
    if features.is_empty() {
        let what = format!("there is no feature: name numeric columns (there are: {schema})");
        problems.push(Problem::at("features", what));
    }
    for name in per.iter().filter(|name| taken(name)) {
        problems.push(Problem::at("per", format!("\"{name}\" is a column of the report (rename it)")));
    }
    columns
}

#[derive(Clone)]
struct Kmeans {
    output: Schema,
    k: usize,
    seed: u64,
    /// The features' names, where they are, and those of the batch.
    names: Vec<String>,
    columns: Vec<usize>,
    features: Features,
    states: States<Model>,
}

impl Operator for Kmeans {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.features.gather(batch, &self.columns);
        let (mut cluster, mut distance) = (batch.new_column(Type::I64), batch.new_column(Type::F64));
        let (Values::I64(clusters), Values::F64(distances)) = (&mut cluster.values, &mut distance.values)
        else {
            panic!("a new column is of the type that was asked for");
        };
        let seed = self.seed;
        let mut answer = |(nearest, squared): (usize, f64)| {
            clusters.push(nearest as i64);
            distances.push(squared.sqrt());
        };
        match &mut self.states {
            States::One(model) => {
                let learn = |point: Option<&[f64]>| point.map_or((0, 0.0), |point| model.learn(point, seed));
                self.features.points().map(learn).for_each(answer);
            }
            States::Each(each) => {
                let gone = each.begin(cx);
                for (row, point) in self.features.points().enumerate() {
                    answer(point.map_or((0, 0.0), |point| each.state(batch, row).learn(point, seed)));
                }
                each.tell_gone(gone, cx);
            }
        }
        cluster.valid.push_all(self.features.known());
        distance.valid.extend(&cluster.valid, 0, batch.len());
        batch.columns.extend([cluster, distance]);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        match &mut self.states {
            States::One(model) => model.report(&mut out.columns, || {}),
            States::Each(each) => {
                let width = each.width();
                while let Some((key, model)) = each.next_unreported() {
                    let (keys, rest) = out.columns.split_at_mut(width);
                    model.report(rest, || {
                        key::read(key, keys).expect("the key was made of these columns");
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
        self.states.save(STATE_VERSION, &self.names, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (k, dims) = (self.k, self.names.len());
        if self.states.load(STATE_VERSION, &self.names, from, |model| model.fits(k, dims))? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other centres or keys than the {k} of {:?} that the topology asks for (start without it)",
            self.names
        )))
    }
}
