//! The tests that a topology carries: which stages they go through, what these get, and what must come out.
//!
//! What is wrong with them is told in the same round as all else. Where the columns of a stage can't be known, only
//! what does not depend on them is checked.

mod account;
mod cell;
mod file;
mod given;
mod path;
mod wanted;

use super::flow::Known;
use super::graph::Edge;
use super::rooms::Cast;
use super::{Draft, Findings};
use crate::data::Schema;
use crate::params::{meant, shown};
use crate::topology::Rooms;
use crate::topology::case::Case;
use crate::topology::key::has;
use crate::topology::problem::Place;
use crate::topology::reader::Reader;
use crate::topology::spans::{Path, under};
use crate::topology::test_keys::TEST;
use std::collections::HashMap;
use toml::{Table, Value};

/// How far a float may be from what is wanted, where nobody says another thing.
const TOLERANCE: f64 = 1e-9;
/// What stands for NULL, where nobody says another thing.
const NULL: &str = "NULL";

/// All that is known of the stages.
#[derive(Clone, Copy)]
pub(super) struct Stages<'a> {
    /// The tests are what is wanted; else nothing of them may be in the way of a run.
    pub testing: bool,
    pub rooms: &'a Rooms,
    pub drafts: &'a [Draft],
    pub casts: &'a [Cast],
    pub edges: &'a [Vec<Edge>],
    pub flow: &'a [Option<Known>],
}

impl Stages<'_> {
    fn name(&self, stage: usize) -> &str {
        self.drafts[stage].name.as_deref().unwrap_or_default()
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.drafts.iter().position(|draft| draft.name.as_deref() == Some(name))
    }

    /// Columns of what leaves the last step of a stage that is run in a test: a sink is not.
    fn output(&self, stage: usize) -> Option<&Schema> {
        let known = self.flow[stage].as_ref()?;
        match known.sink {
            true => Some(&known.steps.last()?.inputs.first()?.schema),
            false => known.ports.first().map(|port| &port.schema),
        }
    }
}

/// Checks every test.
pub(super) fn check(tests: &[(Path, Table)], stages: Stages<'_>, findings: &mut Findings) -> Vec<Case> {
    let mut first: HashMap<&str, &Path> = HashMap::new();
    let mut cases = Vec::new();
    for (at, table) in tests {
        let name = table.get("name").and_then(Value::as_str);
        let who = who(at, name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            if let Some(earlier) = first.get(name) {
                let also = findings.places.value(&under(earlier, &["name"]));
                let told =
                    findings.value(&under(at, &["name"]), format!("{who}: another test has that name"));
                told.also = Some((also, "the first one".to_string()));
            } else {
                first.insert(name, at);
            }
        }
        cases.extend(one(&mut Reader::new(table, TEST, at, &who, findings), stages));
    }
    cases
}

/// How a sentence calls a test.
fn who(at: &Path, name: Option<&str>) -> String {
    let number = at.last().and_then(|index| index.parse::<usize>().ok()).unwrap_or_default() + 1;
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("test {}", shown(&Value::String(name.to_string()))),
        None => format!("test {number}"),
    }
}

/// One test; `None` where it can't be run, and that is told.
fn one(reader: &mut Reader<'_>, stages: Stages<'_>) -> Option<Case> {
    let told = reader.findings.list.len();
    reader.deny_unknown(" (`sluicebox list topology` shows all)");
    let name = reader.text("name", "what is expected, in a few words").unwrap_or_default();
    if lacks(reader, "name") {
        reader.tell_header("the test has no name".to_string());
    } else if name.is_empty() && reader.table.get("name").is_some_and(Value::is_str) {
        reader.tell("name", "the test's name is empty: say what is expected, in a few words".to_string());
    }
    let unordered = reader.flag("unordered").unwrap_or(false);
    let tolerance = tolerance(reader);
    let null = reader.text("null", "a text").unwrap_or(NULL.to_string());
    let path = path::read(reader, stages);
    let given = given::read(reader, stages, path.as_deref(), &null);
    let wanted = wanted::read(reader, stages, path.as_deref(), &null);
    let (counts, reasons) = account::read(reader);
    let expects = ["expect", "expect_from", "expect_ports", "expect_account"];
    if expects.iter().all(|key| lacks(reader, key)) {
        let what = "the test expects nothing: say what comes out, as in expect = [ { x = 1 } ]";
        reader.tell_header(what.to_string());
    }
    let line = match reader.findings.places.header(reader.at) {
        Place::File(at) => 1 + reader.findings.places.source.text[..at.start].matches('\n').count(),
        _ => 1,
    };
    let sound = reader.findings.list.len() == told;
    let (path, given, wanted) = (path?, given?, wanted?);
    sound.then_some(Case { name, line, path, given, wanted, counts, reasons, unordered, tolerance })
}

/// Whether a key is not there, nor another that was meant for it.
fn lacks(reader: &Reader<'_>, key: &str) -> bool {
    !reader.table.keys().any(|known| known == key || (!has(TEST, known) && meant(known, [key]).is_some()))
}

fn tolerance(reader: &mut Reader<'_>) -> f64 {
    let Some(value) = reader.table.get("tolerance") else { return TOLERANCE };
    let number = value.as_float().or_else(|| value.as_integer().map(|n| n as f64));
    let number = number.filter(|number| (0.0..=1.0).contains(number));
    if number.is_none() {
        reader.wrong("tolerance", "a number from 0 to 1");
    }
    number.unwrap_or(TOLERANCE)
}
