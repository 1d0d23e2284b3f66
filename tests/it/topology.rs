//! Topologies through all checks, with operators of our own.

mod files;
mod layers;
mod operators;
mod per;
mod plans;
mod roles;
mod wrong;

use sluicebox::topology::{Checked, Problems, load_from};
use std::path::Path;

/// A sound topology, to be spoilt.
const ORDERS: &str = r#"name = "orders"

[[stage]]
name = "orders"
operator = "shop"
seed = 7

[[stage]]
name = "clean"
from = "orders"
workers = 2
steps = [
  { operator = "filter", where = "quantity > 0" },
  { operator = "derive", fields = { zebra = "quantity", amount = "unit_price" } },
]

[[stage]]
name = "segments"
operator = "kmeans"
from = "clean"
k = 8
features = ["amount", "quantity"]

[[stage]]
name = "store"
operator = "sqlite"
from = ["segments", "segments/report", "clean/rejected"]
path = "out/orders.db"
"#;

fn load(text: impl AsRef<[u8]>, sets: &[&str]) -> Result<Checked, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, text).unwrap();
    load_file(&file, sets)
}

fn load_file(file: &Path, sets: &[&str]) -> Result<Checked, Problems> {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    load_from(operators::ROOMS, file, &sets)
}

fn problems(text: impl AsRef<[u8]>, sets: &[&str]) -> Problems {
    load(text, sets).expect_err("something is wrong with it")
}

/// What is wrong with `ORDERS` when a line of it is another.
fn spoilt(line: &str, by: &str) -> Problems {
    assert!(ORDERS.contains(line), "{line} is a line of it");
    problems(ORDERS.replacen(line, by, 1), &[])
}

/// The words underlined, what is wrong, and what was meant.
type Found = (String, String, Option<String>);

/// The only problem there is.
fn only(problems: &Problems, text: &str) -> Option<Found> {
    let [finding] = problems.findings.as_slice() else { return None };
    let underlined = match &finding.place {
        sluicebox::topology::Place::File(at) => text[at.clone()].to_string(),
        place => format!("{place:?}"),
    };
    Some((underlined, finding.what.clone(), finding.nearest.clone()))
}
