//! What the modes promise: a window equals the exact way over its baskets, and a nearly counted stream its bounds.

use super::{Miner, Row, given, read};
use std::collections::{BTreeMap, BTreeSet};

/// Baskets of letters by a simple rule, with repetitions and all lengths from none to seven.
fn made(n: u64) -> Vec<BTreeSet<String>> {
    let mut state = 5u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..n).map(|_| (0..draw(8)).map(|_| format!("i{}", draw(4) * draw(5))).collect()).collect()
}

/// Every frequent itemset and its count, counted by looking.
fn counted(baskets: &[BTreeSet<String>], support: f64) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for basket in baskets {
        let items: Vec<&String> = basket.iter().collect();
        for mask in 1..1u32 << items.len() {
            let chosen = items.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            let chosen: Vec<&str> = chosen.map(|(_, item)| item.as_str()).collect();
            *counts.entry(chosen.join("|")).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count as f64 >= support * baskets.len() as f64);
    counts
}

fn counts(rows: &[Row]) -> BTreeMap<String, u64> {
    rows.iter().map(|row| (row["items"].clone(), row["count"].parse().unwrap())).collect()
}

#[test]
fn a_window_of_baskets_tells_what_is_frequent_in_it_alone() {
    let all = made(300);
    for window in [1, 7, 64, 100, 1000] {
        let params = format!("min_support = 0.1\nmode = \"window\"\nwindow = {window}\nevery = 50");
        let mut miner = Miner::new("frequent_itemsets", &params);
        let rows = miner.feed(given(&all));
        for set in 0..6usize {
            let end = (set + 1) * 50;
            let expected = counted(&all[end.saturating_sub(window)..end], 0.1);
            let of_set: Vec<Row> = rows.iter().filter(|row| row["set"] == set.to_string()).cloned().collect();
            assert_eq!(counts(&of_set), expected, "window {window}, set {set}");
            assert!(of_set.iter().all(|row| row["rows"] == of_set.len().to_string()));
        }
    }
}

#[test]
fn a_window_of_time_tells_what_is_frequent_in_it_also_where_times_are_disordered() {
    let all = made(200);
    let times: Vec<i64> = (0..200).map(|i| 10 * i - (i * 7919) % 60).collect();
    let mut miner = Miner::new(
        "frequent_itemsets",
        "min_support = 0.2\nmode = \"window\"\nwindow = \"300s\"\nevery = 40",
    );
    let rows = miner.feed(given(&all).zip(&times).map(|((basket, _), at)| (basket, *at)));
    for set in 0..5usize {
        let end = (set + 1) * 40;
        let latest = times[..end].iter().max().unwrap();
        let within: Vec<_> = all[..end]
            .iter()
            .zip(&times)
            .filter(|(_, at)| **at > latest - 300)
            .map(|(basket, _)| basket.clone())
            .collect();
        let of_set: Vec<Row> = rows.iter().filter(|row| row["set"] == set.to_string()).cloned().collect();
        assert_eq!(counts(&of_set), counted(&within, 0.2), "set {set}");
    }
    miner.feed([(vec!["i0"], 0)]);
    assert_eq!(miner.told("late"), 1, "a basket older than the window is counted and is not in it");
}

#[test]
fn equal_baskets_are_counted_as_often_as_they_come() {
    let all = made(2000);
    let mut miner = Miner::new("frequent_itemsets", "min_support = 0.01");
    miner.feed(given(&all));
    assert_eq!(counts(&miner.finish()), counted(&all, 0.01));
}

#[test]
fn nearly_counted_itemsets_keep_their_bound_and_none_is_missing() {
    let support = 0.02;
    for (name, epsilon) in [("groceries", 0.002), ("supermarket", 0.01)] {
        let Some(baskets) = read(name, str::to_string) else { return };
        let all: Vec<_> = baskets.iter().cycle().take(2 * baskets.len() + 20_000).cloned().collect();
        let n = all.len() as f64;
        let run = |params: &str, support: f64| {
            let mut miner =
                Miner::new("frequent_itemsets", &format!("min_support = {support}\nmax_len = 3\n{params}"));
            all.chunks(1000).for_each(|some| assert!(miner.feed(given(some)).is_empty()));
            counts(&miner.finish())
        };
        let exact = run("", support - epsilon - 0.001);
        let nearly = run(&format!("mode = \"lossy\"\nepsilon = {epsilon}"), support);
        for (items, count) in &nearly {
            let truly = exact
                .get(items)
                .unwrap_or_else(|| panic!("{name}: {items} is in fewer than min_support - epsilon"));
            assert!(count <= truly, "{name}: {items}: {count} of {truly}");
            assert!(*truly as f64 - *count as f64 <= epsilon * n, "{name}: {items}: {count} of {truly}");
        }
        let missing =
            exact.iter().find(|(items, count)| **count as f64 >= support * n && !nearly.contains_key(*items));
        assert_eq!(missing, None, "{name}");
    }
}

#[test]
fn keys_have_baskets_of_their_own() {
    let mut miner = Miner::new("association_rules", "min_support = 0.5\nmin_confidence = 0.5\nper = \"at\"");
    miner.feed([(vec!["a", "b"], 1), (vec!["c"], 2), (vec!["a", "b"], 1), (vec!["c", "d"], 2)]);
    let rows = miner.finish();
    let rows = rows
        .iter()
        .map(|row| format!("{} {}>{} {}", row["at"], row["antecedent"], row["consequent"], row["count"]));
    assert_eq!(rows.collect::<Vec<_>>(), ["1 a>b 2", "1 b>a 2", "2 d>c 1", "2 c>d 1"]);
}

#[test]
fn the_last_set_has_all_keys_also_where_it_ends_with_one() {
    let mut miner = Miner::new("frequent_itemsets", "min_support = 0.5\nper = \"at\"\nevery = 2");
    miner.feed([(vec!["a"], 1), (vec!["b"], 2), (vec!["a"], 1), (vec!["a"], 1)]);
    let keys: Vec<String> = miner.finish().iter().map(|row| row["at"].clone()).collect();
    assert_eq!(keys, ["2", "1"]);
}

#[test]
fn that_no_rule_holds_any_more_is_told_once() {
    let window = "min_support = 0.5\nmin_confidence = 0.5\nmode = \"window\"\nwindow = 2\nevery = 2";
    let mut miner = Miner::new("association_rules", window);
    let apart = || [(vec!["a"], 0), (vec!["b"], 0)];
    assert!(miner.feed(apart()).is_empty(), "there was none before");
    assert_eq!(miner.feed([(vec!["a", "b"], 0), (vec!["a", "b"], 0)]).len(), 2);
    let told = miner.feed(apart());
    let told: Vec<_> =
        told.iter().map(|row| (&row["antecedent"][..], &row["set"][..], &row["rows"][..])).collect();
    assert_eq!(told, [("NULL", "2", "0")]);
    assert!(miner.feed(apart()).is_empty());
}

#[test]
fn what_a_stage_says_of_every_is_told_to_the_step_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let text = "name = \"t\"\n[[stage]]\nname = \"orders\"\noperator = \"shop\"\ncount = 10\n\
        [[stage]]\nname = \"items\"\nfrom = \"orders\"\noperator = \"items_of\"\n\
        [[stage]]\nname = \"sets\"\nfrom = \"items\"\noperator = \"frequent_itemsets\"\nitems = \"items\"\n\
        min_support = 0.1\nevery = EVERY\n\
        [[stage]]\nname = \"end\"\nfrom = \"sets\"\noperator = \"null\"\n";
    for (every, told) in [("500", "500"), ("\"90s\"", "\"90s\"")] {
        std::fs::write(&file, text.replace("EVERY", every)).unwrap();
        let checked = sluicebox::topology::load(&file, &[]);
        let checked = checked.map_err(|problems| problems.render(false)).unwrap();
        let params = &checked.plan.stages[2].steps[0].params;
        assert_eq!(params.get("every").map(ToString::to_string).as_deref(), Some(told));
    }
}
