//! Rules made of frequent itemsets.

use crate::mining::common::itemsets::Sets;
use crate::operator::Index;
use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What may stand in the consequent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Consequent {
    /// One item.
    Single,
    /// Any number of items.
    #[default]
    Any,
}

/// Which rules are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub consequent: Consequent,
    pub confidence_min: f64,
    pub rules_max: usize,
}

/// What is said of a rule.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    pub count: u64,
    pub support: f64,
    pub confidence: f64,
    pub lift: f64,
    pub leverage: f64,
    pub conviction: f64,
}

/// A rule of one itemset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The place of the itemset among all.
    set: usize,
    /// Which of its items are the consequent, bit by bit.
    consequent: u32,
    pub figures: Figures,
}

/// An itemset of more items than this is never found: all its parts would be, and those are more than may be.
const LEN_MAX: usize = u32::BITS as usize;

impl Rule {
    /// The texts of both sides.
    pub(super) fn sides<'a>(&self, sets: &'a Sets<'_>) -> (Vec<&'a str>, Vec<&'a str>) {
        let text = |item: u32| sets.text(item);
        (self.side(sets, false).map(text).collect(), self.side(sets, true).map(text).collect())
    }

    fn side<'a>(&self, sets: &'a Sets<'_>, consequent: bool) -> impl Iterator<Item = u32> + 'a {
        let (items, mask) = (sets.found().get(self.set).0, self.consequent);
        side(items, if consequent { mask } else { !mask })
    }

    /// The order in which rules are told.
    fn order(&self, other: &Rule, sets: &Sets<'_>) -> Ordering {
        let (a, b) = (&self.figures, &other.figures);
        b.lift
            .total_cmp(&a.lift)
            .then_with(|| b.confidence.total_cmp(&a.confidence))
            .then_with(|| b.count.cmp(&a.count))
            .then_with(|| self.side(sets, false).cmp(other.side(sets, false)))
            .then_with(|| self.side(sets, true).cmp(other.side(sets, true)))
    }
}

/// The items whose bit is set.
fn side(items: &[u32], mask: u32) -> impl Iterator<Item = u32> {
    items.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, item)| *item)
}

impl Rules {
    /// All rules of these itemsets in their order, and how many more there were than may be told.
    pub(super) fn of(&self, sets: &Sets<'_>) -> (Vec<Rule>, u64) {
        let mut search = Search { rules: self, sets, counts: Counts::of(sets), all: Vec::new(), left_out: 0 };
        for (set, (items, count)) in sets.found().iter().enumerate() {
            if (2..=LEN_MAX).contains(&items.len()) {
                search.grow(set, count, 0, 0);
            }
        }
        search.cut(self.rules_max);
        let Search { mut all, left_out, .. } = search;
        all.sort_unstable_by(|a, b| a.order(b, sets));
        (all, left_out)
    }
}

struct Search<'a, 'b> {
    rules: &'a Rules,
    sets: &'a Sets<'b>,
    counts: Counts<'a, 'b>,
    all: Vec<Rule>,
    left_out: u64,
}

impl Search<'_, '_> {
    /// Moves items from `from` on into the consequent. What is not sure enough does not get surer with more of them
    /// there, so nothing is looked for beyond it.
    fn grow(&mut self, set: usize, count: u64, consequent: u32, from: usize) {
        let len = self.sets.found().get(set).0.len();
        for at in from..len {
            let consequent = consequent | 1 << at;
            if consequent.count_ones() as usize == len {
                continue;
            }
            let figures = self.figures(set, count, consequent);
            if figures.confidence < self.rules.confidence_min {
                continue;
            }
            self.all.push(Rule { set, consequent, figures });
            if self.all.len() >= 2 * self.rules.rules_max {
                self.cut(self.rules.rules_max);
            }
            if self.rules.consequent == Consequent::Any {
                self.grow(set, count, consequent, at + 1);
            }
        }
    }

    fn figures(&mut self, set: usize, count: u64, consequent: u32) -> Figures {
        let items = self.sets.found().get(set).0;
        let all = self.sets.baskets as f64;
        let before = self.counts.get(side(items, !consequent)) as f64 / all;
        let behind = self.counts.get(side(items, consequent)) as f64 / all;
        // Of supports, as others do it: which rules are just sure enough is the same to the last bit.
        let support = count as f64 / all;
        let confidence = support / before;
        let wrong = 1.0 - confidence;
        Figures {
            count,
            support,
            confidence,
            lift: confidence / behind,
            leverage: support - before * behind,
            conviction: if wrong > 0.0 { (1.0 - behind) / wrong } else { f64::INFINITY },
        }
    }

    /// Keeps the first so many.
    fn cut(&mut self, most: usize) {
        if self.all.len() > most {
            let sets = self.sets;
            self.all.select_nth_unstable_by(most, |a, b| a.order(b, sets));
            self.left_out += (self.all.len() - most) as u64;
            self.all.truncate(most);
        }
    }
}

/// The count of each itemset, by its items.
struct Counts<'a, 'b> {
    sets: &'a Sets<'b>,
    index: Index,
    wanted: Vec<u32>,
}

impl<'a, 'b> Counts<'a, 'b> {
    fn of(sets: &'a Sets<'b>) -> Counts<'a, 'b> {
        let mut index = Index::default();
        for (at, (items, _)) in sets.found().iter().enumerate() {
            index.insert(hash(items), at as u32);
        }
        Counts { sets, index, wanted: Vec::new() }
    }

    /// How many baskets hold a part of an itemset: all parts were found with it.
    fn get(&mut self, items: impl Iterator<Item = u32>) -> u64 {
        self.wanted.clear();
        self.wanted.extend(items);
        let is = |at: u32| self.sets.found().get(at as usize).0 == self.wanted;
        let at = self.index.find(hash(&self.wanted), is);
        at.map_or(0, |at| self.sets.found().get(at as usize).1)
    }
}

fn hash(items: &[u32]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed =
        items.iter().fold(ODD, |sum, item| (sum ^ u64::from(*item)).wrapping_mul(ODD).rotate_left(29));
    mixed.wrapping_mul(ODD)
}
