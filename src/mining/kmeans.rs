//! Groups records around `k` centres and keeps learning: one pass, no record is held back.
//!
//! ```toml
//! operator = "kmeans"
//! k = 2                  # how many centres, 1 to 1000
//! features = ["x", "y"]  # default: every numeric column
//! seed = 1               # decides the draws of the reseeding (default 1)
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
//! MacQueen 1967, Some methods for classification and analysis of multivariate observations (the sequential
//! rule); Arthur & Vassilvitskii 2007, k-means++: the advantages of careful seeding.

use super::centres::Centres;
use super::lloyd;
use crate::data::{Batch, Schema, Type, Value, Values, state};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Shows, Spec, numeric, only};
use crate::params::{self, JsonSchema, Problem};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "kmeans",
    "online k-means: the nearest of k centres, which follow the stream",
    include_str!("kmeans.rs"),
    plan,
)
.parameters::<Params>()
.seeded("seed")
.shows(Shows::Clusters, &["cluster", "size", "ssq"]);

const STATE_VERSION: u16 = 1;
/// After so many records the centres are reseeded.
const COPIES: usize = 1000;
/// The square of a larger number need not be finite, and would spoil a centre for ever.
const VALUE_MAX: f64 = 1e150;

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
}

fn one() -> u64 {
    1
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { k, features, seed } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let mut report = Schema::of(&[("cluster", Type::I64), ("size", Type::I64), ("ssq", Type::F64)]);
    let features = features.unwrap_or_else(|| numeric_names(schema));
    let mut columns = Vec::new();
    for (i, name) in features.iter().enumerate() {
        match numeric(schema, "features", name) {
            Ok(_) if report.index(name).is_some() || ["set", "worker"].contains(&name.as_str()) => {
                let twice = features[..i].contains(name);
                let why = if twice { "is named twice" } else { "is a column of the report (rename it)" };
                let path = vec!["features".to_string(), i.to_string()];
                problems.push(Problem { path, ..Problem::whole(format!("\"{name}\" {why}")) });
            }
            Ok(at) => columns.push(at),
            Err(mut problem) => {
                problem.path.push(i.to_string());
                problems.push(problem);
            }
        }
        report = report.with(name, Type::F64);
    }
    if features.is_empty() {
        let what = format!("there is no feature: name numeric columns (there are: {schema})");
        problems.push(Problem::at("features", what));
    }
    for name in ["cluster", "distance"] {
        if schema.index(name).is_some() {
            let what = format!("kmeans adds a column \"{name}\", and there is one already (rename it)");
            problems.push(Problem::whole(what));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let output = schema.clone().with("cluster", Type::I64).with("distance", Type::F64);
    let kmeans = Kmeans {
        output: output.clone(),
        k,
        seed,
        model: Model { centres: Centres::new(k, features.len()), copies: Vec::new(), reseeded: false },
        features,
        columns,
        points: Vec::new(),
        known: Vec::new(),
    };
    let planned = Planned::new(output, move || kmeans.clone());
    Ok(Planned { stateful: true, report: Some(report), ..planned })
}

fn numeric_names(schema: &Schema) -> Vec<String> {
    let numbers = schema.fields.iter().filter(|field| field.of.is_numeric());
    numbers.map(|field| field.name.clone()).collect()
}

#[derive(Clone)]
struct Kmeans {
    output: Schema,
    k: usize,
    seed: u64,
    features: Vec<String>,
    columns: Vec<usize>,
    model: Model,
    /// The features of the batch, record by record, and which records have them all.
    points: Vec<f64>,
    known: Vec<bool>,
}

/// What it has learned, all of it.
#[derive(Clone, Serialize, Deserialize)]
struct Model {
    centres: Centres,
    /// The first records, until the centres have been reseeded from them.
    copies: Vec<f64>,
    reseeded: bool,
}

impl Model {
    /// Answers with the cluster and the squared distance, then learns.
    #[inline]
    fn learn(&mut self, point: &[f64], seed: u64) -> (usize, f64) {
        let answer = match self.centres.nearest(point) {
            Some((cluster, squared)) if squared == 0.0 || self.centres.is_full() => {
                self.centres.learn(cluster, point, squared);
                (cluster, squared)
            }
            _ => (self.centres.add(point), 0.0),
        };
        if !self.reseeded {
            self.copies.extend_from_slice(point);
            if self.copies.len() == COPIES * point.len() {
                self.reseed(point.len(), seed);
            }
        }
        answer
    }

    #[cold]
    fn reseed(&mut self, dims: usize, seed: u64) {
        let copies = std::mem::take(&mut self.copies);
        self.reseeded = true;
        if !self.centres.is_full() {
            // There are fewer distinct records than centres, and each is a centre: nothing is better.
            return;
        }
        if let Some(mut found) = lloyd::centres(&copies, dims, self.centres.len(), seed) {
            found.number_like(&self.centres);
            self.centres = found;
        }
    }
}

impl Kmeans {
    /// Brings the features of the batch together, column by column.
    fn gather(&mut self, batch: &Batch) {
        let dims = self.columns.len();
        self.known.clear();
        self.known.resize(batch.len(), true);
        self.points.clear();
        self.points.resize(batch.len() * dims, 0.0);
        for (dim, at) in self.columns.iter().enumerate() {
            let column = &batch.columns[*at];
            let slots = self.points.chunks_exact_mut(dims).map(|point| &mut point[dim]);
            match &column.values {
                Values::F64(v) => slots.zip(v).for_each(|(slot, x)| *slot = *x),
                Values::I64(v) => slots.zip(v).for_each(|(slot, x)| *slot = *x as f64),
                _ => panic!("plan takes numbers only, not {}", column.of()),
            }
            if column.valid.nulls() > 0 {
                self.known.iter_mut().enumerate().for_each(|(row, known)| *known &= column.valid.get(row));
            }
        }
        for (known, point) in self.known.iter_mut().zip(self.points.chunks_exact(dims)) {
            // False for NaN too.
            *known &= point.iter().all(|x| x.abs() <= VALUE_MAX);
        }
    }
}

impl Operator for Kmeans {
    fn process(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        self.gather(batch);
        let (mut cluster, mut distance) = (batch.new_column(Type::I64), batch.new_column(Type::F64));
        let (Values::I64(clusters), Values::F64(distances)) = (&mut cluster.values, &mut distance.values)
        else {
            panic!("a new column is of the type that was asked for");
        };
        for (known, point) in self.known.iter().zip(self.points.chunks_exact(self.columns.len())) {
            let (nearest, squared) = if *known { self.model.learn(point, self.seed) } else { (0, 0.0) };
            clusters.push(nearest as i64);
            distances.push(squared.sqrt());
        }
        match self.known.iter().all(|known| *known) {
            true => cluster.valid.push_valid(batch.len()),
            false => self.known.iter().for_each(|known| cluster.valid.push(*known)),
        }
        distance.valid.extend(&cluster.valid, 0, batch.len());
        batch.columns.extend([cluster, distance]);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch) -> Result<()> {
        let centres = &self.model.centres;
        for centre in 0..centres.len() {
            let head = [
                Value::I64(centre as i64),
                Value::I64(centres.count(centre) as i64),
                Value::F64(centres.ssq(centre)),
            ];
            let place = (0..self.features.len()).map(|dim| Value::F64(centres.coordinate(centre, dim)));
            out.columns.iter_mut().zip(head.into_iter().chain(place)).for_each(|(column, x)| column.push(x));
        }
        Ok(())
    }

    fn save(&self, out: &mut Vec<u8>) -> Result<()> {
        state::save(STATE_VERSION, &(&self.features, &self.model), out)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let (features, model): (Vec<String>, Model) = state::load(STATE_VERSION, bytes)?;
        let dims = self.features.len();
        let copies = model.copies.len();
        if features != self.features
            || !model.centres.fits(self.k, dims)
            || !copies.is_multiple_of(dims)
            || copies >= COPIES * dims
        {
            return Err(Error::failed(format!(
                "the state is of other centres than the {} of {:?} that the topology asks for (start without it)",
                self.k, self.features
            )));
        }
        self.model = model;
        Ok(())
    }
}
