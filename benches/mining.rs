//! Mining beside River, MOA, mlxtend and pyfim: how good the answers are, and what they cost.
//!
//! ```text
//!   ../shared/data ──> our operator, in this process ──> its report, its processor time
//!                 └──> River, mlxtend, pyfim in Python, MOA in Java: the same records, one after the other
//! ```
//!
//! Answers of the others on all data sets are those in `../shared/references`; what they cost is measured now, where
//! they are installed (`pip install river mlxtend pyfim`, `pip install --no-deps capymoa`, a Java). `--write` puts the
//! tables into `docs/mining.md`.
//!
//! `cargo bench --bench mining -- [--only classes,cost,…] [--repeat 3] [--write] [--smoke]`

mod common;
#[path = "mining/data.rs"]
mod data;
#[path = "mining/drift.rs"]
mod drift;
#[path = "mining/ours.rs"]
mod ours;
#[path = "mining/paced.rs"]
mod paced;
#[path = "mining/parts.rs"]
mod parts;
#[path = "mining/steady.rs"]
mod steady;
#[path = "mining/theirs.rs"]
mod theirs;

use common::args::{self, Args, Opt};
use sluicebox::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const PARTS: [(&str, parts::Part); 8] = [
    ("classes", parts::classes),
    ("cost", parts::cost),
    ("sets", parts::sets),
    ("clusters", parts::clusters),
    ("anomalies", parts::anomalies),
    ("drift", drift::drift),
    ("steady", steady::steady),
    ("paced", paced::paced),
];
const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- /measured -->";

const OPTIONS: &[Opt] = &[
    Opt {
        name: "--only",
        usual: "all",
        smoke: "clusters",
        about: "which parts: classes, cost, sets, clusters, anomalies, drift, steady, paced",
    },
    Opt { name: "--repeat", usual: "3", smoke: "1", about: "ours so often; the median counts" },
    Opt { name: "--write", usual: "off", smoke: "off", about: "put the tables into docs/mining.md" },
];

fn compare(args: &Args) -> Result<()> {
    let only = args.only(&PARTS.map(|(name, _)| name))?;
    let repeat = args.get("--repeat", |text| text.parse().ok().filter(|n| *n > 0))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("SLUICEBOX_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    if !shared.join("references").is_dir() {
        println!("SKIPPED: there is no {} with data and references", shared.display());
        return Ok(());
    }
    let mut text = String::new();
    for (name, part) in PARTS {
        if only(name) {
            let told = part(&shared, repeat)?;
            println!("{told}");
            text += &format!("{told}\n");
        }
    }
    if args.get("--write", |text| Some(text == "on"))? {
        write(&root.join("docs/mining.md"), &text)?;
    }
    Ok(())
}

/// Puts the tables between their marks.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |what: String| Error::failed(format!("{}: {what}", path.display()));
    let page = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let (before, rest) =
        page.split_once(BEGIN).ok_or_else(|| failed("no place for the tables".to_string()))?;
    let (_, after) =
        rest.split_once(END).ok_or_else(|| failed("the place for the tables has no end".to_string()))?;
    std::fs::write(path, format!("{before}{BEGIN}\n{text}{END}{after}")).map_err(|e| failed(e.to_string()))
}

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
