//! The stages that a test goes through.

use super::{Stages, lacks};
use crate::params::shown;
use crate::topology::reader::Reader;
use crate::topology::spans::{Path, under};
use toml::Value;

/// The stages by their number; `None` where one of them can't be tested.
pub(super) fn read(reader: &mut Reader<'_>, stages: Stages<'_>) -> Option<Vec<usize>> {
    let names = match (reader.table.get("stage"), reader.table.get("stages")) {
        (Some(_), Some(_)) => {
            reader.tell_key("stages", "a test has either \"stage\" or \"stages\"");
            return None;
        }
        (Some(Value::String(name)), None) => vec![(name.clone(), under(reader.at, &["stage"]))],
        (Some(_), None) => {
            reader.wrong("stage", "a stage's name in quotes (\"stages\" is a path of several)");
            return None;
        }
        (None, Some(Value::Array(_))) => reader.names("stages").filter(|names| !names.is_empty())?,
        (None, Some(_)) => {
            reader.wrong("stages", "a list of stages' names, in the order of the stream");
            return None;
        }
        (None, None) if !lacks(reader, "stage") || !lacks(reader, "stages") => return None,
        (None, None) => {
            reader.tell_header("the test names no stage: say which with \"stage\"".to_string());
            return None;
        }
    };
    let mut path: Vec<usize> = Vec::new();
    let mut sound = true;
    for (name, at) in &names {
        match one(reader, stages, &path, (name, at)) {
            Some(stage) => path.push(stage),
            None => sound = false,
        }
    }
    let path = Some(path).filter(|_| sound)?;
    does_something(reader, stages, &path, &names[names.len() - 1].1).then_some(path)
}

/// The next stage of a path.
fn one(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: &[usize],
    (name, at): (&str, &Path),
) -> Option<usize> {
    let Some(stage) = stages.named(name) else {
        let quoted = shown(&Value::String(name.to_string()));
        let what = reader.sentence(&format!("there is no stage {quoted}"));
        let names = stages.drafts.iter().filter_map(|draft| draft.name.as_deref());
        reader.findings.value(at, what).suggest(name, names);
        return None;
    };
    let mut specs = stages.casts[stage].specs.iter().flatten();
    if let Some((_, spec)) = specs.find(|(_, spec)| spec.outside && !spec.is_source()) {
        let what = format!(
            "stage \"{name}\" works with what is outside ({}), which no test does: test the stages before and behind \
             it",
            spec.name
        );
        reader.findings.value(at, reader.sentence(&what));
        return None;
    }
    let reads = |edge: &super::Edge| edge.to.as_ref().is_some_and(|(to, _)| path.contains(to));
    if !path.is_empty() && !stages.edges[stage].iter().any(reads) {
        let before: Vec<&str> = path.iter().map(|stage| stages.name(*stage)).collect();
        let what =
            format!("stage \"{name}\" reads none of those before it in the path ({})", before.join(", "));
        reader.findings.value(at, reader.sentence(&what));
        return None;
    }
    Some(stage)
}

/// Whether a path has a step that a test runs: a source alone gives what the test says, a sink stores nothing.
fn does_something(reader: &mut Reader<'_>, stages: Stages<'_>, path: &[usize], at: &Path) -> bool {
    let runs = |stage: usize| {
        let (draft, cast) = (&stages.drafts[stage], &stages.casts[stage]);
        let idle = usize::from(draft.from.is_none()) + usize::from(cast.sink() == Some(true));
        draft.steps.len().saturating_sub(idle)
    };
    if path.iter().any(|stage| runs(*stage) > 0)
        || path.iter().any(|stage| stages.drafts[*stage].steps.is_empty())
    {
        return true;
    }
    let stores = stages.casts[path[0]].sink() == Some(true);
    let what = match stores {
        true => "it only stores, and a test stores nothing: test the stage before it",
        false => "it is only a source, in whose place a test gives the rows: test a stage that reads it",
    };
    reader.findings.value(at, reader.sentence(what));
    false
}
