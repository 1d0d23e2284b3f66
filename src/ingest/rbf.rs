//! Makes up heaps of records around random centres, which may move: a radial basis function stream.
//!
//! ```toml
//! operator = "rbf"
//! attributes = 2          # how many numbers a record has
//! classes = 3
//! centroids = 20
//! model_seed = 3          # where the centres are
//! seed = 7                # which records come
//! change = 0.001          # how far a centre moves with each record
//! drift_centroids = 20    # so many of them move
//! count = 4               # ends after so many records; absent: never
//! ```
//!
//! | att1 f64 (out) | att2 f64 (out) | class str (out) |
//! |---|---|---|
//! | 1.1207190726128438 0.1746309584335982 0.8914312459251532 0.4183961334550332 | 0.3857561235918235 0.600521257712246 0.36863372715461123 0.49055990990100956 | class2 class1 class2 class3 |
//!
//! Each centre has a place in the unit cube, a class, a width and a weight, by which it is drawn. A record lies in a
//! random direction from it, as far as a normal draw of that width. A centre that moves goes straight, and turns at
//! the faces of the cube.
//!
//! `drift_at = [10_000]` puts other centres in their place at that record, counted from 0: those of the next
//! `model_seed`, or of `drift_to = [9]`; all at once, or over `drift_width` records. `concept = true` adds a column
//! that says which concept a record is of, from 0 on. Each concept draws from the seed anew. `rate = "20k/s"` paces
//! them.
//!
//! The records are those that MOA's RandomRBFGeneratorDrift makes of the same seeds, but for rounding, and with drift
//! those of its ConceptDriftStream.
//!
//! It is a source of one worker: more would make the same records. After a restart it goes on exactly where it was. A
//! record takes 20 ns for each attribute and no memory that grows; the centres take 16 bytes for each attribute.
//!
//! Bifet, Holmes, Kirkby & Pfahringer 2010, MOA: massive online analysis, Journal of Machine Learning Research 11:1601.

use super::common::made::{self, All, CLASS, Concept, Draws, card, planned, take};
use crate::data::{Column, Schema, Type, Value};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use serde::Deserialize;
use std::sync::Arc;

pub(super) const OPERATOR: Spec = card(Spec::new(
    "rbf",
    "makes up heaps of records around random centres, which may move",
    include_str!("rbf.rs"),
    plan,
))
.parameters::<All<Params>>()
.called(&["random_rbf", "rbf_generator", "blobs", "make_blobs"]);

/// Coordinates of all centres of all concepts.
const COORDINATES_MAX: u64 = 10_000_000;
const MODEL_SEED_MAX: u64 = 1 << 48;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How many numbers a record has.
    #[schemars(range(min = 1, max = 1000))]
    attributes: u64,
    /// How many classes there are.
    #[schemars(range(min = 2, max = 1000))]
    classes: u32,
    /// How many centres there are.
    #[schemars(range(min = 1, max = 100_000))]
    centroids: u64,
    /// Decides centres, classes, widths and weights.
    #[schemars(range(min = 0, max = MODEL_SEED_MAX))]
    model_seed: u64,
    /// How far a centre moves with each record.
    #[schemars(range(min = 0, max = 1))]
    change: f64,
    /// So many of the centres move.
    #[schemars(range(min = 0, max = 100_000))]
    drift_centroids: u64,
}

impl Default for Params {
    fn default() -> Params {
        Params { attributes: 10, classes: 2, centroids: 50, model_seed: 1, change: 0.0, drift_centroids: 50 }
    }
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let With { own, shared: With { own: drift, shared: all } } = made::read::<Params>(given)?;
    let mut problems = Vec::new();
    let coordinates = own.attributes * own.centroids * drift.concepts();
    if coordinates > COORDINATES_MAX {
        let what = format!(
            "the centres of all concepts have {coordinates} coordinates, and {COORDINATES_MAX} is the most"
        );
        problems.push(Problem::at("centroids", what));
        return Err(problems);
    }
    let schema =
        (1..=own.attributes).fold(Schema::default(), |schema, n| schema.with(&format!("att{n}"), Type::F64));
    let (seed, params) = (all.seed, own.clone());
    let concept = |model_seed| (Rbf::new(&params, model_seed), Draws::new(seed));
    planned(
        schema.with(CLASS, Type::Str),
        (&drift, all),
        own.model_seed,
        0..=MODEL_SEED_MAX,
        concept,
        problems,
    )
}

#[derive(Clone)]
struct Rbf {
    centres: Arc<Centres>,
    change: f64,
    /// How many records it has made: so far the centres have come.
    made: u64,
    /// Memory for a record.
    values: Vec<f64>,
}

struct Centres {
    dims: usize,
    all: Vec<Centre>,
    weights: f64,
    names: Vec<String>,
}

struct Centre {
    place: Vec<f64>,
    /// What it moves by in each dimension, times the change; empty: it stays.
    way: Vec<f64>,
    class: usize,
    width: f64,
    weight: f64,
}

impl Rbf {
    fn new(params: &Params, model_seed: u64) -> Rbf {
        let dims = params.attributes as usize;
        let mut draws = Draws::new(model_seed);
        let mut all: Vec<Centre> = (0..params.centroids)
            .map(|_| Centre {
                place: (0..dims).map(|_| draws.unit()).collect(),
                way: Vec::new(),
                class: draws.below(params.classes) as usize,
                width: draws.unit(),
                weight: draws.unit(),
            })
            .collect();
        // Ways are drawn from the same seed anew.
        let mut draws = Draws::new(model_seed);
        for centre in all.iter_mut().take(params.drift_centroids as usize) {
            let way: Vec<f64> = (0..dims).map(|_| draws.unit()).collect();
            let length = way.iter().map(|x| x * x).sum::<f64>().sqrt();
            centre.way = way.iter().map(|x| x / length).collect();
        }
        let weights = all.iter().map(|centre| centre.weight).sum();
        let names = (1..=params.classes).map(|n| format!("class{n}")).collect();
        let centres = Arc::new(Centres { dims, all, weights, names });
        Rbf { centres, change: params.change, made: 0, values: vec![0.0; dims] }
    }
}

/// Where something is after so many steps between 0 and 1: it stops at an end with the step that would go beyond, and
/// turns.
fn moved(from: f64, step: f64, steps: u64) -> f64 {
    if step == 0.0 {
        return from;
    }
    // How many steps to go, and the last of them ends at the end.
    let until = |way: f64| ((way / step).floor() as u64).saturating_add(1);
    let first = until(1.0 - from);
    if steps < first {
        return from + step * steps as f64;
    }
    let (whole, left) = (until(1.0), steps - first);
    let along = step * (left % whole) as f64;
    if (left / whole).is_multiple_of(2) { 1.0 - along } else { along }
}

impl Concept for Rbf {
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]) {
        self.made += 1;
        let Centres { dims, all, weights, names } = &*self.centres;
        let drawn = draws.unit() * weights;
        let mut sum = 0.0;
        let reached = all.iter().position(|centre| {
            sum += centre.weight;
            sum > drawn
        });
        let centre = &all[reached.unwrap_or(all.len() - 1)];
        self.values.iter_mut().for_each(|x| *x = 2.0 * draws.unit() - 1.0);
        let length = self.values.iter().map(|x| x * x).sum::<f64>().sqrt();
        let scale = draws.gauss() * centre.width / length;
        for (dim, (column, x)) in columns.iter_mut().zip(&self.values).enumerate().take(*dims) {
            let place = centre.place[dim];
            let place = centre.way.get(dim).map_or(place, |way| moved(place, way * self.change, self.made));
            column.push(Value::F64(place + x * scale));
        }
        columns[*dims].push(Value::Str(&names[centre.class]));
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.extend(self.made.to_le_bytes());
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.made = u64::from_le_bytes(take(from)?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_is_where_step_by_step_it_would_be() {
        for (from, step) in [(0.3, 0.07), (0.0, 0.5), (0.999, 0.001), (0.25, 0.25), (0.6, 0.9)] {
            let (mut at, mut step_now) = (from, step);
            for steps in 1..200 {
                at += step_now;
                if at > 1.0 {
                    (at, step_now) = (1.0, -step_now);
                }
                if at < 0.0 {
                    (at, step_now) = (0.0, -step_now);
                }
                let ours = moved(from, step, steps);
                assert!(
                    (ours - at).abs() < 1e-9 || step == 0.25 || step == 0.5,
                    "{from} {step} {steps}: {ours} {at}"
                );
                assert!((0.0..=1.0).contains(&ours));
            }
        }
        assert_eq!(moved(0.4, 0.0, 1000), 0.4);
        // A step that is next to none: more of them than can be counted lead to the end.
        assert!((moved(0.4, 1e-20, 1000) - 0.4).abs() < 1e-9);
        assert!((0.0..=1.0).contains(&moved(1.0, 1e-20, 1000)));
    }
}
