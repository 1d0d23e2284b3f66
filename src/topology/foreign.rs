//! Stages that are written in the way of other tools: told once, and read as what is meant, so that all else that is
//! wrong with them can be told in the same round.

use super::key::has;
use super::key_list::TOPOLOGY;
use super::problem::{Finding, Place};
use super::spans::{Path, Spans, under};
use config::{Map, Value, ValueKind};

/// What stages stand under here, and elsewhere.
const STAGES: &[&str] = &[
    "stage",
    "stages",
    "source",
    "sources",
    "transform",
    "transforms",
    "sink",
    "sinks",
    "node",
    "nodes",
    "task",
    "tasks",
    "component",
    "components",
    "operators",
    "processor",
    "processors",
    "input",
    "inputs",
    "output",
    "outputs",
];

/// What a table around the topology's own keys is called elsewhere.
const AROUND: &[&str] =
    &["topology", "pipeline", "config", "settings", "global", "options", "dataflow", "job"];

const LIST: &str = "stages are a list: begin each with [[stage]], and give it a name";

/// Puts what is meant in the place of what is written.
pub(super) fn adopt(root: &mut Map<String, Value>, spans: &mut Spans) -> Vec<Finding> {
    let mut told = unwrap(root, spans);
    let found: Vec<(Path, Vec<Entry>)> = root
        .iter()
        .filter(|(key, _)| STAGES.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((under(&[], &[key]), entries(&under(&[], &[key]), value)?)))
        .collect();
    if found.iter().all(|(at, _)| is_plain(at, root)) {
        return told;
    }
    let mut stages: Vec<Value> = Vec::new();
    let mut moved = Spans::new();
    for (at, entries) in found {
        if !is_plain(&at, root) {
            let before =
                if at[0] == "stage" { String::new() } else { format!("unknown key \"{}\": ", at[0]) };
            told.push(tell(&at, spans, before + LIST));
        }
        root.shift_remove(&at[0]);
        for Entry { at, value } in entries {
            let new = under(&[], &["stage", &stages.len().to_string()]);
            moved.extend(
                spans.iter().filter(|(path, _)| path.starts_with(&at)).map(|(path, span)| {
                    (new.iter().chain(&path[at.len()..]).cloned().collect(), span.clone())
                }),
            );
            stages.push(value);
        }
        spans.retain(|path, _| !path.starts_with(&at));
    }
    spans.extend(moved);
    root.insert("stage".to_string(), stages.into());
    told
}

/// One stage, and where it was written.
struct Entry {
    at: Path,
    value: Value,
}

/// As it should be.
fn is_plain(at: &Path, root: &Map<String, Value>) -> bool {
    at[0] == "stage" && matches!(root.get("stage").map(|stage| &stage.kind), Some(ValueKind::Array(_)))
}

/// The stages that a value holds: a list of tables, tables by name, or one table; `None` where it holds none.
fn entries(at: &Path, value: &Value) -> Option<Vec<Entry>> {
    let is_table = |value: &Value| matches!(value.kind, ValueKind::Table(_));
    match &value.kind {
        ValueKind::Array(all) if at[0] == "stage" || (!all.is_empty() && all.iter().all(is_table)) => {
            let entry = |(index, value): (usize, &Value)| Entry {
                at: under(at, &[&index.to_string()]),
                value: value.clone(),
            };
            Some(all.iter().enumerate().map(entry).collect())
        }
        ValueKind::Table(all) if !all.is_empty() && all.values().all(is_table) => Some(
            all.iter()
                .map(|(name, value)| Entry { at: under(at, &[name]), value: named(value, name) })
                .collect(),
        ),
        ValueKind::Table(one) if one.contains_key("operator") || one.contains_key("steps") => {
            Some(vec![Entry { at: at.clone(), value: value.clone() }])
        }
        _ => None,
    }
}

/// A stage whose name stood in its header.
fn named(stage: &Value, name: &str) -> Value {
    let mut stage = stage.clone();
    if let ValueKind::Table(keys) = &mut stage.kind {
        keys.entry("name".to_string()).or_insert_with(|| name.into());
    }
    stage
}

/// Takes the topology's keys out of a table that is put around them elsewhere.
fn unwrap(root: &mut Map<String, Value>, spans: &mut Spans) -> Vec<Finding> {
    let around = |key: &&String| AROUND.contains(&key.as_str());
    let ours = |inner: &Map<String, Value>| inner.keys().any(|key| has(TOPOLOGY, key));
    let found = root.iter().filter(|(key, _)| around(key)).find_map(|(key, value)| match &value.kind {
        ValueKind::Table(inner) if ours(inner) => Some((key.clone(), inner.clone())),
        _ => None,
    });
    let Some((key, inner)) = found else { return Vec::new() };
    let at = under(&[], &[&key]);
    let what =
        format!("unknown key \"{key}\": the topology's own keys stand at the top of the file, in no table");
    let told = tell(&at, spans, what);
    root.shift_remove(&key);
    for (name, value) in inner {
        root.entry(name).or_insert(value);
    }
    let moved: Vec<Path> = spans.keys().filter(|path| path.starts_with(&at)).cloned().collect();
    for path in moved {
        let span = spans.remove(&path).expect("it was just found");
        spans.entry(path[at.len()..].to_vec()).or_insert(span);
    }
    vec![told]
}

fn tell(at: &Path, spans: &Spans, what: String) -> Finding {
    let place = spans.get(at).map_or(Place::Start, |span| Place::File(span.key.clone()));
    Finding { path: at.clone(), ..Finding::new(place, what) }
}
