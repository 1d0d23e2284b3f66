//! The rows that a test gives to its first stage.

use super::cell::{Cells, tables};
use super::{Stages, file, lacks};
use crate::data::{Batch, Schema};
use crate::params::shown;
use crate::topology::case::{Given, Rows};
use crate::topology::reader::Reader;
use crate::topology::spans::{Path, under};
use toml::{Table, Value};

/// What the first stage reads.
enum Reads {
    One(Schema),
    /// By role: the inlet and its columns.
    Roles(Vec<(String, usize, Schema)>),
}

/// The rows in the order in which they come; `None` where the columns can't be known.
pub(super) fn read(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    path: Option<&[usize]>,
    null: &str,
) -> Option<Vec<Given>> {
    let reads = path.and_then(|path| reads(stages, path[0]));
    if ["rows", "rows_from"].iter().all(|key| lacks(reader, key)) {
        let what = "the test gives no rows: say what the stage reads, as in rows = [ { x = 1 } ]";
        reader.tell_header(what.to_string());
    }
    let mut given = Vec::new();
    if let Some(value) = reader.table.get("rows") {
        let at = under(reader.at, &["rows"]);
        given.extend(written(reader, reads.as_ref(), (value, &at), null));
    }
    if let Some(value) = reader.table.get("rows_from") {
        given.extend(from_files(reader, stages, reads.as_ref(), value));
    }
    reads.map(|_| given)
}

fn reads(stages: Stages<'_>, stage: usize) -> Option<Reads> {
    let known = stages.flow[stage].as_ref()?;
    if known.inlets.is_empty() {
        // What a source leaves is what the next step reads.
        let next = known.steps.get(1).and_then(|step| step.inputs.first()).map(|input| &input.schema);
        return Some(Reads::One(next.or(stages.output(stage))?.clone()));
    }
    let mut roles: Vec<(String, usize, Schema)> = Vec::new();
    for (at, inlet) in known.inlets.iter().enumerate() {
        let Some(role) = &inlet.role else { continue };
        if !roles.iter().any(|(known, ..)| known == role) {
            roles.push((role.clone(), at, inlet.schema.clone()));
        }
    }
    Some(if roles.is_empty() { Reads::One(known.inlets[0].schema.clone()) } else { Reads::Roles(roles) })
}

fn written(
    reader: &mut Reader<'_>,
    reads: Option<&Reads>,
    (value, at): (&Value, &Path),
    null: &str,
) -> Vec<Given> {
    match (reads, value) {
        (Some(Reads::Roles(roles)), Value::Table(lists)) => {
            let mut given = Vec::new();
            for (said, list) in lists {
                let at = under(at, &[said]);
                if let Some((inlet, schema)) = role(reader, roles, said, &at) {
                    given.push(list_of(reader, (inlet, schema), (list, &at), null));
                }
            }
            given
        }
        (Some(Reads::Roles(roles)), _) if roles.len() > 1 => by_turns(reader, roles, (value, at), null),
        (Some(Reads::Roles(roles)), _) => vec![list_of(reader, (roles[0].1, &roles[0].2), (value, at), null)],
        (Some(Reads::One(_)), Value::Table(_)) => {
            let what = "the stage has no roles: rows are a list of tables such as [ { x = 1 } ]";
            reader.findings.value(at, reader.sentence(what));
            Vec::new()
        }
        (Some(Reads::One(schema)), _) => vec![list_of(reader, (0, schema), (value, at), null)],
        (None, Value::Table(lists)) => {
            for (said, list) in lists {
                tables(reader, list, &under(at, &[said]));
            }
            Vec::new()
        }
        (None, _) => {
            tables(reader, value, at);
            Vec::new()
        }
    }
}

/// The inlet and the columns of a role.
fn role<'a>(
    reader: &mut Reader<'_>,
    roles: &'a [(String, usize, Schema)],
    said: &str,
    at: &Path,
) -> Option<(usize, &'a Schema)> {
    if let Some((_, inlet, schema)) = roles.iter().find(|(role, ..)| role == said) {
        return Some((*inlet, schema));
    }
    let names: Vec<&str> = roles.iter().map(|(role, ..)| role.as_str()).collect();
    let quoted = shown(&Value::String(said.to_string()));
    let what =
        reader.sentence(&format!("the stage reads no role {quoted} (there are: {})", names.join(", ")));
    reader.findings.key(at, what).suggest(said, names);
    None
}

/// A list of rows of one inlet.
fn list_of(
    reader: &mut Reader<'_>,
    (inlet, schema): (usize, &Schema),
    (value, at): (&Value, &Path),
    null: &str,
) -> Given {
    let mut rows = Batch::new(schema);
    let cells = Cells { schema, null };
    for (row, at) in tables(reader, value, at) {
        cells.add(reader, row, &at, &mut rows);
    }
    Given { inlet, schema: schema.clone(), rows: Rows::Written(rows) }
}

/// A list of `{ ROLE = { … } }` in the order in which they come.
fn by_turns(
    reader: &mut Reader<'_>,
    roles: &[(String, usize, Schema)],
    (value, at): (&Value, &Path),
    null: &str,
) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    for (entry, at) in tables(reader, value, at) {
        let Some((said, row)) = turn(entry).filter(|_| entry.len() == 1) else {
            let names: Vec<&str> = roles.iter().map(|(role, ..)| role.as_str()).collect();
            let what = format!(
                "the stage reads by role ({}): say which each row is, as in {{ {} = {{ x = 1 }} }}",
                names.join(", "),
                names[0]
            );
            reader.findings.value(&at, reader.sentence(&what));
            continue;
        };
        let at = under(&at, &[said]);
        let Some((inlet, schema)) = role(reader, roles, said, &at) else { continue };
        if given.last().is_none_or(|last| last.inlet != inlet) {
            given.push(Given { inlet, schema: schema.clone(), rows: Rows::Written(Batch::new(schema)) });
        }
        if let Some(Given { rows: Rows::Written(rows), .. }) = given.last_mut() {
            Cells { schema, null }.add(reader, row, &at, rows);
        }
    }
    given
}

fn turn(entry: &Table) -> Option<(&str, &Table)> {
    let (said, row) = entry.iter().next()?;
    Some((said, row.as_table()?))
}

/// Files of rows, in the order in which they are named.
fn from_files(
    reader: &mut Reader<'_>,
    stages: Stages<'_>,
    reads: Option<&Reads>,
    value: &Value,
) -> Vec<Given> {
    let at = under(reader.at, &["rows_from"]);
    let files: Vec<(Option<&str>, &str, Path)> = match value {
        Value::String(file) => vec![(None, file, at)],
        Value::Table(files) if files.values().all(Value::is_str) && !files.is_empty() => {
            let files = files.iter().map(|(role, file)| (role.as_str(), file.as_str().unwrap_or_default()));
            files.map(|(role, file)| (Some(role), file, under(&at, &[role]))).collect()
        }
        _ => {
            reader.wrong("rows_from", "a file's path in quotes, or a table with one for each role");
            return Vec::new();
        }
    };
    let mut given = Vec::new();
    for (said, file, at) in files {
        let Some((inlet, schema)) = reads.and_then(|reads| inlet_of(reader, reads, said, &at)) else {
            continue;
        };
        let step = file::step(reader, stages, (file, &at), schema);
        given.extend(step.map(|step| Given { inlet, schema: schema.clone(), rows: Rows::Read(step) }));
    }
    given
}

/// The inlet and the columns that rows under a role are of, or without one.
fn inlet_of<'a>(
    reader: &mut Reader<'_>,
    reads: &'a Reads,
    said: Option<&str>,
    at: &Path,
) -> Option<(usize, &'a Schema)> {
    match (reads, said) {
        (Reads::One(schema), None) => Some((0, schema)),
        (Reads::Roles(roles), Some(said)) => role(reader, roles, said, at),
        (Reads::Roles(roles), None) if roles.len() == 1 => Some((roles[0].1, &roles[0].2)),
        (Reads::Roles(roles), None) => {
            let names: Vec<&str> = roles.iter().map(|(role, ..)| role.as_str()).collect();
            let what = format!("the stage reads by role: say a file for each of {}", names.join(", "));
            reader.findings.value(at, reader.sentence(&what));
            None
        }
        (Reads::One(_), Some(_)) => {
            reader.findings.key(at, reader.sentence("the stage has no roles: say one file in quotes"));
            None
        }
    }
}
