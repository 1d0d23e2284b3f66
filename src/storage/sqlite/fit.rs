//! How records fit a table that somebody else has made: column by column, by name.

use super::tables::{Table, affinity, quoted};
use super::target::Target;
use crate::data::{self, Field, Type, Values};
use rusqlite::{Connection, Result};

/// What becomes of a column of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    /// Into the column of its name.
    In,
    /// The same, as long as it has no value: whatever type a column without values was taken for, the table's holds.
    InEmpty,
    /// The same for each value that the table's type holds as it is.
    InExact,
    /// Nowhere: the table computes it.
    Nowhere,
}

/// A column of a table that is there.
struct Column {
    name: String,
    declared: String,
    not_null: bool,
    default: bool,
    /// Its place in the primary key, from 1.
    key: i64,
    generated: bool,
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>> {
    // ANY is no type at all, in a strict table only.
    let sql = "SELECT name, iif(upper(type) = 'ANY' AND (SELECT strict FROM pragma_table_list \
        WHERE name = ?1 COLLATE NOCASE), '', type), \"notnull\", dflt_value IS NOT NULL, pk, hidden \
        FROM pragma_table_xinfo(?1)";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([table], |row| {
        let hidden: i64 = row.get(5)?;
        Ok(Column {
            name: row.get(0)?,
            declared: row.get(1)?,
            not_null: row.get(2)?,
            default: row.get(3)?,
            key: row.get(4)?,
            generated: hidden > 1,
        })
    })?;
    rows.collect()
}

/// Where each column of the records goes, or why they don't fit, as a clause.
pub(super) fn fit(
    connection: &Connection,
    target: &Target,
    table: &Table,
) -> Result<std::result::Result<Vec<Goes>, String>> {
    let there = columns(connection, &table.name)?;
    let mut goes = Vec::new();
    for field in &table.schema.fields {
        let Some(column) = there.iter().find(|column| column.name.eq_ignore_ascii_case(&field.name)) else {
            let names: Vec<String> = there.iter().map(|column| quoted(&column.name)).collect();
            let name = quoted(&field.name);
            return Ok(Err(format!(
                "it has no column {name} (there are {}): select others",
                names.join(", ")
            )));
        };
        match takes(column, field) {
            Some(how) => goes.push(how),
            None => {
                return Ok(Err(format!(
                    "its column {} is {}, the records have {}: cast it before",
                    quoted(&column.name),
                    column.declared,
                    field.of
                )));
            }
        }
    }
    let missing = there.iter().find(|column| {
        let ours = table.schema.names().any(|name| name.eq_ignore_ascii_case(&column.name));
        // A whole number that is the primary key numbers itself.
        let itself = column.default || column.generated || (column.key > 0 && numbers_itself(&there));
        column.not_null && !ours && !itself
    });
    if let Some(column) = missing {
        let name = quoted(&column.name);
        return Ok(Err(format!(
            "its column {name} must have a value, and the records have none: derive it before"
        )));
    }
    if !target.key.is_empty() && !unique(connection, table, &there)?.iter().any(|key| same(key, &target.key))
    {
        let names: Vec<String> = target.key.iter().map(|name| quoted(name)).collect();
        let names = names.join(", ");
        return Ok(Err(format!(
            "{names} is no key of it: make it one, as in CREATE UNIQUE INDEX NAME ON {}({names})",
            quoted(&table.name)
        )));
    }
    Ok(Ok(goes))
}

fn numbers_itself(there: &[Column]) -> bool {
    let mut keys = there.iter().filter(|column| column.key > 0);
    let first = keys.next();
    keys.next().is_none() && first.is_some_and(|column| column.declared.eq_ignore_ascii_case("INTEGER"))
}

/// Whether a column takes the values of another without changing one.
fn takes(column: &Column, field: &Field) -> Option<Goes> {
    if column.generated {
        return Some(Goes::Nowhere);
    }
    let upper = column.declared.to_ascii_uppercase();
    let of_time = upper.contains("DATE") || upper.contains("TIME");
    match (field.of, affinity(&column.declared)) {
        // A column of REAL holds not every whole number, and one of numbers makes one of a text that reads as such.
        (Type::I64, "REAL") => Some(Goes::InExact),
        (Type::Str, "NUMERIC") if of_time => Some(Goes::InExact),
        (_, "BLOB") | (Type::I64 | Type::Bool | Type::F64, "INTEGER" | "REAL" | "NUMERIC") => Some(Goes::In),
        (Type::Str | Type::Time | Type::List, "TEXT") => Some(Goes::In),
        (Type::Time, "NUMERIC") => Some(Goes::In),
        // A text that reads as a number would become one.
        (Type::Str, _) => Some(Goes::InEmpty),
        _ => None,
    }
}

/// Whether a value would become another in a column that holds it only if it is exact.
pub(super) fn changes(column: &data::Column, row: usize) -> bool {
    match &column.values {
        Values::I64(v) => v[row] as f64 as i128 != i128::from(v[row]),
        Values::Str(v) => reads_as_number(v.get(row)),
        _ => false,
    }
}

/// Whether SQLite makes a number of a text in a column of numbers (SQLite, "Datatypes", 3).
fn reads_as_number(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    // Rust knows these words as numbers, SQLite does not.
    text.ends_with(|last: char| last.is_ascii_digit() || last == '.') && text.parse::<f64>().is_ok()
}

fn same(one: &[String], other: &[String]) -> bool {
    let has = |names: &[String], name: &String| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    one.len() == other.len() && one.iter().all(|name| has(other, name))
}

/// The columns of the table's primary key, in order.
fn primary(there: &[Column]) -> Vec<String> {
    let mut keys: Vec<&Column> = there.iter().filter(|column| column.key > 0).collect();
    keys.sort_by_key(|column| column.key);
    keys.iter().map(|column| column.name.clone()).collect()
}

/// All keys of a table whose values no two rows share. An index over an expression is none: it is unique by that.
fn unique(connection: &Connection, table: &Table, there: &[Column]) -> Result<Vec<Vec<String>>> {
    let sql = "SELECT l.name, i.name FROM pragma_index_list(?1) l JOIN pragma_index_info(l.name) i \
        WHERE l.\"unique\" AND NOT l.partial AND NOT EXISTS \
        (SELECT 1 FROM pragma_index_info(l.name) e WHERE e.name IS NULL) ORDER BY l.seq, i.seqno";
    let mut keys = vec![primary(there)];
    keys.extend(grouped(connection, sql, &table.name)?.into_iter().map(|(_, key)| key));
    Ok(keys)
}

/// The second column of a query by runs of the first.
fn grouped(connection: &Connection, sql: &str, name: &str) -> Result<Vec<(String, Vec<String>)>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement
        .query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows {
        let (group, name) = row?;
        if groups.last().is_none_or(|(last, _)| *last != group) {
            groups.push((group, Vec::new()));
        }
        groups.last_mut().expect("one was just added").1.extend(name);
    }
    Ok(groups)
}

/// The keys by which other tables refer to this one, as constraints of the table that replaces it; or why the records
/// can't replace it, as a clause.
pub(super) fn referred(
    connection: &Connection,
    table: &Table,
) -> Result<std::result::Result<Vec<String>, String>> {
    let sql = "SELECT m.name || ' ' || f.id, f.\"to\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
        WHERE m.type = 'table' AND m.name <> ?1 COLLATE NOCASE AND f.\"table\" = ?1 COLLATE NOCASE \
        ORDER BY m.name, f.id, f.seq";
    let there = columns(connection, &table.name)?;
    let (primary, unique) = (primary(&there), unique(connection, table, &there)?);
    let mut constraints = Vec::new();
    for (by, key) in grouped(connection, sql, &table.name)? {
        let key = if key.is_empty() { primary.clone() } else { key };
        if key.is_empty() || !unique.iter().any(|known| same(known, &key)) {
            continue;
        }
        let missing =
            key.iter().find(|name| !table.schema.names().any(|ours| ours.eq_ignore_ascii_case(name)));
        if let Some(name) = missing {
            let by = by.rsplit_once(' ').map_or(by.as_str(), |(by, _)| by);
            return Ok(Err(format!(
                "table {} refers to its column {}, which the records do not have",
                quoted(by),
                quoted(name)
            )));
        }
        let names: Vec<String> = key.iter().map(|name| quoted(name)).collect();
        let kind = if same(&key, &primary) { "PRIMARY KEY" } else { "UNIQUE" };
        constraints.push(format!("{kind}({})", names.join(", ")));
    }
    constraints.sort();
    constraints.dedup();
    Ok(Ok(constraints))
}
