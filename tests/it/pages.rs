//! Every operator's page holds: its parameters plan, and its table comes out as it says.

use crate::case::Case;
use crate::page::{self, Block, Example, Rows};
use sluicebox::data::{Value, render};
use sluicebox::operator::{PlannedPort, Spec};
use sluicebox::registry;
use sluicebox::stage::Place;
use std::path::Path;

#[test]
fn every_page_holds() {
    let failures: Vec<String> = registry::all()
        .filter(|(_, spec)| spec.server.is_none())
        .filter_map(|(room, spec)| {
            holds(room, spec).err().map(|e| format!("src/{room}, \"{}\": {e}", spec.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} pages do not hold\n{}", failures.len(), failures.join("\n"));
}

/// Runs every example of a page.
pub fn holds(room: &str, spec: &Spec) -> Result<(), String> {
    for (i, example) in page::examples(spec)?.iter().enumerate() {
        example_holds(room, spec, example).map_err(|e| format!("table {}: {e}", i + 1))?;
    }
    Ok(())
}

fn example_holds(room: &str, spec: &Spec, example: &Example) -> Result<(), String> {
    let case = Case::plan(room, spec, example)?;
    let mut run = case.start()?;
    match case.place {
        Place::Source => run.drain_all(1000)?,
        _ => {
            for (inlet, from, to) in example.turns() {
                run.feed(inlet, &example.inputs[inlet].rows.batch, from, to)?;
            }
        }
    }
    run.finish()?;
    if case.place == Place::Sink {
        return match (&example.stored, case.path()) {
            (Some(stored), Some(path)) => {
                let found = read_back(&stored.tag, &path)?;
                same_text(stored, &found)
            }
            (None, None) => Ok(()),
            _ => Err("a sink with a path needs a block that says what is stored then".to_string()),
        };
    }
    let out = Rows { schema: case.planned.output.clone(), batch: std::mem::take(&mut run.out) };
    same(&example.output, &out, "comes out")?;
    for (port, shown) in &example.ports {
        let got = match port.as_str() {
            "report" => run.report()?,
            _ => run.side(port).ok_or_else(|| format!("the page shows a port \"{port}\", there is none"))?,
        };
        same(shown, &got, &format!("leaves by the port \"{port}\""))?;
    }
    let hidden = |port: &&PlannedPort| !example.ports.iter().any(|(name, _)| *name == port.name);
    for port in case.planned.ports.iter().filter(hidden) {
        if run.side(&port.name).is_some_and(|rows| !rows.batch.is_empty()) {
            return Err(format!("records leave by the port \"{}\", which the page does not show", port.name));
        }
    }
    Ok(())
}

pub fn same(shown: &Rows, got: &Rows, what: &str) -> Result<(), String> {
    // Whose local times a column tells is not shown.
    if shown.schema.hash() != got.schema.hash() {
        return Err(format!("the page says that ({}) {what}, planned is ({})", shown.schema, got.schema));
    }
    same_rows(shown, got)
}

fn same_rows(expected: &Rows, got: &Rows) -> Result<(), String> {
    let columns = expected.batch.columns.iter().zip(&got.batch.columns);
    for (field, (expected, got)) in expected.schema.fields.iter().zip(columns) {
        let shown = |column: &sluicebox::data::Column| {
            (0..column.len()).map(|row| text(&column.value(row))).collect::<Vec<_>>().join(" ")
        };
        let equal = expected.len() == got.len()
            && (0..got.len()).all(|row| near(&expected.value(row), &got.value(row)));
        if !equal {
            return Err(format!(
                "column \"{}\"\n  on the page: {}\n  comes out:   {}",
                field.name,
                shown(expected),
                shown(got)
            ));
        }
    }
    Ok(())
}

/// f64 to 1e-9 relative (and 1e-12 beside 0), the rest exactly.
fn near(expected: &Value<'_>, got: &Value<'_>) -> bool {
    match (expected, got) {
        (Value::F64(a), Value::F64(b)) => {
            a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= (1e-9 * a.abs().max(b.abs())).max(1e-12)
        }
        _ => expected == got,
    }
}

/// A value as a page writes it.
fn text(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Bool(x) => x.to_string(),
        Value::F64(x) => x.to_string(),
        Value::Str(x) if x.is_empty() || x.contains(' ') || *x == "NULL" => format!("{x:?}"),
        other => {
            let mut out = Vec::new();
            render::text_value(other, &mut out);
            String::from_utf8(out).unwrap()
        }
    }
}

/// What a sink has stored: a file's text, or a database's table `input` as the sqlite3 shell lists it.
pub fn read_back(tag: &str, path: &Path) -> Result<String, String> {
    let failed = |e: &dyn std::fmt::Display| format!("{} can't be read back: {e}", path.display());
    if tag != "text" {
        return std::fs::read_to_string(path).map_err(|e| failed(&e));
    }
    let lines = || -> rusqlite::Result<Vec<String>> {
        let db = rusqlite::Connection::open(path)?;
        let mut rows = db.prepare("SELECT * FROM input")?;
        let n = rows.column_count();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            let cells = (0..n).map(|i| {
                let value: rusqlite::types::Value = row.get(i)?;
                db.query_row("SELECT COALESCE(CAST(?1 AS TEXT), '')", [value], |row| row.get(0))
            });
            Ok(cells.collect::<rusqlite::Result<Vec<String>>>()?.join("|"))
        };
        rows.query_map([], row)?.collect()
    };
    Ok(lines().map_err(|e| failed(&e))?.join("\n"))
}

fn same_text(stored: &Block, found: &str) -> Result<(), String> {
    if stored.text.trim_end() == found.trim_end() {
        return Ok(());
    }
    Err(format!("on the page is stored:\n{}\nfound is:\n{found}", stored.text.trim_end()))
}
