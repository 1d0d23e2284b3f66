//! The `shop` source: the same orders always, and in them what its page says.

use crate::source::{Page, Source, problems};
use sluicebox::data::time;
use sluicebox::operator::{Account, Next};
use std::collections::{HashMap, HashSet};

fn rows(params: &str) -> Vec<Vec<String>> {
    Source::new("shop", params).run().unwrap().rows
}

#[test]
fn the_page_holds() {
    let page = Page::of(include_str!("../../src/ingest/shop.rs"));
    page.assert_holds(&Source::new("shop", &page.block("toml")).run().unwrap());
}

/// What is planted SHALL be what the columns of the truth say, and a restart SHALL go on with it.
#[test]
fn what_is_planted_can_be_found() {
    let params =
        "count = 60000\nsegments = true\noutliers = \"1%\"\ndrift_at = 30000\ntruth = true\ndirty = \"0%\"";
    let rows = rows(params);
    let mut lines: HashMap<&str, (usize, HashSet<&str>)> = HashMap::new();
    let mut together: HashMap<(&str, &str), (u64, u64)> = HashMap::new();
    let mut baskets: HashMap<&str, (HashSet<&str>, &str)> = HashMap::new();
    let (mut outliers, mut prices) = (0, HashMap::<(&str, &str), f64>::new());
    for (at, row) in rows.iter().enumerate() {
        let [order, _, customer, sku, _, _, price, _, _, segment, outlier, drifted] = &row[..] else {
            panic!()
        };
        let told = lines.entry(segment).or_default();
        told.0 += 1;
        told.1.insert(order);
        assert!(at >= 30_000 || drifted == "0", "{at}");
        assert!(at < 30_020 || drifted == "1", "{at}");
        outliers += usize::from(outlier == "1");
        if outlier == "0" {
            let price: f64 = price.parse().unwrap();
            let most = prices.entry((sku, drifted)).or_default();
            *most = most.max(price);
        }
        let basket = baskets.entry(order).or_default();
        basket.0.insert(sku);
        basket.1 = drifted;
        assert!(!customer.is_empty());
    }
    assert!((400..800).contains(&outliers), "{outliers}");
    let length = |segment: &str| lines[segment].0 as f64 / lines[segment].1.len() as f64;
    assert!(length("family") > length("usual") + 2.0, "{lines:?}", lines = lines.keys());
    let [before, after] = ["0", "1"].map(|drifted| prices[&("pasta-001", drifted)]);
    assert!((after / before - 1.5).abs() < 0.01, "{before} {after}");
    for (basket, drifted) in baskets.values().filter(|(basket, _)| basket.contains("pasta-001")) {
        for partner in ["sauce-001", "biscuits-001"] {
            let (n, of) = together.entry((partner, drifted)).or_default();
            *n += u64::from(basket.contains(partner));
            *of += 1;
        }
    }
    let share =
        |partner, drifted| together[&(partner, drifted)].0 as f64 / together[&(partner, drifted)].1 as f64;
    assert!(share("sauce-001", "0") > 0.55 && share("sauce-001", "1") < 0.45, "{together:?}");
    assert!(share("biscuits-001", "1") > 0.55 && share("biscuits-001", "0") < 0.45, "{together:?}");
}

#[test]
fn orders_depend_on_the_seed_alone() {
    let all = rows("count = 3000");
    assert_eq!(all.len(), 3000);
    assert_eq!(all, rows("count = 3000\nseed = 1"));
    assert_ne!(all, rows("count = 3000\nseed = 2"));
    assert_eq!(all[..500], rows("count = 500")[..]);
    assert!(rows("count = 0").is_empty());
}

#[test]
fn a_restart_goes_on_within_an_order() {
    let params = "count = 2000\nseed = 5\ndrift_at = 1000\ntruth = true";
    let mut whole = Source::new("shop", params).run().unwrap();
    let (mut rows, mut ids, mut account) = (Vec::new(), Vec::new(), Account::default());
    for crash in 0.. {
        let mut source = Source::resumed("shop", params, account.clone());
        source.desk.cx().records_max = 1 + crash % 7;
        let ended = (0..3).any(|_| source.step().unwrap() == Next::End);
        rows.append(&mut source.rows);
        ids.append(&mut source.ids);
        account = source.desk.account_mut().clone();
        if ended {
            break;
        }
    }
    assert_eq!((rows, ids), (whole.rows.clone(), whole.ids.clone()));
    assert_eq!(&account, whole.desk.account_mut());
}

#[test]
fn it_is_a_plausible_shop() {
    let rows = rows("count = 100000");
    let mut baskets: HashMap<&str, HashSet<&str>> = HashMap::new();
    let (mut skus, mut categories, mut dirty, mut last) = (HashSet::new(), HashSet::new(), 0, (0, 0));
    let mut countries: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
    for row in &rows {
        let [order, ts, customer, sku, category, quantity, price, country, channel] = &row[..] else {
            panic!()
        };
        assert!(baskets.entry(order).or_default().insert(sku), "a good is in a basket once");
        skus.insert(sku);
        categories.insert(category);
        *countries.entry(customer).or_default().entry(country).or_default() += 1;
        let (order, ts): (i64, i64) = (order.parse().unwrap(), time::parse(ts, None).unwrap());
        assert!((order, ts) >= last && (order == last.0 || order == last.0 + 1), "orders come one by one");
        assert!((1..=10_000).contains(&customer.parse::<i64>().unwrap()));
        assert!(["web", "app", "store"].contains(&channel.as_str()));
        let price: f64 = price.parse().unwrap();
        dirty += usize::from(quantity.is_empty() || price < 0.0);
        assert!(quantity.is_empty() || (1..=24).contains(&quantity.parse::<i64>().unwrap()));
        assert!((0.4..=30.0).contains(&price.abs()), "{price}");
        last = (order, ts);
    }
    assert!((1_800..2_200).contains(&dirty), "{dirty}");
    assert!(skus.len() > 950 && categories.len() == 12, "{} {}", skus.len(), categories.len());
    assert!(baskets.values().all(|basket| (1..=8).contains(&basket.len())));
    let with = |items: &[&str]| {
        baskets.values().filter(|basket| items.iter().all(|item| basket.contains(item))).count() as f64
    };
    let n = baskets.len() as f64;
    for (first, then, confidence) in [
        ("pasta-001", "sauce-001", 0.6),
        ("coffee-001", "biscuits-001", 0.45),
        ("bread-001", "butter-001", 0.5),
    ] {
        let (support, found) = (with(&[first, then]) / n, with(&[first, then]) / with(&[first]));
        assert!(
            support > 0.01 && found > confidence - 0.03 && found / (with(&[then]) / n) > 2.0,
            "{first} {support} {found}"
        );
    }
    let at_home =
        |orders: &HashMap<&str, usize>| (*orders.values().max().unwrap(), orders.values().sum::<usize>());
    let (home, all) = countries.values().map(at_home).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(home as f64 / all as f64 > 0.95, "a customer orders from one country");
}

#[test]
fn parameters_are_checked_and_pacing_counts_records() {
    assert_eq!(
        problems("shop", "customers = 0"),
        ["customers: \"customers\" must be a whole number from 1 to 281474976710656, not 0"]
    );
    assert!(problems("shop", "sede = 1")[0].ends_with("-> seed"));
    assert!(problems("shop", "rate = \"recorded x60\"")[0].starts_with("rate: "));
    assert!(rows("count = 1000\ndirty = 0").iter().all(|row| !row[5].is_empty() && !row[6].starts_with('-')));
    let mut source = Source::new("shop", "rate = \"1k/s\"\ncount = 3\ncustomers = 1");
    source.step().unwrap();
    assert_eq!((source.step().unwrap(), source.desk.cx().done()), (Next::At(1_000_000), 1));
    source.desk.cx().now_ns = 50_000_000;
    assert_eq!(
        (source.step().unwrap(), source.batch.born_ns.clone()),
        (Next::Again, vec![1_000_000, 2_000_000])
    );
    assert_eq!(source.step().unwrap(), Next::End);
    assert!(source.rows.iter().all(|row| row[2] == "1"));
}
