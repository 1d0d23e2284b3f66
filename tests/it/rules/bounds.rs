//! What is remembered is bounded whatever comes, and what goes is counted.

use super::Miner;
use std::collections::BTreeMap;

/// A basket of two items that come again and again and of three that never do.
fn bomb(i: usize) -> [String; 5] {
    [format!("often{}", i % 10), format!("too{}", i % 10), format!("a{i}"), format!("b{i}"), format!("c{i}")]
}

fn feed(miner: &mut Miner, n: usize) {
    for from in (0..n).step_by(1000) {
        let texts: Vec<_> = (from..from + 1000).map(bomb).collect();
        miner.feed(texts.iter().map(|basket| (basket.iter().map(String::as_str).collect(), 0)));
    }
}

#[test]
fn a_flood_of_new_items_takes_no_more_memory_than_is_allowed_and_what_is_common_stays_exact() {
    for (mode, params) in [
        ("exact", ""),
        ("lossy", "mode = \"lossy\"\nepsilon = 0.01"),
        ("window", "mode = \"window\"\nwindow = 50000"),
    ] {
        for bound in ["max_items = 5000", "memory = \"1MiB\""] {
            let params = format!("min_support = 0.05\nmax_len = 2\n{params}\n{bound}");
            let mut miner = Miner::new("frequent_itemsets", &params);
            feed(&mut miner, 100_000);
            let held = miner.saved();
            assert!(held < 3 << 20, "{mode}, {bound}: {held} bytes are held");
            let pairs: BTreeMap<String, f64> = miner
                .finish()
                .into_iter()
                .filter(|row| row["items"].contains('|'))
                .map(|row| (row["items"].clone(), row["support"].parse().unwrap()))
                .collect();
            assert_eq!(pairs.len(), 10, "{mode}, {bound}");
            assert!(pairs.values().all(|support| (support - 0.1).abs() < 0.01), "{mode}, {bound}: {pairs:?}");
            assert!(mode == "lossy" || miner.told("evicted") > 0, "{mode}, {bound}");
        }
    }
}

/// Dense baskets, of which nearly every part is common.
#[test]
fn what_is_nearly_counted_finds_room_also_where_all_is_common() {
    let items: Vec<String> = (0..16).map(|i| format!("i{i}")).collect();
    let basket = |n: usize| {
        items
            .iter()
            .enumerate()
            .filter(move |(at, _)| !(n * 7919).is_multiple_of(at + 2))
            .map(|(_, item)| item.as_str())
    };
    let params = "min_support = 0.2\nmode = \"lossy\"\nepsilon = 0.01\nmemory = \"64KiB\"";
    let mut miner = Miner::new("frequent_itemsets", params);
    for from in (0..5000).step_by(100) {
        miner.feed((from..from + 100).map(|n| (basket(n).collect(), 0)));
        let held = miner.saved();
        assert!(held < 128 << 10, "{held} bytes are held");
    }
    assert!(!miner.finish().is_empty() && miner.told("evicted") > 0);
}

#[test]
fn no_more_itemsets_are_made_than_are_allowed_and_those_are_the_commonest() {
    let items: Vec<String> = (0..30).map(|i| format!("i{i:02}")).collect();
    let baskets = (0..30).map(|n| (items[..=n].iter().map(String::as_str).collect(), 0));
    let mut miner = Miner::new("frequent_itemsets", "min_support = 0.01\nmax_sets = 1000");
    miner.feed(baskets);
    let rows = miner.finish();
    // All parts of the first items: each further item halves how common the rarest is among them.
    let least = rows.iter().map(|row| row["count"].parse::<u64>().unwrap()).min().unwrap();
    assert!(
        (2..=1000).contains(&rows.len()) && rows.len() == (1 << (31 - least)) - 1,
        "{} from {least} on",
        rows.len()
    );
}

#[test]
fn no_more_rules_are_told_than_are_allowed_and_those_are_the_first() {
    let baskets = || (0..100).map(|i| (["a", "b", "c", "d", "e"][..1 + i * 7 % 5].to_vec(), 0));
    let run = |most: usize| {
        let params = format!("min_support = 0.1\nmin_confidence = 0.1\nmax_rules = {most}");
        let mut miner = Miner::new("association_rules", &params);
        miner.feed(baskets());
        let rows = miner.finish();
        let sides =
            rows.iter().map(|row| format!("{}>{}", row["antecedent"], row["consequent"])).collect::<Vec<_>>();
        (sides, miner.told("left_out"))
    };
    let (all, none) = run(100_000);
    let (some, left) = run(17);
    assert_eq!((none, left as usize), (0, all.len() - 17));
    assert_eq!(some, all[..17]);
}

#[test]
fn what_leaves_a_window_leaves_no_trace() {
    let mut miner = Miner::new("frequent_itemsets", "min_support = 0.5\nmode = \"window\"\nwindow = 100");
    feed(&mut miner, 2000);
    let early = miner.saved();
    feed(&mut miner, 50_000);
    let late = miner.saved();
    assert!(late <= early + early / 10, "{early} bytes at first, {late} at last");
}
