//! Finds the sets of items that are together in many baskets.
//!
//! ```toml
//! operator = "frequent_itemsets"
//! items = "basket"       # a column of lists; the step collect makes them of rows
//! min_support = "50%"    # in so many of the baskets
//! ```
//!
//! | basket list<str> (in) | items list<str> (out) | count i64 (out) | support f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|
//! | ["bread","milk"] ["milk"] ["bread","milk","milk"] ["tea"] | ["milk"] ["bread"] ["bread","milk"] | 3 2 2 | 0.75 0.5 0.5 | 0 0 0 | 3 3 3 |
//!
//! A basket is a list of texts in any order; a text twice in it counts once. An empty list is a basket too, NULL is
//! none (`skipped`). `support` is the part of all baskets that hold the set, and a set is frequent when `count` is
//! at least `min_support` of them. Rows come by their count, the greatest first; equal ones by their items.
//!
//! A set of rows goes out when the stream ends, and before that each `every` (so many baskets, or so long) if that is
//! said. `set` numbers them from 0, `rows` says how many rows the set has: who has read so many has all of it.
//!
//! | mode | which baskets count |
//! |---|---|
//! | `"exact"` | all of the stream (the usual one); equal baskets are remembered once |
//! | `"window"` | the last `window = 10000`, or those of the last `window = "1h"` of event time; what leaves is subtracted |
//! | `"lossy"` | all of the stream, in little memory: a count is never too high, and too low by `epsilon` of all baskets at most |
//!
//! ```toml
//! operator = "frequent_itemsets"
//! items = "basket"
//! min_support = 1.0
//! mode = "window"
//! window = 2
//! every = 3
//! max_len = 2            # sets of so many items at most
//! ```
//!
//! | basket list<str> (in) | items list<str> (out) | count i64 (out) | support f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|
//! | ["a","b"] ["a","b","c"] ["c","a","b"] ["c"] | ["a"] ["b"] ["c"] ["a","b"] ["a","c"] ["b","c"] ["c"] | 2 2 2 2 2 2 2 | 1 1 1 1 1 1 1 | 0 0 0 0 0 0 1 | 6 6 6 6 6 6 1 |
//!
//! In mode `lossy` none that is frequent is missing, and none is told that is in fewer than `min_support - epsilon` of
//! all baskets. `epsilon` is a tenth of `min_support` if it is not said. Counts are exact until 10,000 baskets, or 20 /
//! epsilon, have come. Where memory does not suffice for that, more has to go (`evicted`), and what was told may be
//! lower by more.
//!
//! ```toml
//! operator = "frequent_itemsets"
//! items = "basket"
//! min_support = 1.0
//! mode = "lossy"
//! epsilon = 0.1
//! per = "shop"           # baskets of each shop for themselves
//! keys_max = 1000
//! ```
//!
//! | shop str (in) | basket list<str> (in) | shop str (out) | items list<str> (out) | count i64 (out) | support f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|---|
//! | a b a | ["x"] ["y"] ["x","z"] | b a | ["y"] ["x"] | 1 2 | 1 1 | 0 0 | 2 2 |
//!
//! Memory is bounded, for each key of `per`: by `max_items` (100,000) different items and `memory` (256MiB) for all
//! that is remembered. Beyond that, of the whole stream the rarest items go, out of all baskets: what is told of the
//! others stays exact; one that comes back is counted anew. Of a window the oldest baskets go before their time. While
//! a set is made several times as much memory is needed again. More than `max_sets` (1,000,000) itemsets are never
//! made: the least support rises until they are so few; where too many are just as common, the longest go instead.
//! Those that had to go are counted (`left_out`; `evicted` while a batch of mode lossy is taken in) and it is said
//! once.
//!
//! A window of time ends at the latest time that came: one basket of a far future makes all later ones `late`. Where
//! times may be wrong, `filter` them before, or see `ahead_max` of the source.
//!
//! A basket costs as much time as it has items, one that leaves a window no more than it, and nothing is counted anew
//! when it leaves. Making a set costs time by the baskets that are remembered and the itemsets that are found.
//!
//! With `per` each key has baskets of its own, and its columns come first. With several workers each has sets of its
//! keys, numbered for itself, and `every` so many baskets of its own: let one worker do it where sets must be whole.
//! The report counts `baskets`, records without one (`skipped`), those older than the window (`late`), `sets` and
//! `rows` that went out, rows `left_out`, and what had to go for want of room (`evicted`: items, of a window baskets,
//! in mode lossy itemsets). With `report = "best"` it has the first 100 rows of the newest set instead. The state is
//! saved in one piece of at most `memory`, with `per` in pieces of some keys.
//!
//! Zaki 2000, Scalable algorithms for association mining; Manku & Motwani 2002, Approximate frequency counts over data
//! streams.

use super::common::itemsets::{Mining, Rows, Sets, Tells, planned};
use crate::data::{Type, Value};
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params;

pub(super) const OPERATOR: Spec = Spec::new(
    "frequent_itemsets",
    "which items are together in many baskets",
    include_str!("frequent_itemsets.rs"),
    plan,
)
.parameters::<Mining>()
.called(&["itemsets", "apriori", "fpgrowth", "fp_growth", "eclat", "frequent_patterns", "frequent_itemset"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["baskets", "sets", "rows", "evicted"]);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let mining: Mining = params::read(params)?;
    planned(OPERATOR.name, &mining, Itemsets, only(inputs), Vec::new())
}

#[derive(Clone)]
struct Itemsets;

impl Tells for Itemsets {
    type Memory = ();

    fn columns(&self) -> Vec<(&'static str, Type)> {
        vec![("items", Type::List), ("count", Type::I64), ("support", Type::F64)]
    }

    fn tell(&self, sets: &Sets<'_>, (): &mut (), rows: &mut Rows<'_>) -> u64 {
        let mut all: Vec<_> = sets.found().iter().collect();
        all.sort_unstable_by(|(a, more), (b, less)| (less, a.len(), a).cmp(&(more, b.len(), b)));
        for (items, count) in all {
            let texts = items.iter().map(|item| sets.text(*item)).collect();
            let support = count as f64 / sets.baskets as f64;
            rows.push([Value::List(texts), Value::I64(count as i64), Value::F64(support)]);
        }
        0
    }

    fn identity(&self) -> String {
        String::new()
    }
}
