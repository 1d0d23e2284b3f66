//! A topology that was named, by its name or by its file.

use sluicebox::error::{Error, Result, reason};
use sluicebox::runtime::dir::RunDir;
use sluicebox::topology::plan::Plan;
use std::path::Path;

/// The run directory of NAME or FILE.
pub fn dir(target: &str) -> Result<RunDir> {
    let looks_like_file = target.contains(['/', '.']);
    if !looks_like_file {
        return Ok(RunDir::of(target));
    }
    let text = std::fs::read_to_string(target).map_err(|e| {
        Error::usage(format!("cannot read {target}: {} (give a topology's name or its file)", reason(&e)))
    })?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        Error::usage(format!(
            "{target} is not valid TOML: {}; `sluicebox check {target}` shows where",
            e.message()
        ))
    })?;
    let stem = Path::new(target).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    Ok(RunDir::of(table.get("name").and_then(|name| name.as_str()).unwrap_or(stem)))
}

/// The plan of the run that is there, or was.
pub fn plan(target: &str, dir: &RunDir) -> Result<Plan> {
    if dir.get("plan.json").is_none() {
        return Err(Error::failed(format!(
            "nothing is known of a run of {target} (looked in {}): start it with `sluicebox run FILE`",
            dir.path().display()
        )));
    }
    dir.plan()
}
