//! What a learner takes for a record where records come one by one, 10,000 a second, through real processes.

use serde_json::Value;
use sluicebox::error::{Error, Result};
use std::path::Path;
use std::process::Command;

const RATE: usize = 10_000;
const RECORDS: usize = 6 * RATE;

/// What follows `operator` in the stage.
const LEARNERS: [(&str, &str); 10] = [
    ("naive_bayes", "label = \"class\""),
    ("logistic_regression", "label = \"class\""),
    ("hoeffding_tree", "label = \"class\""),
    ("adaptive_hoeffding_tree", "label = \"class\""),
    ("adaptive_random_forest", "label = \"class\""),
    ("kmeans", "k = 8\nfeatures = [\"salary\", \"age\", \"loan\"]"),
    ("half_space_trees", "features = [\"salary\", \"age\", \"loan\"]"),
    ("robust_zscore", "features = [\"salary\", \"age\"]"),
    ("adwin", "field = \"salary\""),
    ("page_hinkley", "field = \"salary\"\nthreshold = 1e9"),
];

fn topology(operator: &str, params: &str) -> String {
    format!(
        "name = \"paced\"\n\n[[stage]]\nname = \"in\"\noperator = \"agrawal\"\nseed = 1\ncount = {RECORDS}\nrate = {RATE}\n\n\
         [[stage]]\nname = \"learn\"\nfrom = \"in\"\noperator = \"{operator}\"\n{params}\n\n\
         [[stage]]\nname = \"out\"\nfrom = \"learn\"\noperator = \"null\"\n"
    )
}

/// Percentiles of the stage's service time, in microseconds.
fn run(operator: &str, params: &str) -> Result<[f64; 3]> {
    let failed = |what: String| Error::failed(format!("operator \"{operator}\": {what}"));
    let file = std::env::temp_dir().join(format!("paced-{}.toml", std::process::id()));
    std::fs::write(&file, topology(operator, params)).map_err(|e| failed(e.to_string()))?;
    let run = Command::new(env!("CARGO_BIN_EXE_sluicebox")).arg("run").arg(&file).arg("--json").output();
    std::fs::remove_file(&file).map_err(|e| failed(e.to_string()))?;
    let run = run.map_err(|e| failed(e.to_string()))?;
    if !run.status.success() {
        return Err(failed(String::from_utf8_lossy(&run.stderr).into_owned()));
    }
    let told: Value = serde_json::from_slice(&run.stdout).map_err(|e| failed(e.to_string()))?;
    let stages = told["stages"].as_array().map_or(&[][..], Vec::as_slice);
    let stage = stages.iter().find(|stage| stage["stage"] == "learn" || stage["name"] == "learn");
    let service = stage.map(|stage| &stage["latency_us"]["service"]);
    let service = service.ok_or_else(|| failed("the run tells nothing of its stage".to_string()))?;
    Ok(["p50", "p99", "p999"].map(|name| service[name].as_f64().unwrap_or(f64::NAN)))
}

/// The table.
pub fn paced(_: &Path, _: usize) -> Result<String> {
    let mut text = "| at 10,000 records a second | service time p50, us | p99 | p99.9 |\n|---|---|---|---|\n"
        .to_string();
    for (operator, params) in LEARNERS {
        let [p50, p99, p999] = run(operator, params)?;
        text += &format!("| {operator} | {p50:.1} | {p99:.1} | {p999:.1} |\n");
    }
    Ok(text)
}
