//! What a test expects to come out.

use super::cell::{Cells, tables};
use super::{Stages, file};
use crate::data::{Batch, Schema};
use crate::operator::PortId;
use crate::params::shown;
use crate::topology::case::Wanted;
use crate::topology::plan::{called, find_port};
use crate::topology::reader::Reader;
use crate::topology::spans::{Path, under};
use toml::Value;

/// A place in the path, the port as the stage calls it, and as the test says it.
type Stream<'a> = (usize, &'a str, &'a str);

/// What must come out of a path; `None` where something of it can't be known.
pub(super) fn read(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: Option<&[usize]>,
    null: &str,
) -> Option<Vec<Wanted>> {
    let mut said: Vec<(&str, &Value, Path)> = Vec::new();
    if let Some(value) = reader.table.get("expect") {
        said.push(("", value, under(reader.at, &["expect"])));
    }
    match reader.table.get("expect_ports") {
        None => {}
        Some(Value::Table(ports)) => {
            let at = |port: &String| under(reader.at, &["expect_ports", port]);
            said.extend(ports.iter().map(|(port, value)| (port.as_str(), value, at(port))));
        }
        Some(_) => {
            reader.wrong("expect_ports", "a table of ports such as { rejected = [ { reason = \"type\" } ] }")
        }
    }
    let wanted = said.iter().map(|said| of_stream(reader, stages, path, said, null));
    let wanted: Vec<Option<Wanted>> = wanted.collect();
    let mut sound = wanted.iter().all(Option::is_some);
    let mut all: Vec<Wanted> = wanted.into_iter().flatten().collect();
    if let Some(value) = reader.table.get("expect_from") {
        for wanted in from_files(reader, stages, path, value) {
            sound &= wanted.is_some();
            if let (Some((at, wanted)), true) = (wanted, sound) {
                match all.iter().any(|other| (other.stage, other.port) == (wanted.stage, wanted.port)) {
                    true => twice(reader, &at, &wanted.stream),
                    false => all.push(wanted),
                }
            }
        }
    }
    sound.then_some(all)
}

/// What files say, each with its place in the topology.
fn from_files(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: Option<&[usize]>,
    value: &Value,
) -> Vec<Option<(Path, Wanted)>> {
    let at = under(reader.at, &["expect_from"]);
    let files: Vec<(&str, &str, Path)> = match value {
        Value::String(file) => vec![("", file, at)],
        Value::Table(files) if files.values().all(Value::is_str) && !files.is_empty() => {
            let files = files.iter().map(|(port, file)| (port.as_str(), file.as_str().unwrap_or_default()));
            files.map(|(port, file)| (port, file, under(&at, &[port]))).collect()
        }
        _ => {
            reader.wrong("expect_from", "a file's path in quotes, or a table with one for each port");
            return vec![None];
        }
    };
    let of = |(said, file, at): (&str, &str, Path)| {
        let mut wanted = stream_of(reader, stages, path?, said, &at)?;
        wanted.file = Some(file::step(reader, stages, (file, &at), &wanted.schema)?);
        Some((at, wanted))
    };
    files.into_iter().map(of).collect()
}

/// One stream has one list of rows.
fn twice(reader: &mut Reader<'_>, at: &Path, stream: &str) {
    let what = format!("what comes out of \"{stream}\" is said twice: write it here, or in expect_from");
    reader.findings.value(at, reader.sentence(&what));
}

/// The place in the path and the port that a key means, the latter also as it is said; without a stage, the last one's,
/// and of an empty one what comes out of that.
fn resolve<'a>(stages: Stages<'_>, path: &[usize], said: &'a str) -> Stream<'a> {
    let (first, rest) = said.split_once('/').unwrap_or((said, ""));
    let last = path.len() - 1;
    // A port of the last stage goes before a stage of that name.
    let is_port =
        stages.flow[path[last]].as_ref().is_some_and(|known| find_port(&known.ports, said).is_some());
    match path.iter().position(|stage| stages.name(*stage) == first) {
        Some(at) if !is_port => (at, rest, said),
        _ => (last, said, said),
    }
}

/// What must leave by one port.
fn of_stream(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: Option<&[usize]>,
    (said, value, at): &(&str, &Value, Path),
    null: &str,
) -> Option<Wanted> {
    let rows = tables(reader, value, at);
    let mut wanted = stream_of(reader, stages, path?, said, at)?;
    let cells = Cells { schema: &wanted.schema, null };
    wanted.named = rows.iter().map(|(row, at)| cells.add(reader, row, at, &mut wanted.rows)).collect();
    Some(wanted)
}

/// The same without a row.
fn stream_of(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: &[usize],
    said: &str,
    at: &Path,
) -> Option<Wanted> {
    let (stage, port, said) = resolve(stages, path, said);
    let (number, schema) = port_of(reader, stages, path, (stage, port, said), at)?;
    let name = stages.name(path[stage]);
    let stream = if port.is_empty() { name.to_string() } else { format!("{name}/{port}") };
    let (rows, named) = (Batch::new(&schema), Vec::new());
    Some(Wanted { stage, port: number, stream, schema, rows, named, file: None })
}

/// The number and the columns of a port.
fn port_of(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: &[usize],
    (stage, port, said): Stream<'_>,
    at: &Path,
) -> Option<(PortId, Schema)> {
    let known = stages.flow[path[stage]].as_ref()?;
    if port.is_empty() {
        return Some((PortId::MAIN, stages.output(path[stage])?.clone()));
    }
    if let Some(found) = find_port(&known.ports, port) {
        return Some((found, known.ports[found.index()].schema.clone()));
    }
    let quoted = shown(&Value::String(said.to_string()));
    let name = stages.name(path[stage]);
    let names: Vec<String> = (1..known.ports.len()).map(|at| called(&known.ports, at)).collect();
    let what = reader.sentence(&format!("\"{name}\" has no port {quoted} (there is {})", names.join(", ")));
    let others = path.iter().map(|stage| stages.name(*stage));
    reader.findings.key(at, what).suggest(said, names.iter().map(String::as_str).chain(others));
    None
}
