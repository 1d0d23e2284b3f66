//! Learns which items come together: who has these in the basket has those too.
//!
//! ```toml
//! operator = "association_rules"
//! items = "basket"        # a column of lists; the step collect makes them of rows
//! min_support = 0.5       # all items of a rule are together in so many of the baskets
//! min_confidence = 0.8    # of the baskets with the antecedent so many have the consequent too
//! ```
//!
//! | basket list<str> (in) | antecedent list<str> (out) | consequent list<str> (out) | count i64 (out) | support f64 (out) | confidence f64 (out) | lift f64 (out) | leverage f64 (out) | conviction f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | ["bread","butter"] ["butter","bread","butter"] ["bread"] ["milk"] | ["butter"] | ["bread"] | 2 | 0.5 | 1 | 1.3333333333333333 | 0.125 | inf | 0 | 1 |
//!
//! | a column | is |
//! |---|---|
//! | `count` | how many baskets hold antecedent and consequent |
//! | `support` | that, as a part of all baskets |
//! | `confidence` | that, as a part of the baskets with the antecedent |
//! | `lift` | confidence as a multiple of the part of all baskets with the consequent: 1 when both are independent |
//! | `leverage` | support less what it would be if both were independent |
//! | `conviction` | how much more often it would be wrong if both were independent; without end when it never is |
//!
//! All figures of a row are of the same baskets. `consequent = "any"` (the usual one) tells rules with any number of
//! items on both sides, as mlxtend does; `"single"` those with one item in the consequent, as arules does. Rules come
//! by their lift, then confidence, then count, the greatest first; equal ones by their items. At most `max_rules`
//! (100,000) are told at a time, the first ones; the others are counted (`left_out`).
//!
//! A set of rules goes out when the stream ends, and before that each `every` (so many baskets, or so long) if that is
//! said. `set` numbers them from 0, `rows` says how many rows the set has: who has read so many has all of it. Where no
//! rule holds any more, one row goes out in which all is NULL but `set` and `rows`, which is 0: `recommend` knows by it
//! that those before are over (not with `per`, and not with `changes`, which tells what is gone).
//!
//! | mode | which baskets count |
//! |---|---|
//! | `"exact"` | all of the stream (the usual one); equal baskets are remembered once |
//! | `"window"` | the last `window = 10000`, or those of the last `window = "1h"` of event time; what leaves is subtracted |
//! | `"lossy"` | all of the stream, in little memory: `count` is too low by `epsilon` of all baskets at most |
//!
//! ```toml
//! operator = "association_rules"
//! items = "basket"
//! min_support = 0.5
//! min_confidence = 0.5
//! mode = "window"
//! window = 2
//! every = 2
//! changes = true          # only what has changed since the last set
//! moved_by = 0.1          # so far the confidence of a rule must be from the one told last
//! ```
//!
//! | basket list<str> (in) | antecedent list<str> (out) | consequent list<str> (out) | count i64 (out) | support f64 (out) | confidence f64 (out) | lift f64 (out) | leverage f64 (out) | conviction f64 (out) | change str (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | ["a","b"] ["a","b"] ["a","b"] ["a"] ["c"] | ["a"] ["b"] ["a"] ["a"] ["b"] | ["b"] ["a"] ["b"] ["b"] ["a"] | 2 2 1 1 1 | 1 1 0.5 0.5 0.5 | 1 1 0.5 0.5 1 | 1 1 1 1 1 | 0 0 0 0 0 | inf inf 1 1 inf | appeared appeared moved gone gone | 0 0 1 2 2 | 2 2 1 2 2 |
//!
//! ```toml
//! operator = "association_rules"
//! items = "basket"
//! min_support = 0.9
//! min_confidence = 0.9
//! mode = "lossy"
//! epsilon = 0.1
//! per = "shop"            # rules of each shop for themselves
//! keys_max = 1000
//! ```
//!
//! | shop str (in) | basket list<str> (in) | shop str (out) | antecedent list<str> (out) | consequent list<str> (out) | count i64 (out) | support f64 (out) | confidence f64 (out) | lift f64 (out) | leverage f64 (out) | conviction f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | a b a | ["x","z"] ["y"] ["z","x"] | a a | ["x"] ["z"] | ["z"] ["x"] | 2 2 | 1 1 | 1 1 | 1 1 | 0 0 | inf inf | 0 0 | 2 2 |
//!
//! With `changes` a row says how a rule has changed: it `appeared`, it has `moved`, or it is `gone`; a rule that is
//! gone comes with the figures of the last set that had it. A set without a change has no rows.
//!
//! What is said of `items`, NULL, memory, `max_items`, `max_sets`, mode `lossy`, time and the state stands on the page
//! of `frequent_itemsets`: the same itemsets are found, and of them rules are made. In mode `lossy` the figures of a
//! rule are those of counts that are too low; no rule is made of itemsets that are in fewer baskets than `min_support -
//! epsilon`. With `changes` the rules told last are remembered besides, `max_rules` for each key at most.
//!
//! With `per` each key has rules of its own, and its columns come first; with several workers each has sets of its
//! keys, numbered for itself. The report counts `baskets`, records without one (`skipped`), those older than the
//! window (`late`), `sets` and `rows` that went out, rules `left_out`, and what had to go for want of room
//! (`evicted`). With `report = "best"` it has the first 100 rules of the newest set instead.
//!
//! Agrawal & Srikant 1994, Fast algorithms for mining association rules; Brin, Motwani, Ullman & Tsur 1997, Dynamic
//! itemset counting (conviction); Piatetsky-Shapiro 1991 (leverage).

use super::common::itemsets::{Mining, Rows, Sets, Tells, planned};
use crate::data::{Type, Value};
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Share;
use changes::{Change, Told};
use rules::{Consequent, Figures, Rules};
use serde::Deserialize;

mod changes;
mod rules;

pub(super) const OPERATOR: Spec = Spec::new(
    "association_rules",
    "which items come together: rules with support, confidence and lift",
    include_str!("association_rules.rs"),
    plan,
)
.parameters::<With<Own, Mining>>()
.called(&["rules", "market_basket", "basket_analysis", "apriori_rules", "arules", "associations"])
.seeded("seed")
.keyed("per")
.shows(Shows::Rules, &["baskets", "sets", "rows", "left_out", "evicted"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Of the baskets with the antecedent at least so many have the consequent too: "30%", 0.3.
    min_confidence: Share,
    /// Rules with any number of items in the consequent, or with a single one.
    #[serde(default)]
    consequent: Consequent,
    /// Whether only rules are told that have changed since the last set.
    #[serde(default)]
    changes: bool,
    /// With changes: so far the confidence of a rule must be from the one told last; 0.05, if absent.
    moved_by: Option<Share>,
    /// So many rules are told at a time at most: the first by lift.
    #[serde(default = "hundred_thousand")]
    #[schemars(range(min = 1, max = 10_000_000))]
    max_rules: usize,
}

fn hundred_thousand() -> usize {
    100_000
}

const MOVED_BY: Share = Share(0.05);

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<With<Own, Mining>>(params)?;
    let mut problems = Vec::new();
    if own.moved_by.is_some() && !own.changes {
        let what = "it belongs to changes = true: say that, or leave it out";
        problems.push(Problem::at("moved_by", what));
    }
    let associations = Associations {
        rules: Rules {
            consequent: own.consequent,
            confidence_min: own.min_confidence.0,
            rules_max: own.max_rules,
        },
        moved_by: own.changes.then_some(own.moved_by.unwrap_or(MOVED_BY).0),
    };
    planned(OPERATOR.name, &shared, associations, only(inputs), problems)
}

#[derive(Clone)]
struct Associations {
    rules: Rules,
    /// Only changes are told; a rule has changed when its confidence has by so much.
    moved_by: Option<f64>,
}

const FIGURES: [(&str, Type); 6] = [
    ("count", Type::I64),
    ("support", Type::F64),
    ("confidence", Type::F64),
    ("lift", Type::F64),
    ("leverage", Type::F64),
    ("conviction", Type::F64),
];

impl Tells for Associations {
    type Memory = Told;

    fn columns(&self) -> Vec<(&'static str, Type)> {
        let mut columns = vec![("antecedent", Type::List), ("consequent", Type::List)];
        columns.extend(FIGURES);
        columns.extend(self.moved_by.map(|_| ("change", Type::Str)));
        columns
    }

    fn tell(&self, sets: &Sets<'_>, told: &mut Told, rows: &mut Rows<'_>) -> u64 {
        let (rules, left_out) = self.rules.of(sets);
        let Some(moved_by) = self.moved_by else {
            rules.iter().for_each(|rule| tell(rule.sides(sets), &rule.figures, None, rows));
            return left_out;
        };
        told.compare(sets, &rules, moved_by, |sides, figures, change| {
            tell(sides, figures, Some(change), rows)
        });
        left_out
    }

    fn tells_none(&self) -> bool {
        self.moved_by.is_none()
    }

    fn identity(&self) -> String {
        format!("{:?} {:?}", self.rules, self.moved_by)
    }
}

fn tell(
    (antecedent, consequent): (Vec<&str>, Vec<&str>),
    figures: &Figures,
    change: Option<Change>,
    rows: &mut Rows<'_>,
) {
    let values = [
        Value::List(antecedent),
        Value::List(consequent),
        Value::I64(figures.count as i64),
        Value::F64(figures.support),
        Value::F64(figures.confidence),
        Value::F64(figures.lift),
        Value::F64(figures.leverage),
        Value::F64(figures.conviction),
    ];
    rows.push(values.into_iter().chain(change.map(|change| Value::Str(change.word()))));
}
