//! Other engines: what was measured of them before, and what they cost now on this machine.

use crate::data::{Table, table};
use serde_json::Value;
use sluicebox::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One line of what another engine said.
#[derive(Clone)]
pub struct Line {
    pub engine: String,
    pub data: String,
    pub what: String,
    pub n: f64,
    pub accuracy: f64,
    pub kappa: f64,
    pub cpu_s: f64,
}

/// What was measured of River and MOA before, on every data set.
pub fn references(folder: &Path) -> Result<Vec<Line>> {
    let all = table(&folder.join("classification_dev.csv"))?;
    let [engine, data, what, n, accuracy, kappa, cpu] =
        ["engine", "dataset", "model", "n", "accuracy", "kappa", "cpu_s"].map(|name| all.at(name));
    let [engine, data, what, n] = [engine?, data?, what?, n?];
    let [accuracy, kappa, cpu] = [accuracy?, kappa?, cpu?];
    let number = |cell: &str| cell.parse().unwrap_or(f64::NAN);
    let line = |line: &Vec<String>| Line {
        engine: line[engine].split('-').next().unwrap_or_default().to_string(),
        data: line[data].clone(),
        what: line[what].replace("GNB", "NB"),
        n: number(&line[n]),
        accuracy: number(&line[accuracy]),
        kappa: number(&line[kappa]),
        cpu_s: number(&line[cpu]),
    };
    Ok(all.lines.iter().map(line).collect())
}

/// Runs the Python engines that are there: `part` is `river` or `sets`.
pub fn python(folder: &Path, part: &str) -> Result<Vec<Line>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/mining/others.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(folder).arg(part).stderr(Stdio::inherit());
    let Ok(output) = command.output() else {
        eprintln!("there is no python3: {part} is left out");
        return Ok(Vec::new());
    };
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(line).collect()
}

fn line(text: &str) -> Result<Line> {
    let value: Value = serde_json::from_str(text)
        .map_err(|e| Error::failed(format!("another engine said {text:?}, which is no JSON: {e}")))?;
    let word = |key: &str| value[key].as_str().unwrap_or_default().to_string();
    let number = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
    Ok(Line {
        engine: word("engine"),
        data: word("data"),
        what: word("what"),
        n: number("n"),
        accuracy: number("accuracy"),
        kappa: number("kappa"),
        cpu_s: number("cpu_s"),
    })
}

/// The archive of MOA that capymoa brings, if that is installed: `pip install --no-deps capymoa`.
fn moa_jar() -> Option<PathBuf> {
    if let Some(jar) = std::env::var_os("MOA_JAR") {
        return Some(jar.into());
    }
    let find = "import importlib.util as u; print(u.find_spec('capymoa').submodule_search_locations[0])";
    let output = Command::new("python3").args(["-c", find]).stderr(Stdio::null()).output().ok()?;
    let jar = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("jar/moa.jar");
    jar.is_file().then_some(jar)
}

/// MOA's learners by our names.
pub const CLASSIFIERS: [(&str, &str); 4] = [
    ("NB", "bayes.NaiveBayes"),
    ("HT", "trees.HoeffdingTree"),
    ("HAT", "trees.HoeffdingAdaptiveTree"),
    ("ARF10", "(meta.AdaptiveRandomForest -s 10)"),
];

/// The same of what scores how strange records are.
pub const SCORERS: [(&str, &str); 1] = [("HST", "(oneclass.HSTrees -p 250 -t 10 -h 8)")];

/// Runs MOA's learners on a table whose last column is 0 or 1; processor time is what MOA says of its loop.
pub fn moa(all: &Table, name: &str, learners: &[(&str, &str)], scratch: &Path) -> Result<Vec<Line>> {
    let Some(jar) = moa_jar() else {
        eprintln!("MOA is left out: there is no capymoa, and MOA_JAR names no archive");
        return Ok(Vec::new());
    };
    let path = scratch.join(format!("{name}.arff"));
    std::fs::write(&path, arff(all, name)).map_err(|e| Error::failed(format!("cannot write ARFF: {e}")))?;
    let mut lines = Vec::new();
    for (what, learner) in learners {
        let task = format!(
            "EvaluatePrequential -l {learner} -s (ArffFileStream -f {}) -e BasicClassificationPerformanceEvaluator \
            -f 100000000 -q 100000000",
            path.display()
        );
        let mut command = Command::new("java");
        command.arg("-cp").arg(&jar).args(["moa.DoTask", &task]).stderr(Stdio::null());
        let Ok(output) = command.output() else {
            eprintln!("MOA is left out: there is no java");
            return Ok(Vec::new());
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let last: Vec<f64> =
            text.lines().last().unwrap_or_default().split(',').map_while(|n| n.parse().ok()).collect();
        let [n, cpu_s, _, _, accuracy, kappa, ..] = last[..] else {
            return Err(Error::failed(format!("MOA said nothing of {what}: {text}")));
        };
        let (engine, data, what) = ("moa".to_string(), name.to_string(), what.to_string());
        lines.push(Line { engine, data, what, n, accuracy: accuracy / 100.0, kappa: kappa / 100.0, cpu_s });
    }
    Ok(lines)
}

fn arff(all: &Table, name: &str) -> String {
    let features = &all.head[..all.head.len() - 1];
    let mut text = format!("@relation {name}\n");
    features.iter().for_each(|feature| text += &format!("@attribute {feature} numeric\n"));
    text += "@attribute class {0,1}\n@data\n";
    all.lines.iter().for_each(|line| text += &format!("{}\n", line.join(",")));
    text
}

/// What is told of a model on a data set.
pub fn find<'a>(lines: &'a [Line], engine: &str, data: &str, what: &str) -> Option<&'a Line> {
    lines.iter().find(|line| line.engine == engine && line.data == data && line.what == what)
}
