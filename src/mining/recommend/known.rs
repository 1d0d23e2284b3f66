//! The rules that are known, those that are still coming, and the index over what is known.

use super::index::Index;
use super::rule::Rule;
use serde::{Deserialize, Serialize};

/// What is saved: the index is made anew.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Saved {
    /// In the order in which they came.
    rules: Vec<Rule>,
    coming: Vec<Rule>,
    /// How many rows have come of the set that is coming, kept or not.
    came: u64,
    set: Option<i64>,
    sets: u64,
    left_out: u64,
}

#[derive(Clone)]
pub(super) struct Known {
    by_lift: bool,
    rules_max: usize,
    rules: Vec<Rule>,
    coming: Vec<Rule>,
    came: u64,
    set: Option<i64>,
    pub sets: u64,
    pub left_out: u64,
    index: Index,
    /// Rules have come that are not in the index.
    stale: bool,
}

impl Known {
    pub(super) fn new(by_lift: bool, rules_max: usize) -> Known {
        Known {
            by_lift,
            rules_max,
            rules: Vec::new(),
            coming: Vec::new(),
            came: 0,
            set: None,
            sets: 0,
            left_out: 0,
            index: Index::default(),
            stale: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn rule(&self, at: u32) -> &Rule {
        &self.rules[at as usize]
    }

    /// Takes a rule of a set that has so many, as far as that is said.
    pub(super) fn add(&mut self, rule: Rule, set: Option<i64>, rows: Option<i64>) {
        if set != self.set {
            (self.set, self.came) = (set, 0);
            self.coming.clear();
            if rows.is_none() {
                self.rules.clear();
                self.sets += 1;
            }
        }
        let to = if rows.is_some() { &mut self.coming } else { &mut self.rules };
        self.came += 1;
        if to.len() < self.rules_max {
            to.push(rule);
        } else {
            self.left_out += 1;
        }
        match rows {
            None => self.stale = true,
            Some(rows) if self.came >= rows.max(0) as u64 => {
                self.rules = std::mem::take(&mut self.coming);
                self.sets += 1;
                self.came = 0;
                self.stale = true;
            }
            Some(_) => {}
        }
    }

    /// Adds the places of the best `k` rules that fire for a basket, the best first.
    pub(super) fn best<'a>(&mut self, basket: impl Iterator<Item = &'a str>, k: usize, fired: &mut Vec<u32>) {
        if self.stale {
            self.index = Index::of(&self.rules, self.by_lift);
            self.stale = false;
        }
        self.index.best(basket, k, fired);
    }

    pub(super) fn saved(&self) -> Saved {
        Saved {
            rules: self.rules.clone(),
            coming: self.coming.clone(),
            came: self.came,
            set: self.set,
            sets: self.sets,
            left_out: self.left_out,
        }
    }

    pub(super) fn go_on(&mut self, saved: Saved) {
        let Saved { rules, coming, came, set, sets, left_out } = saved;
        *self = Known {
            rules,
            coming,
            came,
            set,
            sets,
            left_out,
            stale: true,
            ..Known::new(self.by_lift, self.rules_max)
        };
    }
}
