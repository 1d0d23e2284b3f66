//! Groups records around `k` centres and keeps learning: one pass, no record is held back.
//!
//! ```toml
//! operator = "kmeans"
//! k = 2                  # how many centres, 1 to 1000
//! features = ["x", "y"]  # default: every numeric column
//! seed = 1               # decides the draws of the reseeding (default 1)
//! # half_life = 10000    # what is so many records old, or so long ("1h"), counts half; absent: all counts alike
//! # scale = true         # distances in deviations of the features; absent: in their own units
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
//! with NULL results and is not learned from.
//!
//! Distances mix what the features measure. `scale = true` divides each feature by its deviation, which is taken anew
//! when there are twice as many records. The centres of the report are in the features' own units all the same, which
//! they are not behind `standardize`. `distance` and `ssq` are in deviations then.
//!
//! With `half_life` a record weighs half of one that comes so many records, or so much event time, after it: so
//! centres follow what changes. A late record weighs as if it had come in time; one without a time is of now. A
//! centre whose weight falls below 0.01 % of the heaviest's (`dead_below`) is dead: it is put beside the centre whose
//! records lie widest apart, both a deviation away from where that was, and each takes half of it. Each 256 records
//! it is looked for one. Without `half_life` that is done only where `dead_below` is said.
//!
//! ```toml
//! operator = "kmeans"
//! k = 1
//! features = ["x"]
//! half_life = "1min"
//! sample = 0             # no silhouettes
//! ```
//!
//! | t event_time (in) | x f64 (in) | t event_time (out) | x f64 (out) | cluster i64 (out) | distance f64 (out) | cluster i64 (report) | size i64 (report) | ssq f64 (report) | x f64 (report) | weight f64 (report) | revived i64 (report) | silhouette f64 (report) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:01:00Z | 0 3 | 2013-01-01T10:00:00Z 2013-01-01T10:01:00Z | 0 3 | 0 0 | 0 3 | 0 | 2 | 3 | 2 | 1.5 | 0 | NULL |
//!
//! The report has a row for each centre: `cluster`, `size` (its records), `ssq` (the sum of their squared distances
//! from the centre as it is now, those of long ago less by `half_life`), its place under the features' names,
//! `weight` (what its records count now), `revived` (how often it was put anew), and `silhouette`: how much nearer
//! its records are to it than to the next, from -1 to 1, the mean over those of a random sample (`sample = 300`; with
//! `per` none if absent). A centre keeps its number for ever.
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
//! A model takes k centres, 8 bytes for each feature, the first 1,000 records until it is reseeded, and the sample. A
//! record costs k distances: 0.1 us for 10 centres of 10 features. The one that reseeds costs some hundredths of a
//! second at most, a report the square of the sample for each model (1 ms). Its state is saved in one piece of 16 KB
//! for each feature and 16 KB more at most, and the sample; with `per` in pieces of some keys.
//!
//! MacQueen 1967, Some methods for classification and analysis of multivariate observations (the sequential
//! rule); Arthur & Vassilvitskii 2007, k-means++: the advantages of careful seeding; Rousseeuw 1987, Silhouettes.

use super::common::features::{Chosen, choose};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::numeric::Features;
use crate::operator::{Cx, Input, Next, Operator, Per, PlanResult, Planned, Shows, Spec, States, only};
use crate::params::{self, Problem};
use given::Params;
use model::Model;
use rule::{DEAD, Half, Rule};
use sample::KEPT;

mod centres;
mod given;
mod lloyd;
mod model;
mod rule;
mod sample;
mod scale;

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

const STATE_VERSION: u16 = 4;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { k, features, seed, half_life, dead_below, scale, sample, per, keys_max } =
        params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let keys = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let half_life = given::half(half_life, schema, &mut problems);
    let reserved: Vec<&str> = OURS.iter().chain(&MORE).map(|(name, _)| *name).collect();
    let Chosen { names: features, columns, warning } =
        choose(features, per.as_ref(), schema, &reserved, &mut problems);
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
    report = MORE.iter().fold(report, |report, (name, of)| report.with(name, *of));
    let usual = if half_life == Half::Never { 0.0 } else { DEAD };
    let dead = dead_below.map_or(usual, |share| share.0);
    let sample = sample.unwrap_or(if keys.is_some() { 0 } else { KEPT });
    let settings = format!("{half_life:?} {dead} {scale} {sample}");
    let rule = Rule { seed, half_life, dead, scaled: scale, sample, scratch: Vec::new() };
    let output = output(schema);
    let kmeans = Kmeans {
        output: output.clone(),
        k,
        time: schema.time().filter(|_| matches!(half_life, Half::Time(_))),
        rule,
        states: States::new(keys, Model::new(k, features.len())),
        dims: features.len(),
        identity: features.into_iter().chain([settings]).collect(),
        columns,
        features: Features::default(),
    };
    let planned = Planned::new(output, move || kmeans.clone());
    let warnings = warning.into_iter().collect();
    Ok(Planned { stateful: true, per: key, report: Some(report), warnings, ..planned })
}

/// The columns that it leaves, whatever its parameters.
fn output(schema: &Schema) -> Schema {
    let added = [("cluster", Type::I64), ("distance", Type::F64)];
    let new = added.into_iter().filter(|(name, _)| schema.index(name).is_none());
    new.fold(schema.clone(), |output, (name, of)| output.with(name, of))
}

/// What the report says of a centre, besides its place.
const OURS: [(&str, Type); 3] = [("cluster", Type::I64), ("size", Type::I64), ("ssq", Type::F64)];
/// And behind that.
const MORE: [(&str, Type); 3] = [("weight", Type::F64), ("revived", Type::I64), ("silhouette", Type::F64)];

#[derive(Clone)]
struct Kmeans {
    output: Schema,
    k: usize,
    rule: Rule,
    /// The column of the event time, where that decides what a record weighs.
    time: Option<usize>,
    dims: usize,
    /// What must be the same for a state to fit: the features, and then the settings.
    identity: Vec<String>,
    /// Where the features are, and those of the batch.
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
        let (rule, at) = (&mut self.rule, self.time);
        let time = |row: usize| match batch.columns[at?].value(row) {
            Value::Time(time) => Some(time),
            _ => None,
        };
        let mut answer = |(nearest, squared): (usize, f64)| {
            clusters.push(nearest as i64);
            distances.push(squared.sqrt());
        };
        let points = self.features.points().enumerate();
        match &mut self.states {
            States::One(model) => points.for_each(|(row, point)| {
                answer(point.map_or((0, 0.0), |point| model.learn(point, time(row), rule)));
            }),
            States::Each(each) => {
                let gone = each.begin(cx);
                for (row, point) in points {
                    let mut learn = |point: &[f64]| each.state(batch, row).learn(point, time(row), rule);
                    answer(point.map_or((0, 0.0), &mut learn));
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
        let rule = &self.rule;
        Ok(self.states.report(out, cx, |model, columns, key| model.report(columns, rule, key)))
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (k, dims, rule) = (self.k, self.dims, &self.rule);
        let fits = |model: &Model| model.fits(k, dims, rule);
        if self.states.load(STATE_VERSION, &self.identity, from, fits)? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other centres, keys or settings than the {k} of {:?} that the topology asks for (start \
             without it)",
            &self.identity[..dims]
        )))
    }
}
