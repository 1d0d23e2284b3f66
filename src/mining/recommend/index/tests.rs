//! The index finds what a look at all rules finds, and looks at few.

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
            let basket: Vec<String> = (0..n % 12).map(|i| format!("i{}", (n * 7 + i * i * 3) % 45)).collect();
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
    let rule =
        Rule { antecedent: items.clone(), consequent: vec!["all".to_string()], confidence: 1.0, lift: 1.0 };
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
