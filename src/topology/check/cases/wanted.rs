//! What a test expects to come out.

use super::Stages;
use super::cell::{Cells, tables};
use crate::data::{Batch, Schema};
use crate::operator::PortId;
use crate::params::shown;
use crate::topology::case::Wanted;
use crate::topology::plan::find_port;
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
    let mut all = Vec::new();
    let mut sound = true;
    if let Some(value) = reader.table.get("expect") {
        let at = under(reader.at, &["expect"]);
        let stream = path.map(|path| (path.len() - 1, "", ""));
        let wanted = of_stream(reader, stages, (path, stream), (value, &at), null);
        sound &= wanted.is_some();
        all.extend(wanted);
    }
    match reader.table.get("expect_ports") {
        None => {}
        Some(Value::Table(ports)) => {
            for (said, value) in ports {
                let at = under(reader.at, &["expect_ports", said]);
                let stream = path.map(|path| resolve(stages, path, said));
                let wanted = of_stream(reader, stages, (path, stream), (value, &at), null);
                sound &= wanted.is_some();
                all.extend(wanted);
            }
        }
        Some(_) => {
            reader.wrong("expect_ports", "a table of ports such as { rejected = [ { reason = \"type\" } ] }")
        }
    }
    sound.then_some(all)
}

/// The place in the path and the port that a key means, the latter also as it is said; without a stage, the last one's.
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
    (path, stream): (Option<&[usize]>, Option<Stream<'_>>),
    (value, at): (&Value, &Path),
    null: &str,
) -> Option<Wanted> {
    let rows = tables(reader, value, at);
    let (path, (stage, port, said)) = (path?, stream?);
    let (number, schema) = port_of(reader, stages, path, (stage, port, said), at)?;
    let mut batch = Batch::new(&schema);
    let cells = Cells { schema: &schema, null };
    let named = rows.iter().map(|(row, at)| cells.add(reader, row, at, &mut batch)).collect();
    let name = stages.name(path[stage]);
    let stream = if port.is_empty() { name.to_string() } else { format!("{name}/{port}") };
    Some(Wanted { stage, port: number, stream, schema, rows: batch, named })
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
    let names: Vec<&str> = known.ports[1..].iter().map(|port| port.name.as_str()).collect();
    let what = reader.sentence(&format!("\"{name}\" has no port {quoted} (there is {})", names.join(", ")));
    let others = path.iter().map(|stage| stages.name(*stage));
    reader.findings.key(at, what).suggest(said, names.iter().copied().chain(others));
    None
}
