//! A plan as bytes, for the run directory: JSON with a version and a fingerprint, so that a plan that was cut
//! short, changed by hand or made by another version is told from a sound one.

use super::plan::{Inlet, Plan, Stage};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

const VERSION: u32 = 4;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    hash: String,
    plan: &'a Plan,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Read {
    plan: Plan,
}

/// The fingerprint of what a plan does: equal for every run of one topology. xxh3-64.
pub fn hash(plan: &Plan) -> Result<u64> {
    fingerprint(&Plan { run: String::new(), ..plan.clone() })
}

/// A plan as JSON.
///
/// # Errors
/// When the path of its file is not UTF-8.
pub fn to_bytes(plan: &Plan) -> Result<Vec<u8>> {
    let hash = format!("{:016x}", fingerprint(plan)?);
    json(&Written { version: VERSION, hash, plan })
}

/// Reads what `to_bytes` wrote.
///
/// # Errors
/// When it is of another version, or not as it was written.
pub fn from_bytes(bytes: &[u8]) -> Result<Plan> {
    let damaged = |why: String| Error::usage(format!("the frozen plan is damaged: {why}"));
    let unread = |_| damaged("it is not as it was written".to_string());
    let Version { version } = serde_json::from_slice(bytes).map_err(unread)?;
    if version != VERSION {
        let what =
            format!("the frozen plan is of version {version}, this program reads {VERSION}: run it anew");
        return Err(Error::usage(what));
    }
    let Read { plan } = serde_json::from_slice(bytes).map_err(unread)?;
    // Its fingerprint is in there: so every byte counts.
    if to_bytes(&plan)? != bytes {
        return Err(damaged("its fingerprint differs".to_string()));
    }
    if !hangs_together(&plan) {
        return Err(damaged("it names stages or ports that it does not have".to_string()));
    }
    Ok(plan)
}

/// Whether what a plan says of stages and ports is there, so that whoever follows it finds something.
fn hangs_together(plan: &Plan) -> bool {
    let leads = |inlet: &Inlet| {
        plan.stages.get(inlet.stage).is_some_and(|from| inlet.port.index() < from.ports.len())
    };
    let is_whole = |stage: &Stage| stage.workers > 0 && !stage.steps.is_empty() && stage.ports.len() > 1;
    plan.stages.iter().all(|stage| is_whole(stage) && stage.inlets.iter().all(leads))
}

fn fingerprint(plan: &Plan) -> Result<u64> {
    Ok(xxh3_64(&json(plan)?))
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::usage(format!("the plan can't be written: {e}")))
}
