//! The five reference files: the identical itemsets with identical counts, the identical rules, to 1e-9.

use super::{Miner, Row, given, read};
use crate::shared::shared;
use std::collections::BTreeMap;

/// Data set, least support and least confidence, as the names of the files say them.
const ALL: [(&str, &str, &str); 5] = [
    ("groceries", "0.01", "0.3"),
    ("groceries", "0.005", "0.3"),
    ("supermarket", "0.2", "0.7"),
    ("supermarket", "0.1", "0.9"),
    ("online_retail_h1", "0.015", "0.4"),
];

/// The rows of a reference file, by column.
fn reference(kind: &str, (name, support, confidence): (&str, &str, &str)) -> Option<Vec<Row>> {
    let path = shared(&format!("references/{kind}_{name}_s{support}_c{confidence}.csv"))?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    let head = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        head.iter().zip(&row).map(|(name, cell)| (name.to_string(), cell.to_string())).collect()
    };
    Some(reader.records().map(|record| row(record.unwrap())).collect())
}

fn sorted(items: &str, rename: impl Fn(&str) -> String) -> String {
    let mut items: Vec<String> = items.split('|').map(rename).collect();
    items.sort();
    items.join("|")
}

/// An item under a code that is in another order than its name.
fn permuted(item: &str) -> String {
    let code =
        item.bytes().fold(7u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    format!("{code:016x}")
}

fn plain(item: &str) -> String {
    item.to_string()
}

fn itemsets_are_those(rename: fn(&str) -> String) {
    for of in ALL {
        let (Some(expected), Some(baskets)) = (reference("itemsets", of), read(of.0, rename)) else { return };
        let mut miner = Miner::new("frequent_itemsets", &format!("min_support = {}", of.1));
        assert!(miner.feed(given(&baskets)).is_empty());
        let ours: BTreeMap<String, String> = miner
            .finish()
            .into_iter()
            .map(|mut row| (row.remove("items").unwrap(), row.remove("count").unwrap()))
            .collect();
        let theirs: BTreeMap<String, String> =
            expected.iter().map(|row| (sorted(&row["itemset"], rename), row["count"].clone())).collect();
        assert_eq!(ours.len(), expected.len(), "{of:?}");
        assert!(ours == theirs, "{of:?}: itemsets or counts differ");
    }
}

#[test]
fn itemsets_and_counts_are_those_of_mlxtend() {
    itemsets_are_those(plain);
}

#[test]
fn codes_of_items_do_not_matter() {
    itemsets_are_those(permuted);
}

#[test]
fn rules_are_those_of_mlxtend_and_those_with_one_consequent_those_of_arules() {
    for of in ALL {
        let (Some(expected), Some(baskets)) = (reference("rules", of), read(of.0, plain)) else { return };
        for consequent in ["any", "single"] {
            let theirs: Vec<&Row> = expected
                .iter()
                .filter(|row| consequent == "any" || !row["consequents"].contains('|'))
                .collect();
            let params =
                format!("min_support = {}\nmin_confidence = {}\nconsequent = \"{consequent}\"", of.1, of.2);
            let mut miner = Miner::new("association_rules", &params);
            miner.feed(given(&baskets));
            let rows = miner.finish();
            assert_eq!(rows.len(), theirs.len(), "{of:?} {consequent}");
            let ours: BTreeMap<(String, String), &Row> = rows
                .iter()
                .map(|row| ((row["antecedent"].clone(), row["consequent"].clone()), row))
                .collect();
            for theirs in theirs {
                let sides = (sorted(&theirs["antecedents"], plain), sorted(&theirs["consequents"], plain));
                let ours = ours.get(&sides).unwrap_or_else(|| panic!("{of:?}: {sides:?} is missing"));
                same_figures(ours, theirs, baskets.len());
            }
        }
    }
}

/// The file is written to eight places: what it says is taken from its counts, which are whole numbers.
fn same_figures(ours: &Row, theirs: &Row, baskets: usize) {
    let n = baskets as f64;
    let count = |column: &str| (theirs[column].parse::<f64>().unwrap() * n).round();
    let (both, before, behind) = (count("support"), count("antecedent support"), count("consequent support"));
    let (confidence, part) = (both / before, behind / n);
    let exact = [
        ("support", both / n),
        ("confidence", confidence),
        ("lift", confidence / part),
        ("leverage", both / n - before / n * part),
        ("conviction", (1.0 - part) / (1.0 - confidence)),
    ];
    assert_eq!(ours["count"], both.to_string());
    for (column, exact) in exact {
        let (our, written): (f64, f64) = (ours[column].parse().unwrap(), theirs[column].parse().unwrap());
        assert!((our - exact).abs() <= 1e-9 * exact.abs().max(1.0), "{column}: {our}, {exact}: {theirs:?}");
        assert!((our - written).abs() < 6e-9, "{column}: {our} is written as {written}");
    }
}
