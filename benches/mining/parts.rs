//! The tables of the bench.

use crate::common::median::median;
use crate::data::{Data, Table, flights, table};
use crate::ours::{Done, run};
use crate::theirs::{self, Line, find};
use sluicebox::error::{Error, Result};
use std::path::Path;

/// A table, of what lies in a folder; ours so often.
pub type Part = fn(&Path, usize) -> Result<String>;

/// Our operators by the models' usual short names, and how far the accuracy may be below the lesser of the others.
const MODELS: [(&str, &str, f64); 5] = [
    ("NB", "naive_bayes", 0.01),
    ("LR", "logistic_regression", 0.01),
    ("HT", "hoeffding_tree", 0.01),
    ("HAT", "adaptive_hoeffding_tree", 0.015),
    ("ARF10", "adaptive_random_forest", 0.015),
];
const DATA: [&str; 5] = ["elec2", "sea40k", "phishing", "covtype100k", "flights100k"];
/// A forest's accuracy is the mean over so many seeds.
const SEEDS: usize = 5;

fn read(shared: &Path, name: &str) -> Result<Table> {
    let folder = shared.join("data");
    match name {
        "covtype100k" => table(&folder.join("covtype100k.csv.gz")),
        "flights100k" => flights(&table(&folder.join("nycflights_jan_jun.csv.gz"))?),
        _ => table(&folder.join(format!("{name}.csv"))),
    }
}

fn yes(passed: bool) -> &'static str {
    if passed { "yes" } else { "**no**" }
}

/// Accuracy and Kappa of the classifiers, beside what others reach.
pub fn classes(shared: &Path, _: usize) -> Result<String> {
    let references = theirs::references(&shared.join("references"))?;
    let mut text = "| data | model | accuracy / Kappa | River | MOA | less than the lesser by | passed |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_string();
    for name in DATA {
        let data = read(shared, name)?.data("class");
        for (what, operator, least) in MODELS {
            let others: Vec<Option<&Line>> =
                ["river", "moa"].iter().map(|engine| find(&references, engine, name, what)).collect();
            let lesser =
                |of: fn(&Line) -> f64| others.iter().flatten().map(|line| of(line)).fold(f64::NAN, f64::min);
            let (accuracy_least, kappa_least) = (lesser(|line| line.accuracy), lesser(|line| line.kappa));
            if accuracy_least.is_nan() {
                continue;
            }
            let (accuracy, kappa) = mean(operator, &data, if what == "ARF10" { SEEDS } else { 1 })?;
            // Where Kappa has no mark of its own it goes with the accuracy.
            let kappa_may = if least > 0.01 { f64::NEG_INFINITY } else { kappa_least - 0.02 };
            let passed = accuracy >= accuracy_least - least && kappa >= kappa_may;
            let other = |line: &Option<&Line>| {
                line.map_or(String::new(), |line| format!("{:.4} / {:.3}", line.accuracy, line.kappa))
            };
            text += &format!(
                "| {name} | {what} | {accuracy:.4} / {kappa:.3} | {} | {} | {:+.2} points | {} |\n",
                other(&others[0]),
                other(&others[1]),
                100.0 * (accuracy_least - accuracy),
                yes(passed)
            );
        }
    }
    Ok(text)
}

/// Mean accuracy and Kappa over seeds from 1 on.
fn mean(operator: &str, data: &Data, seeds: usize) -> Result<(f64, f64)> {
    let (mut accuracy, mut kappa) = (0.0, 0.0);
    for seed in 1..=seeds {
        let done = run(operator, &format!("label = \"class\"\nseed = {seed}"), data)?;
        accuracy += done.told("accuracy") / seeds as f64;
        kappa += done.told("kappa") / seeds as f64;
    }
    Ok((accuracy, kappa))
}

/// Processor time for 100,000 records, all engines on this machine, one after the other.
pub fn cost(shared: &Path, repeat: usize) -> Result<String> {
    let scratch = std::env::temp_dir();
    let elec2 = read(shared, "elec2")?;
    let mut others = theirs::python(&shared.join("data"), "river")?;
    let shuttle = read(shared, "shuttle_anomaly")?;
    others.extend(theirs::moa(&elec2, "elec2", &theirs::CLASSIFIERS, &scratch)?);
    others.extend(theirs::moa(&shuttle, "shuttle", &theirs::SCORERS, &scratch)?);
    let mut text =
        "| data | model | s of CPU for 100,000 records | River | MOA | River / ours | MOA / ours |\n\
                    |---|---|---|---|---|---|---|\n"
            .to_string();
    let elec2 = elec2.data("class");
    let shuttle = without(shuttle, "anomaly")?.data("");
    let label = "label = \"class\"";
    let models = MODELS.map(|(what, operator, _)| (what, operator, "elec2", &elec2, label));
    for (what, operator, name, data, params) in
        models.into_iter().chain([("HST", "half_space_trees", "shuttle", &shuttle, "seed = 1")])
    {
        let ours = median_of(repeat, || run(operator, params, data))?;
        let n: usize = data.batches.iter().map(|batch| batch.len()).sum();
        let ours = 1e5 * ours / n as f64;
        let other = |engine: &str| find(&others, engine, name, what).map(|line| 1e5 * line.cpu_s / line.n);
        let [river, moa] = ["river", "moa"].map(other);
        let told = |cost: Option<f64>| cost.map_or("-".to_string(), |cost| format!("{cost:.2}"));
        let ratio = |cost: Option<f64>| cost.map_or("-".to_string(), |cost| format!("{:.1}", cost / ours));
        text += &format!(
            "| {name} | {what} | {ours:.3} | {} | {} | {} | {} |\n",
            told(river),
            told(moa),
            ratio(river),
            ratio(moa)
        );
    }
    Ok(text)
}

fn median_of(repeat: usize, run: impl Fn() -> Result<Done>) -> Result<f64> {
    Ok(median((0..repeat).map(|_| Ok(run()?.cpu_s)).collect::<Result<Vec<f64>>>()?))
}

fn without(all: Table, column: &str) -> Result<Table> {
    let at = all.at(column)?;
    let cut = |mut cells: Vec<String>| {
        cells.remove(at);
        cells
    };
    Ok(Table { head: cut(all.head), lines: all.lines.into_iter().map(cut).collect() })
}

/// Frequent itemsets: how many of those that others found are ours, and what it costs to find them.
pub fn sets(shared: &Path, repeat: usize) -> Result<String> {
    let others = theirs::python(&shared.join("data"), "sets")?;
    let mut text =
        "| baskets | support | itemsets | identical | ms of CPU | mlxtend | pyfim | mlxtend / ours | \
                    pyfim / ours |\n\
                    |---|---|---|---|---|---|---|---|---|\n"
            .to_string();
    let all = [
        ("groceries", "0.01", "s0.01_c0.3"),
        ("groceries", "0.005", "s0.005_c0.3"),
        ("supermarket", "0.2", "s0.2_c0.7"),
        ("supermarket", "0.1", "s0.1_c0.9"),
    ];
    for (name, support, file) in all {
        let data = read(shared, name)?.baskets()?;
        let params = format!("items = \"items\"\nmin_support = {support}");
        let done = run("frequent_itemsets", &params, &data)?;
        let expected = table(&shared.join(format!("references/itemsets_{name}_{file}.csv")))?;
        let same = same_sets(&done, &expected)?;
        let ours = 1000.0 * median_of(repeat, || run("frequent_itemsets", &params, &data))?;
        let other = |engine: &str| find(&others, engine, name, support).map(|line| 1000.0 * line.cpu_s);
        let [mlxtend, pyfim] = ["mlxtend", "pyfim"].map(other);
        let told = |cost: Option<f64>| cost.map_or("-".to_string(), |cost| format!("{cost:.1}"));
        let ratio = |cost: Option<f64>| cost.map_or("-".to_string(), |cost| format!("{:.1}", cost / ours));
        text += &format!(
            "| {name} | {support} | {} | {} | {ours:.1} | {} | {} | {} | {} |\n",
            expected.lines.len(),
            yes(same),
            told(mlxtend),
            told(pyfim),
            ratio(mlxtend),
            ratio(pyfim)
        );
    }
    Ok(text)
}

/// Whether the same sets came out, each with the same count.
fn same_sets(done: &Done, expected: &Table) -> Result<bool> {
    let (itemset, count) = (expected.at("itemset")?, expected.at("count")?);
    let mut theirs: Vec<(String, i64)> = Vec::new();
    for line in &expected.lines {
        let mut items: Vec<&str> = line[itemset].split('|').collect();
        items.sort_unstable();
        theirs.push((items.join("|"), line[count].parse().unwrap_or(-1)));
    }
    let mut ours = done.sets("items", "count");
    theirs.sort();
    ours.sort();
    Ok(ours == theirs)
}

/// k-means over the same records, scaled by their own limits.
pub fn clusters(shared: &Path, _: usize) -> Result<String> {
    let references = table(&shared.join("references/clustering.csv"))?;
    let rivals = [
        "sklearn MiniBatchKMeans partial_fit one pass b=1024",
        "sequential k-means 1/n, k-means on first 1000",
    ];
    let [of, by, ssq_at] = ["dataset", "algorithm", "ssq_minmax"].map(|name| references.at(name));
    let (of, by, ssq_at) = (of?, by?, ssq_at?);
    let mut text =
        "| data | k | SSQ, mean of 10 seeds | mini-batch | sequential | ours / better | passed |\n\
                    |---|---|---|---|---|---|---|\n"
            .to_string();
    for (name, k) in [("penbased", 10), ("segment", 7)] {
        let points = scaled(without(read(shared, name)?, "class")?);
        let data = points.data("");
        let mut ssq = 0.0;
        for seed in 1..=10 {
            let done = run("kmeans", &format!("k = {k}\nseed = {seed}"), &data)?;
            ssq += sum_of_squares(&points, &done) / 10.0;
        }
        let rival = |rival: &str| {
            let line = references.lines.iter().find(|line| line[of] == name && line[by] == rival);
            line.and_then(|line| line[ssq_at].parse::<f64>().ok())
                .ok_or_else(|| Error::failed(format!("{rival} has no SSQ on {name}")))
        };
        let [batch, sequential] = rivals.map(rival);
        let (batch, sequential) = (batch?, sequential?);
        let ratio = ssq / batch.min(sequential);
        let passed = yes(ratio <= 1.05);
        text +=
            &format!("| {name} | {k} | {ssq:.1} | {batch:.1} | {sequential:.1} | {ratio:.3} | {passed} |\n");
    }
    Ok(text)
}

fn scaled(mut all: Table) -> Table {
    for at in 0..all.head.len() {
        let values = all.lines.iter().map(|line| line[at].parse::<f64>().unwrap_or(f64::NAN));
        let (low, high) = values
            .clone()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let width = if high > low { high - low } else { 1.0 };
        let values: Vec<f64> = values.map(|x| (x - low) / width).collect();
        all.lines.iter_mut().zip(values).for_each(|(line, x)| line[at] = x.to_string());
    }
    all
}

/// The sum of squared distances of all points to the nearest centre of the report.
fn sum_of_squares(points: &Table, done: &Done) -> f64 {
    let place = |row: &std::collections::BTreeMap<String, f64>| -> Vec<f64> {
        points.head.iter().map(|name| row.get(name).copied().unwrap_or(f64::NAN)).collect()
    };
    let centres: Vec<Vec<f64>> = done.report.iter().map(place).collect();
    let nearest = |line: &Vec<String>| {
        let point: Vec<f64> = line.iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect();
        let far = |centre: &Vec<f64>| centre.iter().zip(&point).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        centres.iter().map(far).fold(f64::INFINITY, f64::min)
    };
    points.lines.iter().map(nearest).sum()
}

/// Half-space trees on the shuttle's records: the area under the curve, mean of 10 seeds.
pub fn anomalies(shared: &Path, _: usize) -> Result<String> {
    const RIVER: f64 = 0.9657;
    let all = read(shared, "shuttle_anomaly")?;
    let at = all.at("anomaly")?;
    let strange: Vec<bool> = all.lines.iter().map(|line| line[at] == "1").collect();
    let data = without(all, "anomaly")?.data("");
    let mut mean = 0.0;
    for seed in 1..=10 {
        let done = run("half_space_trees", &format!("seed = {seed}"), &data)?;
        mean += auc(&done.column("score"), &strange) / 10.0;
    }
    Ok(format!(
        "| data | ROC-AUC, mean of 10 seeds | River, mean of 3 | passed |\n|---|---|---|---|\n\
        | shuttle | {mean:.4} | {RIVER:.4} | {} |\n",
        yes(mean >= RIVER - 0.02)
    ))
}

/// The share of pairs of a stranger and another in which the stranger has the greater score; a tie counts half.
fn auc(scores: &[f64], strange: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut pairs, mut strangers) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let of_them = tied.iter().filter(|at| strange[**at]).count() as f64;
        let others = tied.len() as f64 - of_them;
        pairs += of_them * (below + others / 2.0);
        below += others;
        strangers += of_them;
    }
    pairs / (strangers * below)
}
