//! Makes up records whose class comes of a sum: the SEA concepts, whose drift is known.
//!
//! ```toml
//! operator = "sea"
//! function = 2            # 1 to 4: a sum up to 8, 9, 7 or 9.5 is groupA
//! noise = "10%"           # so many records have the other class
//! seed = 7
//! count = 4               # ends after so many records; absent: never
//! ```
//!
//! | attrib1 f64 (out) | attrib2 f64 (out) | attrib3 f64 (out) | class str (out) |
//! |---|---|---|---|
//! | 7.306990420600421 7.425885008003883 8.499131008472725 1.1601668275534838 | 7.491696031336331 5.691496335255319 0.8321971724462152 7.420671371961801 | 3.4830970303125697 9.526562410702713 9.28748072822519 6.966581564094812 | groupB groupB groupB groupB |
//!
//! The three attributes lie between 0 and 10; the class comes of the sum of the first two. `balance = true`: the
//! classes take turns, but for noise.
//!
//! ```toml
//! operator = "sea"
//! drift_at = [2]          # from the record 2 on, counted from 0
//! drift_to = [3]          # function 3; absent: the next one, behind the last the first
//! drift_width = 0         # 0: all at once; else so many records long both take turns
//! concept = true          # adds a column: which concept a record is of, from 0 on
//! noise = "0%"
//! count = 4
//! ```
//!
//! | attrib1 f64 (out) | attrib2 f64 (out) | attrib3 f64 (out) | class str (out) | concept i64 (out) |
//! |---|---|---|---|---|
//! | 7.308781907032909 6.588672394716129 7.308781907032909 6.588672394716129 | 4.100808114922017 7.107396275716601 4.100808114922017 7.107396275716601 | 2.077148413097171 1.5273620134152177 2.077148413097171 1.5273620134152177 | groupB groupB groupB groupB | 0 0 1 1 |
//!
//! Each concept draws from the seed anew, as MOA's ConceptDriftStream of two streams does. Without noise and drift the
//! records are those that MOA's SEAGenerator makes of the same seed, and so with them. `rate = "20k/s"` paces them.
//!
//! It is a source of one worker: more would make the same records. After a restart it goes on exactly where it was.
//! A record takes 50 ns and no memory that grows.
//!
//! Street & Kim 2001, A streaming ensemble algorithm (SEA) for large-scale classification, KDD.

use super::common::made::{self, All, CLASS, Concept, Draws, card, planned, whole_percents};
use crate::data::{Column, Schema, Type, Value};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, With};
use crate::units::Share;
use serde::Deserialize;

pub(super) const OPERATOR: Spec = card(Spec::new(
    "sea",
    "makes up records of the SEA concepts, with drift where it is wanted",
    include_str!("sea.rs"),
    plan,
))
.parameters::<All<Params>>()
.called(&["sea_generator", "concept_drift_stream", "synthetic_stream"])
.leaves(|params, _| made::left(schema(), params));

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// What parts the classes: a sum up to 8, 9, 7 or 9.5.
    #[schemars(range(min = 1, max = 4))]
    function: u64,
    /// So many records have the other class.
    noise: Share,
    /// The classes take turns, but for noise.
    balance: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params { function: 1, noise: Share(0.1), balance: false }
    }
}

const LIMITS: [f64; 4] = [8.0, 9.0, 7.0, 9.5];
const CLASSES: [&str; 2] = ["groupA", "groupB"];

fn schema() -> Schema {
    let numbers = [("attrib1", Type::F64), ("attrib2", Type::F64), ("attrib3", Type::F64)];
    Schema::of(&numbers).with(CLASS, Type::Str)
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let With { own, shared: With { own: drift, shared: all } } = made::read::<Params>(given)?;
    let seed = all.seed;
    let concept = |function: u64| {
        let limit = LIMITS[function as usize - 1];
        (Sea { limit, noise: own.noise, balance: own.balance, second: false }, Draws::new(seed))
    };
    let problems = whole_percents("noise", own.noise).into_iter().collect();
    planned(schema(), (&drift, all), own.function, 1..=4, concept, problems)
}

#[derive(Clone)]
struct Sea {
    limit: f64,
    noise: Share,
    balance: bool,
    /// The next class, where they take turns, is the second.
    second: bool,
}

impl Concept for Sea {
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]) {
        let (values, class) = loop {
            let values = [(); 3].map(|()| 10.0 * draws.unit());
            let class = values[0] + values[1] > self.limit;
            if !self.balance {
                break (values, class);
            }
            // As there, the second class comes first.
            if class != self.second {
                self.second = !self.second;
                break (values, class);
            }
        };
        let class = class != draws.happens(self.noise);
        let class = Value::Str(CLASSES[usize::from(class)]);
        let row = values.map(Value::F64).into_iter().chain([class]);
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.second));
    }

    fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let (first, rest) = from.split_first()?;
        (self.second, *from) = (*first == 1, rest);
        Some(())
    }
}
