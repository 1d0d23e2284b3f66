//! The user's topology with what a measurement changes in it: how fast sources send, how large records are, and where
//! results go. Nothing else, and never in the file.

use crate::identity::{descriptor, real};
use crate::registry;
use crate::topology::plan::{Plan, Stage};
use crate::topology::{Checked, Problems, load_changed};
use crate::units::{Bytes, Rate};
use serde::Deserialize;
use std::path::Path;
use toml::Value;

/// What is changed.
#[derive(Clone, Debug)]
pub(super) struct Change<'a> {
    /// So many records a second from each source; `None`: as the file says.
    pub rate: Option<Rate>,
    /// A column of so many bytes is added to every record.
    pub payload: Option<Bytes>,
    /// The folder in which sinks write their files.
    pub results: &'a Path,
}

/// Loads a topology anew, changed. `plan` is that of the unchanged one.
///
/// # Errors
/// When the changed one does not fit: a source that can't be paced, a payload in one of two streams that must have
/// the same columns.
pub(super) fn load(
    file: &Path,
    sets: &[String],
    plan: &Plan,
    change: &Change<'_>,
) -> Result<Checked, Problems> {
    let payload = change.payload.map(|Bytes(bytes)| (free_name(plan), "x".repeat(bytes as usize)));
    let mut files = Vec::new();
    load_changed(file, sets, |stages| {
        for (table, stage) in stages.into_iter().zip(&plan.stages) {
            let Some(Value::Array(steps)) = table.get_mut("steps") else { continue };
            if stage.is_source() {
                pace(steps, stage, change.rate);
                pad(steps, stage, payload.as_ref());
            }
            if stage.sink {
                lead_away(steps, stage, change.results, &mut files);
            }
        }
    })
}

fn pace(steps: &mut [Value], stage: &Stage, rate: Option<Rate>) {
    let paced = stage.card(0).and_then(|card| card.paced);
    if let (Some(Value::Table(source)), Some(key), Some(Rate(rate))) = (steps.first_mut(), paced, rate) {
        source.insert(key.to_string(), Value::Float(rate));
    }
}

/// Appends a step that adds the payload, before a step that stores.
fn pad(steps: &mut Vec<Value>, stage: &Stage, payload: Option<&(String, String)>) {
    let Some((name, text)) = payload else { return };
    let (operator, adds) = registry::all()
        .find_map(|(_, card)| Some((card.name, card.adds?)))
        .expect("an operator of the registry adds columns");
    let mut step = adds(name, text);
    step.insert("operator".to_string(), Value::String(operator.to_string()));
    steps.insert(steps.len() - usize::from(stage.sink), Value::Table(step));
}

/// A name that no port has.
fn free_name(plan: &Plan) -> String {
    let ports = || plan.stages.iter().flat_map(|stage| &stage.ports);
    let mut name = "payload".to_string();
    while ports().any(|port| port.schema.index(&name).is_some()) {
        name.push('_');
    }
    name
}

/// Gives a sink a file in `results`; sinks that share one still do. What leads into a device may stay.
fn lead_away(steps: &mut [Value], stage: &Stage, results: &Path, files: &mut Vec<String>) {
    let place = stage.card(stage.steps.len() - 1).and_then(|card| card.place);
    let Some(path) = place.and_then(|key| steps.last_mut()?.get_mut(key)) else { return };
    let Some(said) = path.as_str().filter(|said| leads_away(said)) else { return };
    let whole = real(Path::new(said)).display().to_string();
    let at = files.iter().position(|known| *known == whole).unwrap_or_else(|| {
        files.push(whole);
        files.len() - 1
    });
    *path = Value::String(results.join(format!("{at}")).display().to_string());
}

/// Whether a sink that writes there writes a file.
fn leads_away(place: &str) -> bool {
    !place.starts_with("/dev/") || descriptor(Path::new(place)).is_some()
}

/// The rate at which a source is paced; `None`: as fast as it can.
pub(super) fn rate_of(stage: &Stage) -> Option<Rate> {
    Rate::deserialize(stage.says(0, |card| card.paced)?.clone()).ok()
}

/// Whether a sink writes where `lead_away` would have led it from.
pub(super) fn stores_files(plan: &Plan) -> bool {
    let place =
        |stage: &Stage| stage.says(stage.steps.len() - 1, |card| card.place)?.as_str().map(leads_away);
    plan.stages.iter().any(|stage| stage.sink && place(stage) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "short"
operator = "shop"
batch = { records_max = 10 }
seed = 7
rate = "5/s"
[[stage]]
name = "long"
steps = [ { operator = "shop" }, { operator = "filter", where = "quantity > 0" } ]
[[stage]]
name = "both"
from = ["short", "long"]
operator = "jsonl"
path = "-"
[[stage]]
name = "one"
from = "short"
operator = "sqlite"
path = "out/a.db"
[[stage]]
name = "two"
from = "long"
operator = "sqlite"
path = "./out/a.db"
[[stage]]
name = "gone"
from = "long"
operator = "csv"
path = "/dev/null"
"#;

    fn changed(text: &str, change: &Change<'_>) -> Result<Plan, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, text).unwrap();
        let plan = topology::load(&file, &[]).unwrap().plan;
        let changed = load(&file, &[], &plan, change);
        changed.map(|checked| checked.plan).map_err(|problems| problems.render(false))
    }

    #[test]
    fn every_source_is_paced_and_padded_and_no_sink_writes_where_it_did() {
        let results = Path::new("/r");
        let change = Change { rate: Rate::parse("2k/s"), payload: Some(Bytes(100)), results };
        let plan = changed(TOPOLOGY, &change).unwrap();
        let [short, long, sinks @ ..] = &plan.stages[..] else { panic!() };
        assert_eq!((rate_of(short), rate_of(long)), (Rate::parse("2k/s"), Rate::parse("2k/s")));
        assert_eq!(
            (short.limits.batch.records_max, &short.steps[0].params["seed"]),
            (10, &Value::Integer(7))
        );
        for source in [short, long] {
            assert_eq!(source.output().fields.last().unwrap().name, "payload");
            assert_eq!(source.steps.last().unwrap().operator, "derive");
        }
        let paths: Vec<_> = sinks.iter().map(|sink| sink.steps[0].params["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["/r/0", "/r/1", "/r/1", "/dev/null"]);
        assert!(stores_files(&plan));
        assert!(sinks[0].inlets[0].schema.index("payload").is_some(), "the columns go down the graph");
    }

    #[test]
    fn without_a_wish_rates_and_records_stay() {
        let change = Change { rate: None, payload: None, results: Path::new("/r") };
        let plan = changed(TOPOLOGY, &change).unwrap();
        assert_eq!((rate_of(&plan.stages[0]), rate_of(&plan.stages[1])), (Rate::parse("5/s"), None));
        assert!(plan.stages[0].output().index("payload").is_none());
    }

    #[test]
    fn a_stage_that_makes_and_stores_is_padded_before_it_stores_and_a_taken_name_is_left_alone() {
        let text = r#"
name = "t"
[[stage]]
name = "all"
steps = [ { operator = "shop" }, { operator = "derive", fields = { payload = "1" } }, { operator = "null" } ]
[[stage]]
name = "other"
steps = [ { operator = "shop" }, { operator = "derive", fields = { payload = "1" } } ]
[[stage]]
name = "end"
from = "other"
operator = "null"
"#;
        let change = Change { rate: None, payload: Some(Bytes(3)), results: Path::new("/r") };
        let plan = changed(text, &change).unwrap();
        let names: Vec<_> = plan.stages[0].steps.iter().map(|step| step.operator.as_str()).collect();
        assert_eq!(names, ["shop", "derive", "derive", "null"]);
        let columns: Vec<_> = plan.stages[1].output().names().collect();
        assert!(columns.ends_with(&["payload", "payload_"]), "{columns:?}");
    }
}
