//! What a run that goes on needs of the one before: the same plan, and ledgers that speak of no end.

use super::dir::RunDir;
use super::end;
use super::reader::Reader;
use crate::error::{Error, Result};
use crate::topology::plan::Plan;
use crate::wire::ledger::Ledger;
use serde_json::Value;

/// So many differences are told by name.
const TOLD_MAX: usize = 5;

/// The plan of the last run here, to go on with; `plan` is what the topology says now.
///
/// # Errors
/// When there is none, or it says another thing.
pub(crate) fn last_plan(plan: &Plan, dir: &RunDir) -> Result<Plan> {
    let name = &plan.name;
    if dir.get("plan.json").is_none() {
        return Err(Error::usage(format!(
            "there is nothing to resume: no run of \"{name}\" has left its directory {} (a restart of the machine \
             clears it; start without --resume)",
            dir.path().display()
        )));
    }
    let last = dir.plan()?;
    if plan.same_as(&last) {
        return Ok(last);
    }
    let found = differences(plan, &last)?;
    let more = found.len().saturating_sub(TOLD_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let told = found[..found.len().min(TOLD_MAX)].join(", ");
    Err(Error::usage(format!(
        "the last run of \"{name}\" can't be resumed: the topology says another thing now ({told}{more}); put it back, \
         or start anew without --resume"
    )))
}

/// Lets every worker begin as after a crash: nobody has come to an end, no link has ended.
///
/// # Errors
/// When a ledger can't be opened, is another's, or was changed.
pub(crate) fn forget_ends(plan: &Plan, dir: &RunDir) -> Result<()> {
    let reader = Reader::open(plan, dir)?;
    reader.check_seals(plan)?;
    reader.ledgers().for_each(Ledger::forget_ends);
    end::forget(dir);
    Ok(())
}

/// Where two plans differ, stage by stage.
fn differences(now: &Plan, last: &Plan) -> Result<Vec<String>> {
    let json = |plan: &Plan| {
        let plan = Plan { run: String::new(), ..plan.clone() };
        serde_json::to_value(plan).map_err(|e| Error::usage(format!("the plan can't be compared: {e}")))
    };
    let mut found = Vec::new();
    compare("", &json(now)?, &json(last)?, &mut found);
    let mut named: Vec<String> = found.iter().map(|path| called(path, now)).collect();
    named.dedup();
    Ok(named)
}

fn compare(path: &str, now: &Value, last: &Value, found: &mut Vec<String>) {
    match (now, last) {
        _ if now == last => {}
        // Without a key in common they are two kinds of one value: a time and a count.
        (Value::Object(now), Value::Object(last)) if now.keys().any(|key| last.contains_key(key)) => {
            let keys = now.keys().chain(last.keys().filter(|key| !now.contains_key(*key)));
            for key in keys {
                let of = |table: &serde_json::Map<String, Value>| table.get(key).cloned().unwrap_or_default();
                compare(&format!("{path}.{key}"), &of(now), &of(last), found);
            }
        }
        (Value::Array(now), Value::Array(last)) if now.len() == last.len() => {
            let pairs = now.iter().zip(last).enumerate();
            pairs.for_each(|(at, (now, last))| compare(&format!("{path}.{at}"), now, last, found));
        }
        _ => found.push(path.trim_start_matches('.').to_string()),
    }
}

/// `stages.1.steps.0.params.k` as a person says it: `segments.steps.0.k`.
fn called(path: &str, plan: &Plan) -> String {
    let mut parts = path.split('.');
    let stage = match (parts.next(), parts.next().and_then(|at| at.parse::<usize>().ok())) {
        (Some("stages"), Some(at)) => plan.stages.get(at),
        _ => None,
    };
    let Some(stage) = stage else { return path.to_string() };
    let groups = ["params", "limits", "placement", "upkeep"];
    let rest: Vec<&str> = parts.filter(|part| !groups.contains(part)).collect();
    format!("{}.{}", stage.name, rest.join("."))
}
