//! Makes up points on both sides of a plane, which may turn: the rotating hyperplane.
//!
//! ```toml
//! operator = "hyperplane"
//! attributes = 2          # how many numbers a record has
//! drift_attributes = 1    # the weights of so many of them change
//! change = 0.001          # by how much with each record
//! reversal = "10%"        # how often a weight that changes goes the other way from then on
//! noise = "5%"            # so many records have the other class
//! seed = 7
//! count = 4               # ends after so many records; absent: never
//! ```
//!
//! | att1 f64 (out) | att2 f64 (out) | class str (out) |
//! |---|---|---|
//! | 0.34830970303125697 0.35191477764630685 0.08321971724462152 0.7847598305652609 | 0.8972771427421047 0.12073605139050847 0.928748072822519 0.5889677956202352 | class2 class1 class2 class2 |
//!
//! Attributes lie between 0 and 1, and each has a weight between 0 and 1. The class is class2 where their weighed sum
//! is at least half of the sum of the weights.
//!
//! `drift_at = [10_000]` draws other weights at that record, counted from 0: those of the next seed, or of `drift_to =
//! [9]`; all at once, or over `drift_width` records. `concept = true` adds a column that says which concept a record is
//! of, from 0 on. Each concept draws from its seed. `rate = "20k/s"` paces them.
//!
//! The records are those that MOA's HyperplaneGenerator makes of the same seed, and with drift those of its
//! ConceptDriftStream.
//!
//! It is a source of one worker: more would make the same records. After a restart it goes on exactly where it was. A
//! record takes 20 ns for each attribute and no memory that grows.
//!
//! Hulten, Spencer & Domingos 2001, Mining time-changing data streams, KDD.

use super::common::made::{self, All, CLASS, Concept, Draws, card, planned, take, whole_percents};
use crate::data::{Column, Schema, Type, Value};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, With};
use crate::units::Share;
use serde::Deserialize;

pub(super) const OPERATOR: Spec = card(Spec::new(
    "hyperplane",
    "makes up points on both sides of a plane, which may turn",
    include_str!("hyperplane.rs"),
    plan,
))
.parameters::<All<Params>>()
.called(&["rotating_hyperplane", "hyperplane_generator"]);

const SEED_MAX: u64 = 1 << 48;
const CLASSES: [&str; 2] = ["class1", "class2"];

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How many numbers a record has.
    #[schemars(range(min = 1, max = 1000))]
    attributes: u64,
    /// The weights of so many of them change, of all at most.
    #[schemars(range(min = 0, max = 1000))]
    drift_attributes: u64,
    /// By how much with each record.
    #[schemars(range(min = 0, max = 1))]
    change: f64,
    /// How often a weight that changes goes the other way from then on.
    reversal: Share,
    /// So many records have the other class.
    noise: Share,
}

impl Default for Params {
    fn default() -> Params {
        let (reversal, noise) = (Share(0.1), Share(0.05));
        Params { attributes: 10, drift_attributes: 2, change: 0.0, reversal, noise }
    }
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let With { own, shared: With { own: drift, shared: all } } = made::read::<Params>(given)?;
    let schema =
        (1..=own.attributes).fold(Schema::default(), |schema, n| schema.with(&format!("att{n}"), Type::F64));
    let first = all.seed;
    let shares = [("noise", own.noise), ("reversal", own.reversal)];
    planned(
        schema.with(CLASS, Type::Str),
        (&drift, all),
        first,
        0..=SEED_MAX,
        |seed| Plane::new(&own, seed),
        shares.iter().filter_map(|(key, share)| whole_percents(key, *share)).collect(),
    )
}

#[derive(Clone)]
struct Plane {
    noise: Share,
    reversal: Share,
    change: f64,
    weights: Vec<f64>,
    /// Of each weight that changes: how often it has risen more than fallen, and whether it rises.
    ways: Vec<(i64, bool)>,
}

impl Plane {
    fn new(params: &Params, seed: u64) -> (Plane, Draws) {
        let mut draws = Draws::new(seed);
        let weights = (0..params.attributes).map(|_| draws.unit()).collect();
        let ways = vec![(0, true); params.drift_attributes.min(params.attributes) as usize];
        let Params { noise, reversal, change, .. } = *params;
        (Plane { noise, reversal, change, weights, ways }, draws)
    }

    fn weight(&self, dim: usize) -> f64 {
        let risen = self.ways.get(dim).map_or(0, |(risen, _)| *risen);
        self.weights[dim] + self.change * risen as f64
    }
}

impl Concept for Plane {
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]) {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (dim, column) in columns.iter_mut().enumerate().take(self.weights.len()) {
            let (x, weight) = (draws.unit(), self.weight(dim));
            sum += weight * x;
            weights += weight;
            column.push(Value::F64(x));
        }
        let class = (sum >= weights * 0.5) != draws.happens(self.noise);
        columns[self.weights.len()].push(Value::Str(CLASSES[usize::from(class)]));
        for (risen, rises) in &mut self.ways {
            *risen += if *rises { 1 } else { -1 };
            *rises ^= draws.happens(self.reversal);
        }
    }

    fn save(&self, out: &mut Vec<u8>) {
        for (risen, rises) in &self.ways {
            out.extend((risen << 1 | i64::from(*rises)).to_le_bytes());
        }
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        for (risen, rises) in &mut self.ways {
            let both = i64::from_le_bytes(take(from)?);
            (*risen, *rises) = (both >> 1, both & 1 == 1);
        }
        Some(())
    }
}
