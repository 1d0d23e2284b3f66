//! Rules by their rank and by their antecedents: the best ones in a row, all others in a tree whose branches know the
//! best rule that is in them.

use super::rule::Rule;
use crate::data::key::hash;
use crate::operator;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// So many of the best rules are tried one after another before the tree is asked. A basket with many of the items
/// fires some of them soon, and would open most branches of a tree; one with few opens few.
const FRONT: usize = 2048;

/// A node stands for the items from the root to it; items go up along a path.
#[derive(Clone, Default)]
struct Node {
    item: u32,
    /// Its children, by their items.
    children: Range<u32>,
    /// The rules with just this antecedent, the best first.
    rules: Range<u32>,
    /// The best rank that a rule here or below has.
    best: u32,
}

/// A rule's items in `Index::items`: its antecedent in order of their codes, then its consequent.
#[derive(Clone, Copy, Default)]
struct Place {
    rule: u32,
    antecedent: u32,
    consequent: u32,
    end: u32,
}

/// Rules in the order of their rank.
#[derive(Clone, Default)]
pub(super) struct Index {
    texts: Vec<String>,
    codes: operator::Index,
    /// By rank, 0 is the best.
    places: Vec<Place>,
    items: Vec<u32>,
    /// The root is the first. None, if there are few rules.
    nodes: Vec<Node>,
    /// By node: the ranks of its rules.
    ranks: Vec<u32>,
    /// A basket's items that are known, in order.
    basket: Vec<u32>,
    /// By item: the last basket that had it.
    had: Vec<u32>,
    baskets: u32,
    /// Branches that are still to be walked through, the one with the best rule first: that rule, the node, and from
    /// which place of the basket on.
    open: BinaryHeap<Reverse<(u32, u32, u32)>>,
    /// The ranks of the best rules so far, the worst last.
    best: Vec<u32>,
    /// How many rules and nodes were looked at.
    visited: u64,
}

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
        for rule in order {
            index.add(rule, &rules[rule as usize]);
        }
        index.had = vec![0; index.texts.len()];
        let mut others: Vec<u32> = (FRONT.min(rules.len()) as u32..rules.len() as u32).collect();
        others.sort_unstable_by(|a, b| index.antecedent(*a).cmp(index.antecedent(*b)).then_with(|| a.cmp(b)));
        if !others.is_empty() {
            index.grow(&others);
        }
        index
    }

    /// Gives a rule the next rank.
    fn add(&mut self, at: u32, rule: &Rule) {
        let antecedent = self.items.len();
        for text in &rule.antecedent {
            let code = self.code(text);
            self.items.push(code);
        }
        self.items[antecedent..].sort_unstable();
        let mut distinct = antecedent;
        for at in antecedent..self.items.len() {
            if at == antecedent || self.items[at] != self.items[at - 1] {
                self.items[distinct] = self.items[at];
                distinct += 1;
            }
        }
        self.items.truncate(distinct);
        for text in &rule.consequent {
            let code = self.code(text);
            self.items.push(code);
        }
        let [antecedent, consequent, end] = [antecedent, distinct, self.items.len()].map(|at| at as u32);
        self.places.push(Place { rule: at, antecedent, consequent, end });
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

    fn antecedent(&self, rank: u32) -> &[u32] {
        let place = self.places[rank as usize];
        &self.items[place.antecedent as usize..place.consequent as usize]
    }

    /// Makes all nodes, of ranks in the order of their antecedents. An antecedent may be of any length, so what is open
    /// waits in a list.
    fn grow(&mut self, ranks: &[u32]) {
        self.nodes.push(Node::default());
        // A node, and its rules: all of them begin with its items.
        let mut open: Vec<(usize, &[u32], usize)> = vec![(0, ranks, 0)];
        while let Some((node, ranks, depth)) = open.pop() {
            let own = ranks.partition_point(|rank| self.antecedent(*rank).len() == depth);
            let start = self.ranks.len() as u32;
            self.ranks.extend(&ranks[..own]);
            let first = self.nodes.len() as u32;
            let item = |rank: u32| self.antecedent(rank)[depth];
            let mut children = Vec::new();
            for group in ranks[own..].chunk_by(|a, b| item(*a) == item(*b)) {
                open.push((self.nodes.len() + children.len(), group, depth + 1));
                children.push(Node { item: item(group[0]), ..Node::default() });
            }
            self.nodes.append(&mut children);
            let best = ranks.iter().copied().min().unwrap_or(u32::MAX);
            let (children, rules) = (first..self.nodes.len() as u32, start..start + own as u32);
            self.nodes[node] = Node { item: self.nodes[node].item, children, rules, best };
        }
    }

    /// Adds the places of the best `k` rules that fire for a basket, the best first.
    pub(super) fn best<'a>(&mut self, basket: impl Iterator<Item = &'a str>, k: usize, fired: &mut Vec<u32>) {
        self.take(basket);
        self.best.clear();
        self.try_the_front(k);
        self.open.clear();
        if let Some(root) = self.nodes.first() {
            self.open.push(Reverse((root.best, 0, 0)));
        }
        while let Some(Reverse((best, node, from))) = self.open.pop() {
            if !self.is_wanted(best, k) {
                // All others are worse.
                break;
            }
            self.visit(node, from, k);
        }
        fired.extend(self.best.iter().map(|rank| self.places[*rank as usize].rule));
    }

    /// Takes the items of a basket that any rule has.
    fn take<'a>(&mut self, basket: impl Iterator<Item = &'a str>) {
        let Index { texts, codes, basket: items, had, baskets, .. } = self;
        *baskets = baskets.checked_add(1).unwrap_or_else(|| {
            had.fill(0);
            1
        });
        items.clear();
        for text in basket {
            let known = codes.find(hash(text.as_bytes()), |code| texts[code as usize] == text);
            if let Some(code) = known.filter(|code| had[*code as usize] != *baskets) {
                had[code as usize] = *baskets;
                items.push(code);
            }
        }
        items.sort_unstable();
    }

    fn has(&self, item: u32) -> bool {
        self.had[item as usize] == self.baskets
    }

    /// Tries the best of all rules one after another.
    fn try_the_front(&mut self, k: usize) {
        for rank in 0..self.places.len().min(FRONT) as u32 {
            if self.best.len() == k {
                return;
            }
            self.visited += 1;
            if self.antecedent(rank).iter().all(|item| self.has(*item)) && self.says_something(rank) {
                self.best.push(rank);
            }
        }
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
        // The shorter side is walked through: few branches are asked whether the basket has their item.
        if children.len() <= 4 * (self.basket.len() - from as usize) {
            for at in children {
                let Node { item, best, .. } = self.nodes[at as usize];
                if self.has(item) && self.is_wanted(best, k) {
                    let place = self.basket.partition_point(|other| *other <= item) as u32;
                    self.open.push(Reverse((best, at, place)));
                }
            }
            return;
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
        let Place { consequent, end, .. } = self.places[rank as usize];
        self.items[consequent as usize..end as usize].iter().any(|item| !self.has(*item))
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

    /// Work is counted, not timed: of a hundred thousand rules a basket of any length looks at few.
    #[test]
    fn a_basket_looks_at_few_rules_and_branches() {
        let rules = made(100_000, 500);
        let mut index = Index::of(&rules, false);
        for (length, expected) in [(1, 100), (10, 200), (60, 0), (300, 0)] {
            let mut most = 0;
            for n in 0..500u64 {
                let basket: Vec<String> =
                    (0..length).map(|i| format!("i{}", (n * 31 + i * i * 7 + i) % 500)).collect();
                let before = index.visited;
                index.best(basket.iter().map(String::as_str), 5, &mut Vec::new());
                most = most.max(index.visited - before);
            }
            assert!(most <= FRONT as u64 + expected, "{length} items: {most} rules and nodes");
        }
    }
}
