//! What a topology says of baskets and of what is frequent among them, and whether it can be.

use super::model::{Bounds, Memory};
use super::reported::Reported;
use crate::data::{Field, Schema, Type};
use crate::operator::{Every, KEYS_LIMIT, Per, column};
use crate::params::{JsonSchema, Names, Problem};
use crate::units::{Bytes, Share, Span, Stretch};
use serde::{Deserialize, Serialize};

/// The parameters that all share who look for itemsets.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Mining {
    /// The column of lists that are the baskets.
    items: String,
    /// What is in fewer of the baskets is not frequent: "1%", 0.01.
    min_support: Share,
    /// Which baskets count: all of the stream, the last ones, or all but only nearly counted.
    #[serde(default)]
    mode: Mode,
    /// For mode "window": the last so many baskets, or those of so long an event time.
    window: Option<Stretch>,
    /// For mode "lossy": counts may be too low by this part of all baskets; a tenth of min_support, if absent.
    epsilon: Option<Share>,
    /// An itemset has so many items at most; any number, if absent.
    #[schemars(range(min = 1, max = 1000))]
    max_len: Option<usize>,
    /// So many itemsets at most: where there are more, the least support rises until there are not, or they get
    /// shorter.
    #[serde(default = "million")]
    #[schemars(range(min = 2, max = 100_000_000))]
    max_sets: usize,
    /// So many different items are remembered at most.
    #[serde(default = "hundred_thousand")]
    #[schemars(range(min = 2, max = 100_000_000))]
    max_items: usize,
    /// What is remembered takes so many bytes at most, for each key.
    #[serde(default = "quarter")]
    #[schemars(range(min = BYTES_MIN, max = BYTES_MAX))]
    memory: Bytes,
    /// How often a set goes out: after so many baskets, or so long; only at the end, if absent.
    every: Option<Stretch>,
    /// What the report tells: counts, or the first 100 rows of the newest set (nothing before the first one after a
    /// restart).
    #[serde(default)]
    report: Reported,
    /// Baskets of each value of these columns for themselves; all together, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
    /// Decides nothing: nothing here is drawn.
    #[serde(default = "one")]
    pub(super) seed: u64,
}

fn one() -> u64 {
    1
}

fn million() -> usize {
    1_000_000
}

fn hundred_thousand() -> usize {
    100_000
}

fn quarter() -> Bytes {
    Bytes(256 << 20)
}

/// Less can't hold a basket.
const BYTES_MIN: u64 = 64 << 10;
/// A state has to find room in a snapshot's piece.
const BYTES_MAX: u64 = 512 << 20;

/// Which baskets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::mining) enum Mode {
    /// All of the stream.
    #[default]
    Exact,
    /// The last ones.
    Window,
    /// All of the stream, nearly.
    Lossy,
}

/// The parameters, checked against the columns that come in.
#[derive(Clone)]
pub(super) struct Given {
    /// The column of baskets, and that of the event time where a window needs it.
    pub items: usize,
    pub time: Option<usize>,
    pub memory: Memory,
    pub bounds: Bounds,
    /// When a set is told.
    pub every: Every,
    pub per: Option<Per>,
    pub reported: Reported,
}

impl Mining {
    /// What they say; what is wrong is added to `problems`.
    pub(super) fn check(&self, schema: &Schema, problems: &mut Vec<Problem>) -> Option<Given> {
        let before = problems.len();
        let items = lists(schema, "items", &self.items).map_err(|problem| problems.push(problem)).ok();
        for (key, stretch) in [("window", self.window), ("every", self.every)] {
            let what = stretch.and_then(Stretch::wrong).map(|what| match stretch {
                // Left out, it would be missed.
                Some(Stretch::Time(Span { ns: 0 })) if key == "window" => {
                    "that is no time at all: say a longer one"
                }
                Some(Stretch::Records(0)) if key == "window" => {
                    "at least one basket is needed: say 1 or more"
                }
                _ => what,
            });
            problems.extend(what.map(|what| Problem::at(key, what)));
        }
        let per = Per::check(self.per.as_ref(), self.keys_max, schema, problems);
        let memory = self.memory(problems);
        let time = match memory {
            Some(Memory::Span(_)) => {
                let time = schema.time();
                if time.is_none() {
                    let what = "a window of time needs an event time: say time = \"…\" at the source, or put the step \
                         event_time before it";
                    problems.push(Problem::at("window", what));
                }
                time
            }
            _ => None,
        };
        let bounds = Bounds {
            support_min: self.min_support.0,
            len_max: self.max_len.unwrap_or(usize::MAX),
            sets_max: self.max_sets,
            items_max: self.max_items,
            bytes_max: self.memory.0 as usize,
        };
        let (Some(items), Some(memory), true) = (items, memory, problems.len() == before) else {
            return None;
        };
        Some(Given { items, time, memory, bounds, every: Every::new(self.every), per, reported: self.report })
    }

    fn memory(&self, problems: &mut Vec<Problem>) -> Option<Memory> {
        let mut stray = |key: &str, mode: &str| {
            problems.push(Problem::at(
                key,
                format!("it belongs to mode = \"{mode}\": say that, or leave it out"),
            ));
        };
        if self.window.is_some() && self.mode != Mode::Window {
            stray("window", "window");
        }
        if self.epsilon.is_some() && self.mode != Mode::Lossy {
            stray("epsilon", "lossy");
        }
        match (self.mode, self.window) {
            (Mode::Exact, _) => Some(Memory::Whole),
            (Mode::Window, Some(Stretch::Records(n))) => Some(Memory::Last(n)),
            (Mode::Window, Some(Stretch::Time(Span { ns }))) => Some(Memory::Span(ns)),
            (Mode::Window, None) => {
                let what =
                    "mode = \"window\" needs its window: so many baskets (window = 10000) or a time (\"1h\")";
                problems.push(Problem::at("mode", what));
                None
            }
            (Mode::Lossy, _) => {
                let epsilon = self.epsilon.map_or(self.min_support.0 / 10.0, |epsilon| epsilon.0);
                if epsilon >= self.min_support.0 {
                    let what = "it must be more than epsilon, which is a tenth of it usually";
                    problems.push(Problem::at("min_support", what));
                }
                Some(Memory::Lossy(epsilon))
            }
        }
    }
}

/// The column of lists that a parameter names, or the problem with it.
fn lists(schema: &Schema, key: &str, name: &str) -> Result<usize, Problem> {
    let at = column(schema, key, name)?;
    match &schema.fields[at] {
        Field { of: Type::List, .. } => Ok(at),
        Field { of, .. } => Err(Problem::at(
            key,
            format!(
                "column \"{name}\" is {of}, a list is needed (the step collect makes baskets of rows, items_of makes \
                 items of columns)"
            ),
        )),
    }
}
