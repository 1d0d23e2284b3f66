//! What a record costs early in a long stream and at its end, and how long the slowest one in a hundred takes.

use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result};
use sluicebox::numeric::SplitMix64;
use sluicebox::operator::{Account, Cx, Desk, Input};
use sluicebox::registry;
use std::path::Path;

const RECORDS: usize = 1_000_000;
/// Parts of the stream; the first one warms up.
const TENTH: usize = RECORDS / 10;
const FEATURES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

const LEARNERS: [(&str, &str); 12] = [
    ("naive_bayes", "label = \"label\""),
    ("logistic_regression", "label = \"label\""),
    ("hoeffding_tree", "label = \"label\""),
    ("adaptive_hoeffding_tree", "label = \"label\""),
    ("adaptive_random_forest", "label = \"label\""),
    ("kmeans", "k = 8\nfeatures = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"),
    ("half_space_trees", "features = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"),
    ("robust_zscore", "features = [\"a\", \"b\"]"),
    ("adwin", "field = \"a\""),
    ("page_hinkley", "field = \"a\"\nthreshold = 100000"),
    ("heavy_hitters", "items = \"kind\""),
    (
        "association_rules",
        "items = \"items\"\nmode = \"window\"\nwindow = 50000\nmin_support = 0.05\nmin_confidence = 0.5",
    ),
];

fn schema() -> Schema {
    let numbers = FEATURES.iter().fold(Schema::default(), |schema, name| schema.with(name, Type::F64));
    numbers.with("kind", Type::Str).with("label", Type::Str).with("items", Type::List)
}

/// One record: a class that two of six numbers and a name decide, but for one in ten; a basket of eight things.
fn record(batch: &mut Batch, schema: &Schema, random: &mut SplitMix64) {
    batch.reset(schema);
    batch.id.push(1);
    batch.born_ns.push(1);
    let numbers: [f64; 6] = std::array::from_fn(|_| random.below(1 << 20) as f64 / (1u64 << 20) as f64);
    let kind = random.below(5);
    let high = numbers[0] + numbers[1] > 1.0;
    let class = if random.below(10) == 0 { random.below(2) == 0 } else { high != (kind == 0) };
    let mut item = || {
        // The smaller the number, the more often.
        let below = 1 + random.below(200);
        format!("i{}", random.below(below))
    };
    let items: Vec<String> = (0..8).map(|_| item()).collect();
    let kinds = ["v0", "v1", "v2", "v3", "v4"];
    let values = numbers.into_iter().map(Value::F64).chain([
        Value::Str(kinds[kind as usize]),
        Value::Str(if class { "yes" } else { "no" }),
        Value::List(items.iter().map(String::as_str).collect()),
    ]);
    batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
}

/// Record by record, since a batch of one is what comes at 10,000 a second.
fn learner(operator: &str, params: &str) -> Result<String> {
    let failed = |what: String| Error::failed(format!("operator \"{operator}\": {what}"));
    let (_, spec) = registry::find(operator, false).ok_or_else(|| failed("there is none".to_string()))?;
    let schema = schema();
    let params = params.parse().map_err(|e| failed(format!("{e}")))?;
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]);
    let planned = planned.map_err(|problems| failed(format!("{problems:?}")))?;
    let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
    let (mut learner, mut random) = ((planned.make)(), SplitMix64::new(1));
    let (mut batch, mut took) = (Batch::new(&schema), vec![0u64; RECORDS]);
    for took in &mut took {
        record(&mut batch, &schema, &mut random);
        let begin = mono_ns();
        learner.process(&mut batch, desk.cx())?;
        *took = mono_ns() - begin;
    }
    // Others on the same machine make some records slow; the middle of a tenth is not moved by them.
    let middle = |tenth: usize| {
        let mut took = took[tenth * TENTH..(tenth + 1) * TENTH].to_vec();
        took.sort_unstable();
        let kept = &took[..TENTH * 99 / 100];
        kept.iter().sum::<u64>() as f64 / kept.len() as f64
    };
    let (first, last) = (middle(1), middle(9));
    took.sort_unstable();
    let p99 = took[RECORDS * 99 / 100] as f64 / 1000.0;
    let passed = if last <= 1.2 * first { "yes" } else { "**no**" };
    Ok(format!("| {operator} | {first:.0} | {last:.0} | {:.2} | {p99:.1} | {passed} |\n", last / first))
}

/// The table.
pub fn steady(_: &Path, _: usize) -> Result<String> {
    let mut text =
        "| operator | ns a record, 2nd tenth | last tenth | last / 2nd | p99, us | at most 1.2 |\n\
                    |---|---|---|---|---|---|\n"
            .to_string();
    for (operator, params) in LEARNERS {
        text += &learner(operator, params)?;
    }
    Ok(text)
}
