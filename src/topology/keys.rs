//! The keys of a topology and of its stages as they were written: reads them by the lists of those there are.

use super::key::has;
use super::key_list::{STAGE, TOPOLOGY, is_operators};
use super::limits;
use super::placement::{self, Usual};
use super::places::Findings;
use super::plan::{Limits, Placement, Upkeep};
use super::reader::Reader;
use super::slo::{self, Slo};
use super::spans::{Path, under};
use super::upkeep;
use crate::data::Schema;
use crate::params::shown;
use crate::params::{NAMED, Params, is_name, meant};
use crate::units::{Bytes, Span};

/// What a topology says about itself.
pub(super) struct Top {
    pub name: String,
    pub drain_timeout: Span,
    pub max_message: Bytes,
    pub slo: Option<Slo>,
    pub shallow: bool,
    pub usual: Usual,
}

/// One stage as it was written, its own keys read.
pub(super) struct Draft {
    /// Its path, and how a sentence calls it: `stage "clean"`.
    pub at: Path,
    pub who: String,
    /// Also one that breaks the rules: others may name it.
    pub name: Option<String>,
    pub steps: Vec<StepDraft>,
    /// What it reads, and behind that what it watches; `None` where it says neither.
    pub from: Option<Vec<Named>>,
    pub workers: u16,
    pub by: Vec<Named>,
    pub limits: Limits,
    pub placement: Placement,
    pub upkeep: Upkeep,
}

/// One entry of `from` or `by`, and where it stands.
pub(super) struct Named {
    pub name: String,
    pub at: Path,
    /// The key of the table of roles that it stands under.
    pub role: Option<String>,
    /// It gets copies of what it names.
    pub watch: bool,
}

/// One operator of a stage; its path is the stage's with `operator =`.
pub(super) struct StepDraft {
    pub at: Path,
    pub operator: Option<String>,
    pub params: Params,
    /// Of a source that can't look at its data: the columns that are said, or why they can't be known.
    pub unseen: Option<Result<Schema, String>>,
}

impl Named {
    fn watching(self) -> Named {
        Named { watch: true, ..self }
    }
}

/// Reads a topology's own keys.
pub(super) fn topology(table: &toml::Table, findings: &mut Findings) -> Top {
    let mut reader = Reader::new(table, TOPOLOGY, &[], "", findings);
    reader.deny_not_built();
    reader.deny_unknown(" (`sluicebox list topology` shows all)");
    let name = reader.text("name", "a name");
    match &name {
        Some(name) if is_name(name) => {}
        Some(name) => reader.tell("name", wrong_name(name)),
        None if table.contains_key("name") => {}
        None => reader.tell("name", "the topology has no name: a run is found by it".to_string()),
    }
    Top {
        name: name.unwrap_or_default(),
        drain_timeout: reader.span("drain_timeout").unwrap_or(Span::from_ms(10_000)),
        max_message: reader.bytes("max_message").unwrap_or(Bytes(1 << 20)),
        slo: slo::read(&mut reader),
        shallow: placement::shallow(&mut reader),
        usual: placement::usual(&mut reader),
    }
}

/// Reads a stage's own keys; what is left is its operator's.
pub(super) fn stage(at: &Path, table: &toml::Table, top: &Top, findings: &mut Findings) -> Draft {
    let name = table.get("name").and_then(|name| name.as_str()).map(str::to_string);
    let number = at.last().and_then(|index| index.parse::<usize>().ok()).unwrap_or_default() + 1;
    let who = match &name {
        Some(name) if is_name(name) => format!("stage \"{name}\""),
        _ => format!("stage {number}"),
    };
    let mut reader = Reader::new(table, STAGE, at, &who, findings);
    match reader.text("name", "a name") {
        Some(name) if !is_name(&name) => reader.tell("name", wrong_name(&name)),
        None if !table.contains_key("name") => reader.tell_header("the stage has no name".to_string()),
        _ => {}
    }
    let workers = reader.whole("workers").unwrap_or(1) as u16;
    let by = named(&mut reader, "by").unwrap_or_default();
    let from = named(&mut reader, "from").or_else(|| misspelt_from(table, at));
    let watch = named(&mut reader, "watch").map(|all| all.into_iter().map(Named::watching));
    let from = match (from, watch) {
        (from, None) => from,
        (from, Some(watch)) => Some(from.into_iter().flatten().chain(watch).collect()),
    };
    let limits = limits::limits(&mut reader, top.max_message);
    let placement = placement::placement(&mut reader, &top.usual);
    let upkeep = upkeep::upkeep(&mut reader);
    let steps = steps(&mut reader);
    Draft { at: at.clone(), who, name, steps, from, workers, by, limits, placement, upkeep }
}

/// Names, a list of them, or a table in which each role has its own.
fn named(reader: &mut Reader<'_>, key: &str) -> Option<Vec<Named>> {
    let plain = |(name, at)| Named { name, at, role: None, watch: false };
    let roles = match reader.table.get(key)? {
        toml::Value::Table(roles) if !roles.is_empty() => roles,
        _ => return Some(reader.names(key)?.into_iter().map(plain).collect()),
    };
    let all = |inner: &mut Reader<'_>| {
        let mut all = Vec::new();
        for role in roles.keys() {
            let named = |(name, at)| Named { name, at, role: Some(role.clone()), watch: false };
            all.extend(inner.names(role).unwrap_or_default().into_iter().map(named));
        }
        all
    };
    Some(reader.inside(key, roles, all))
}

/// With `steps` every unknown key is the stage's, and told as such: one that was meant for `from` is taken for it, so
/// that the rest of the stage can be checked.
fn misspelt_from(table: &toml::Table, at: &Path) -> Option<Vec<Named>> {
    let mut unknown = table.iter().filter(|(key, _)| table.contains_key("steps") && !has(STAGE, key));
    let found = unknown.find(|(key, _)| meant(key, ["from"]).is_some());
    found.map(|(key, value)| named_by(value, &under(at, &[key])))
}

/// The names that a value holds, as far as it holds names.
pub(super) fn named_by(value: &toml::Value, at: &Path) -> Vec<Named> {
    let one = |value: &toml::Value, at| {
        Some(Named { name: value.as_str()?.to_string(), at, role: None, watch: false })
    };
    match value.as_array() {
        Some(names) => names
            .iter()
            .enumerate()
            .filter_map(|(index, name)| one(name, under(at, &[&index.to_string()])))
            .collect(),
        None => one(value, at.clone()).into_iter().collect(),
    }
}

fn wrong_name(name: &str) -> String {
    let shown = shown(&toml::Value::String(name.to_string()));
    format!("{shown} can't be a name: {NAMED}")
}

fn steps(reader: &mut Reader<'_>) -> Vec<StepDraft> {
    let table = reader.table;
    reader.deny_not_built();
    match (table.get("operator"), table.get("steps")) {
        (None, None) => {
            let unknown = || table.keys().filter(|key| !has(STAGE, key));
            let found = ["operator", "steps"]
                .iter()
                .find_map(|word| Some((*word, unknown().find(|key| meant(key, [*word]).is_some())?)));
            let Some((word, key)) = found else {
                reader.tell_header("the stage has neither \"operator\" nor \"steps\"".to_string());
                return Vec::new();
            };
            reader.tell_key(key, &format!("unknown key \"{key}\"")).nearest = Some(word.to_string());
            let operator = table[key].as_str().filter(|_| word == "operator");
            reader.findings.places.stands_for(&under(reader.at, &[key]), &under(reader.at, &[word]));
            let step = |operator: &str| StepDraft {
                at: reader.at.to_vec(),
                operator: Some(operator.to_string()),
                params: own_params(table, key),
                unseen: None,
            };
            operator.map(step).into_iter().collect()
        }
        (Some(_), Some(_)) => {
            let what = "a stage has either \"operator\" or \"steps\": the one is short for the other";
            reader.tell_key("steps", what);
            Vec::new()
        }
        (Some(_), None) => {
            let operator = reader.text("operator", "an operator's name");
            let params = own_params(table, "operator");
            vec![StepDraft { at: reader.at.to_vec(), operator, params, unseen: None }]
        }
        (None, Some(steps)) => {
            reader.deny_unknown(" (an operator's keys go into its step)");
            let Some(entries) = steps.as_array().filter(|steps| !steps.is_empty()) else {
                reader
                    .wrong("steps", "a list of tables such as { operator = \"filter\", where = \"x > 1\" }");
                return Vec::new();
            };
            entries.iter().enumerate().map(|(index, entry)| step(reader, index, entry)).collect()
        }
    }
}

/// What stands beside the key that names the operator, and is no key of the stage.
fn own_params(table: &toml::Table, named_by: &str) -> Params {
    let own = table
        .iter()
        .filter(|(key, value)| *key != named_by && (!has(STAGE, key) || is_operators(key, value)));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// One entry of `steps`.
fn step(reader: &mut Reader<'_>, index: usize, step: &toml::Value) -> StepDraft {
    let at = under(reader.at, &["steps", &index.to_string()]);
    let mut params = match step {
        toml::Value::Table(table) => table.clone(),
        _ => {
            let what = format!("a step is a table such as {{ operator = \"filter\" }}, not {}", shown(step));
            reader.findings.value(&at, reader.sentence(&what));
            return StepDraft { at, operator: None, params: toml::Table::new(), unseen: None };
        }
    };
    let operator = match params.remove("operator") {
        Some(toml::Value::String(operator)) => Some(operator),
        Some(other) => {
            let what = format!("\"operator\" must be an operator's name in quotes, not {}", shown(&other));
            reader.findings.value(&under(&at, &["operator"]), reader.sentence(&what));
            None
        }
        None => {
            let place = reader.findings.places.header(&at);
            reader.findings.add(&at, place, reader.sentence("the step has no \"operator\""));
            None
        }
    };
    StepDraft { at, operator, params, unseen: None }
}
