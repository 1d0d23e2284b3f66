//! Rules by their antecedents: a tree whose branches know the best rule that is in them.

use super::rule::Rule;
use crate::data::key::hash;
use crate::operator;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// A node stands for the items from the root to it; items go up along a path.
#[derive(Clone, Default)]
struct Node {
    item: u32,
    /// Its children, by their items.
    children: Range<u32>,
    /// The rules with just this antecedent, the best first.
    rules: Range<u32>,
    /// The best place that a rule here or below has.
    best: u32,
}

/// Rules in the order of their rank.
#[derive(Clone, Default)]
pub(super) struct Index {
    texts: Vec<String>,
    codes: operator::Index,
    /// The root is the first.
    nodes: Vec<Node>,
    /// By node: how good a rule is among all (0 is the best).
    ranks: Vec<u32>,
    /// By rank: which rule that is, and where its consequent ends in `consequents`.
    rules: Vec<(u32, u32)>,
    consequents: Vec<u32>,
    /// A basket's items that are known, in order.
    basket: Vec<u32>,
    /// Branches that are still to be walked through, the one with the best rule first: that rule, the node, and from
    /// which place of the basket on.
    open: BinaryHeap<Reverse<(u32, u32, u32)>>,
    /// The ranks of the best rules so far, the worst last.
    best: Vec<u32>,
    /// How many nodes were looked at.
    visited: u64,
}

/// An antecedent, and the ranks of its rules.
type Entry = (Vec<u32>, u32);

impl Index {
    pub(super) fn of(rules: &[Rule], by_lift: bool) -> Index {
        let mut index = Index::default();
        let mut order: Vec<u32> = (0..rules.len() as u32).collect();
        let key = |at: u32| {
            let Rule { confidence, lift, .. } = rules[at as usize];
            if by_lift { (lift, confidence) } else { (confidence, lift) }
        };
        order.sort_by(|a, b| {
            let ((a, a2), (b, b2)) = (key(*a), key(*b));
            b.total_cmp(&a).then_with(|| b2.total_cmp(&a2))
        });
        let mut entries: Vec<Entry> = Vec::with_capacity(rules.len());
        for (rank, at) in order.iter().enumerate() {
            let rule = &rules[*at as usize];
            let mut antecedent: Vec<u32> = rule.antecedent.iter().map(|text| index.code(text)).collect();
            antecedent.sort_unstable();
            antecedent.dedup();
            for text in &rule.consequent {
                let code = index.code(text);
                index.consequents.push(code);
            }
            index.rules.push((*at, index.consequents.len() as u32));
            entries.push((antecedent, rank as u32));
        }
        entries.sort_unstable();
        index.grow(&entries);
        index
    }

    fn code(&mut self, text: &str) -> u32 {
        let hash = hash(text.as_bytes());
        self.codes.find(hash, |code| self.texts[code as usize] == text).unwrap_or_else(|| {
            let code = self.texts.len() as u32;
            self.texts.push(text.to_string());
            self.codes.insert(hash, code);
            code
        })
    }

    /// Makes all nodes, of entries in order. An antecedent may be of any length, so what is open waits in a list.
    fn grow(&mut self, entries: &[Entry]) {
        self.nodes.push(Node::default());
        // A node, and its entries: all of them begin with its items.
        let mut open: Vec<(usize, &[Entry], usize)> = vec![(0, entries, 0)];
        while let Some((node, entries, depth)) = open.pop() {
            let own = entries.partition_point(|(antecedent, _)| antecedent.len() == depth);
            let start = self.ranks.len() as u32;
            self.ranks.extend(entries[..own].iter().map(|(_, rank)| rank));
            let first = self.nodes.len() as u32;
            for group in entries[own..].chunk_by(|a, b| a.0[depth] == b.0[depth]) {
                open.push((self.nodes.len(), group, depth + 1));
                self.nodes.push(Node { item: group[0].0[depth], ..Node::default() });
            }
            let children = first..self.nodes.len() as u32;
            let best = entries.iter().map(|(_, rank)| *rank).min().unwrap_or(u32::MAX);
            let rules = start..start + own as u32;
            self.nodes[node] = Node { item: self.nodes[node].item, children, rules, best };
        }
    }

    /// Adds the places of the best `k` rules that fire for a basket, the best first.
    pub(super) fn best<'a>(&mut self, basket: impl Iterator<Item = &'a str>, k: usize, fired: &mut Vec<u32>) {
        if self.nodes.is_empty() {
            return;
        }
        let Index { texts, codes, basket: items, .. } = self;
        items.clear();
        items.extend(
            basket.filter_map(|text| codes.find(hash(text.as_bytes()), |code| texts[code as usize] == text)),
        );
        items.sort_unstable();
        items.dedup();
        self.best.clear();
        self.open.clear();
        self.open.push(Reverse((self.nodes[0].best, 0, 0)));
        while let Some(Reverse((best, node, from))) = self.open.pop() {
            if !self.is_wanted(best, k) {
                // All others are worse.
                break;
            }
            self.visit(node, from, k);
        }
        fired.extend(self.best.iter().map(|rank| self.rules[*rank as usize].0));
    }

    /// Whether a rule of this rank is wanted still.
    fn is_wanted(&self, rank: u32, k: usize) -> bool {
        self.best.len() < k || self.best.last().is_some_and(|worst| rank < *worst)
    }

    /// Takes the rules of a node, and opens the branches for which the basket has the item, from its place `from` on.
    fn visit(&mut self, node: u32, from: u32, k: usize) {
        let Node { rules, children, .. } = self.nodes[node as usize].clone();
        self.visited += 1;
        for at in rules {
            let rank = self.ranks[at as usize];
            if !self.is_wanted(rank, k) {
                break;
            }
            if self.says_something(rank) {
                let at = self.best.partition_point(|other| *other < rank);
                self.best.insert(at, rank);
                self.best.truncate(k);
            }
        }
        let mut branches = children;
        for at in from as usize..self.basket.len() {
            let item = self.basket[at];
            let left = &self.nodes[branches.start as usize..branches.end as usize];
            branches.start += left.partition_point(|child| child.item < item) as u32;
            if branches.is_empty() {
                return;
            }
            let child = &self.nodes[branches.start as usize];
            if child.item == item && self.is_wanted(child.best, k) {
                self.open.push(Reverse((child.best, branches.start, at as u32 + 1)));
            }
        }
    }

    /// Whether the basket has not all of a rule's consequent.
    fn says_something(&self, rank: u32) -> bool {
        let end = self.rules[rank as usize].1 as usize;
        let start = if rank == 0 { 0 } else { self.rules[rank as usize - 1].1 as usize };
        self.consequents[start..end].iter().any(|item| self.basket.binary_search(item).is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules over items 0 to `items`, by a simple rule.
    fn made(n: usize, items: u64) -> Vec<Rule> {
        let mut state = 11u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let some = |draw: &mut dyn FnMut(u64) -> u64, most: u64| {
            (0..1 + draw(most)).map(|_| format!("i{}", draw(items))).collect::<Vec<_>>()
        };
        let rule = |_| Rule {
            antecedent: some(&mut draw, 3),
            consequent: some(&mut draw, 2),
            confidence: draw(1000) as f64 / 1000.0,
            lift: draw(50) as f64 / 10.0,
        };
        (0..n).map(rule).collect()
    }

    #[test]
    fn the_best_rules_are_those_that_a_look_at_all_of_them_finds() {
        let rules = made(3000, 40);
        for by_lift in [false, true] {
            let mut index = Index::of(&rules, by_lift);
            for n in 0..200usize {
                let basket: Vec<String> =
                    (0..n % 12).map(|i| format!("i{}", (n * 7 + i * i * 3) % 45)).collect();
                let has = |item: &String| basket.contains(item);
                let fires = |rule: &Rule| rule.antecedent.iter().all(has) && !rule.consequent.iter().all(has);
                let mut all: Vec<u32> = (0..3000).filter(|at| fires(&rules[*at as usize])).collect();
                let key = |at: &u32| {
                    let Rule { confidence, lift, .. } = rules[*at as usize];
                    if by_lift { (-lift, -confidence) } else { (-confidence, -lift) }
                };
                all.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap());
                all.truncate(5);
                let mut fired = Vec::new();
                index.best(basket.iter().map(String::as_str), 5, &mut fired);
                assert_eq!(fired, all, "{basket:?}");
            }
        }
    }

    #[test]
    fn an_antecedent_may_be_longer_than_any_stack() {
        let items: Vec<String> = (0..200_000).map(|i| format!("i{i}")).collect();
        let rule = Rule {
            antecedent: items.clone(),
            consequent: vec!["all".to_string()],
            confidence: 1.0,
            lift: 1.0,
        };
        let mut index = Index::of(&[rule], false);
        let mut fired = Vec::new();
        index.best(items.iter().map(String::as_str), 1, &mut fired);
        index.best(items[1..].iter().map(String::as_str), 1, &mut fired);
        assert_eq!(fired, [0]);
    }

    /// Work is counted, not timed: a basket of ten looks at few of a hundred thousand rules.
    #[test]
    fn a_basket_walks_through_few_branches() {
        let rules = made(100_000, 500);
        let mut index = Index::of(&rules, false);
        let mut most = 0;
        for n in 0..1000u64 {
            let basket: Vec<String> = (0..10).map(|i| format!("i{}", (n * 31 + i * i * 7) % 500)).collect();
            let before = index.visited;
            index.best(basket.iter().map(String::as_str), 5, &mut Vec::new());
            most = most.max(index.visited - before);
        }
        assert!(most <= 100, "{most} nodes");
    }
}
