//! No sink writes into the directories where runs keep what is theirs.

use super::dir::RunDir;
use crate::error::{Error, Result};
use crate::identity::real;
use crate::topology::plan::Plan;
use std::path::Path;
use toml::Value;

/// # Errors
/// When a sink of the plan has its place there.
pub fn check(plan: &Plan) -> Result<()> {
    let of_run = RunDir::of(&plan.name)?;
    let base = real(of_run.path().parent().unwrap_or(of_run.path()));
    let inside = plan.stages.iter().filter(|stage| stage.sink).find_map(|stage| {
        let said = stage.says(stage.steps.len() - 1, |card| card.place).and_then(Value::as_str)?;
        (said != "-" && real(Path::new(said)).starts_with(&base)).then_some((stage, said))
    });
    let Some((stage, said)) = inside else { return Ok(()) };
    Err(Error::usage(format!(
        "stage \"{}\": {said} lies in {}, where runs keep their own files (choose another path)",
        stage.name,
        base.display()
    )))
}
