//! Makes up digits as seven lamps show them, some of which are wrong: the LED stream.
//!
//! ```toml
//! operator = "led"
//! noise = "10%"           # so many lamps are wrong
//! irrelevant = false      # true: 17 more lamps that say nothing
//! seed = 7
//! count = 4               # ends after so many records; absent: never
//! ```
//!
//! | att1 str (out) | att2 str (out) | att3 str (out) | att4 str (out) | att5 str (out) | att6 str (out) | att7 str (out) | class str (out) |
//! |---|---|---|---|---|---|---|---|
//! | 1 1 0 0 | 1 0 1 1 | 0 1 1 0 | 1 1 0 1 | 1 1 0 1 | 1 1 1 1 | 1 1 0 1 | 6 0 1 8 |
//!
//! Lamps are 0 or 1, as texts: they are no numbers. `swapped = 3`: the first three lamps have changed places with the
//! first three that say nothing.
//!
//! `drift_at = [10_000, 20_000]` swaps one lamp more at these records, counted from 0, or as many as `drift_to = [3,
//! 7]` says; all at once, or over `drift_width` records. `concept = true` adds a column that says which concept a
//! record is of, from 0 on. Each concept draws from the seed anew. `rate = "20k/s"` paces them.
//!
//! The records are those that MOA's LEDGeneratorDrift makes of the same seed, and with drift those of its
//! ConceptDriftStream.
//!
//! It is a source of one worker: more would make the same records. After a restart it goes on exactly where it was. A
//! record takes 500 ns and no memory that grows.
//!
//! Breiman, Friedman, Olshen & Stone 1984, Classification and regression trees.

use super::common::made::{self, All, CLASS, Concept, Draws, card, planned, whole_percents};
use crate::data::{Column, Schema, Type, Value};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Share;
use serde::Deserialize;

pub(super) const OPERATOR: Spec = card(Spec::new(
    "led",
    "makes up digits as seven lamps show them, some of which are wrong",
    include_str!("led.rs"),
    plan,
))
.parameters::<All<Params>>()
.called(&["led_generator", "digits"]);

const LAMPS: usize = 7;
const IRRELEVANT: usize = 17;
/// The lamps of each digit: top, both above, middle, both below, bottom.
const SHOWN: [[bool; LAMPS]; 10] = [
    lamps(0b111_0111),
    lamps(0b001_0010),
    lamps(0b101_1101),
    lamps(0b101_1011),
    lamps(0b011_1010),
    lamps(0b110_1011),
    lamps(0b110_1111),
    lamps(0b101_0010),
    lamps(0b111_1111),
    lamps(0b111_1011),
];
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const fn lamps(bits: u8) -> [bool; LAMPS] {
    let mut lamps = [false; LAMPS];
    let mut at = 0;
    while at < LAMPS {
        lamps[at] = bits >> (LAMPS - 1 - at) & 1 == 1;
        at += 1;
    }
    lamps
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// So many lamps are wrong.
    noise: Share,
    /// There are 17 more lamps, which say nothing.
    irrelevant: bool,
    /// So many lamps have changed places with ones that say nothing.
    #[schemars(range(min = 0, max = 7))]
    swapped: u64,
}

impl Default for Params {
    fn default() -> Params {
        Params { noise: Share(0.1), irrelevant: true, swapped: 0 }
    }
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let drifts = given.contains_key("drift_at");
    let With { own, shared: With { own: drift, shared: all } } = made::read::<Params>(given)?;
    let mut problems: Vec<Problem> = whole_percents("noise", own.noise).into_iter().collect();
    if !own.irrelevant && (own.swapped > 0 || drifts) {
        let what = "false leaves no lamps for others to change places with: say irrelevant = true";
        problems.push(Problem::at("irrelevant", what));
    }
    let width = if own.irrelevant { LAMPS + IRRELEVANT } else { LAMPS };
    let schema = (1..=width).fold(Schema::default(), |schema, n| schema.with(&format!("att{n}"), Type::Str));
    let seed = all.seed;
    let concept =
        |swapped: u64| (Led { noise: own.noise, width, swapped: swapped as usize }, Draws::new(seed));
    let lamps = 0..=LAMPS as u64;
    planned(schema.with(CLASS, Type::Str), (&drift, all), own.swapped, lamps, concept, problems)
}

#[derive(Clone)]
struct Led {
    noise: Share,
    width: usize,
    swapped: usize,
}

impl Led {
    /// Where a lamp stands.
    fn place(&self, lamp: usize) -> usize {
        match lamp {
            lamp if lamp < self.swapped => lamp + LAMPS,
            lamp if (LAMPS..LAMPS + self.swapped).contains(&lamp) => lamp - LAMPS,
            lamp => lamp,
        }
    }
}

impl Concept for Led {
    fn make(&mut self, draws: &mut Draws, columns: &mut [Column]) {
        let digit = draws.below(10) as usize;
        for lamp in 0..self.width {
            let lit = match SHOWN[digit].get(lamp) {
                Some(lit) => *lit != draws.happens(self.noise),
                None => draws.below(2) == 1,
            };
            columns[self.place(lamp)].push(Value::Str(DIGITS[usize::from(lit)]));
        }
        columns[self.width].push(Value::Str(DIGITS[digit]));
    }
}
