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
    partial: u64,
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
    /// Sets of which rows are missing.
    pub partial: u64,
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
            partial: 0,
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

    /// Takes a row of a set that has so many, as far as that is said. It may be no rule, and counts as one that came.
    pub(super) fn add(&mut self, rule: Option<Rule>, set: Option<i64>, rows: Option<i64>) {
        if set != self.set {
            if self.came > 0 {
                // No more of the set before comes: what has come is all there is of it.
                self.partial += 1;
                self.take();
            }
            self.set = set;
            if rows.is_none() {
                self.rules.clear();
                self.sets += 1;
            }
        }
        self.came += u64::from(rows.is_some());
        if let Some(rule) = rule {
            let to = if rows.is_some() { &mut self.coming } else { &mut self.rules };
            if to.len() < self.rules_max {
                to.push(rule);
            } else {
                self.left_out += 1;
            }
        }
        match rows {
            None => self.stale = true,
            Some(rows) if self.came >= rows.max(0) as u64 => self.take(),
            Some(_) => {}
        }
    }

    /// What has come takes the place of what was known.
    fn take(&mut self) {
        self.rules = std::mem::take(&mut self.coming);
        self.sets += 1;
        self.came = 0;
        self.stale = true;
    }

    /// Whether a set has begun to come and none was there before.
    pub(super) fn waits(&self) -> bool {
        self.sets == 0 && self.came > 0
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
            partial: self.partial,
            left_out: self.left_out,
        }
    }

    pub(super) fn go_on(&mut self, saved: Saved) {
        let Saved { rules, coming, came, set, sets, partial, left_out } = saved;
        *self = Known {
            rules,
            coming,
            came,
            set,
            sets,
            partial,
            left_out,
            stale: true,
            ..Known::new(self.by_lift, self.rules_max)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(confidence: f64) -> Option<Rule> {
        let text = |text: &str| vec![text.to_string()];
        Some(Rule { antecedent: text("tea"), consequent: text("milk"), confidence, lift: 1.0 })
    }

    #[test]
    fn rows_that_are_no_rules_count_as_come() {
        let mut known = Known::new(false, 10);
        known.add(rule(0.5), Some(0), Some(2));
        assert!(known.waits());
        known.add(None, Some(0), Some(2));
        assert_eq!((known.len(), known.sets, known.partial), (1, 1, 0));
    }

    #[test]
    fn what_has_come_of_a_set_takes_its_place_when_a_newer_one_begins() {
        let mut known = Known::new(false, 10);
        known.add(rule(0.1), Some(0), Some(3));
        known.add(rule(0.2), Some(0), Some(3));
        assert_eq!((known.len(), known.sets), (0, 0));
        known.add(rule(0.3), Some(1), Some(3));
        assert_eq!((known.len(), known.sets, known.partial), (2, 1, 1));
        let mut other = Known::new(false, 10);
        other.go_on(known.saved());
        other.add(rule(0.4), Some(2), Some(1));
        assert_eq!((other.len(), other.sets, other.partial), (1, 3, 2));
    }

    #[test]
    fn a_set_without_rows_takes_the_place_of_the_one_before() {
        let mut known = Known::new(false, 10);
        known.add(rule(0.5), Some(0), Some(1));
        known.add(None, Some(4), Some(0));
        assert_eq!((known.len(), known.sets, known.partial), (0, 2, 0));
        let mut fired = Vec::new();
        known.best(["tea"].into_iter(), 1, &mut fired);
        assert!(fired.is_empty());
    }
}
