//! A table that grows beside the one it is to replace, and takes its place within a transaction.

use super::tables::quoted;
use super::target::Owner;
use crate::operator::Ends;
use crate::storage::warn;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Whose the tables are that grow: of two runs that name one, the later.
const GROWING: &str = "CREATE TABLE IF NOT EXISTS \"_sluicebox_account_beside\"(\
    run TEXT, stage TEXT, worker INTEGER, name TEXT COLLATE NOCASE)";
const GROWS: &str =
    "INSERT INTO \"_sluicebox_account_beside\"(run, stage, worker, name) VALUES (?1, ?2, ?3, ?4)";
const IS_KNOWN: &str = "SELECT 1 FROM sqlite_schema WHERE name = '_sluicebox_account_beside'";
/// Whether no later run has begun the table anew.
const WHOSE: &str = "SELECT rowid = (SELECT max(rowid) FROM \"_sluicebox_account_beside\" WHERE name = ?4) \
    FROM \"_sluicebox_account_beside\" WHERE run = ?1 AND stage = ?2 AND worker = ?3 AND name = ?4";
const GROWN: &str = "DELETE FROM \"_sluicebox_account_beside\" WHERE rowid = \
    (SELECT max(rowid) FROM \"_sluicebox_account_beside\" WHERE name = ?1)";
const FORGET: &str = "DELETE FROM \"_sluicebox_account_beside\" WHERE NOT EXISTS \
    (SELECT 1 FROM \"_sluicebox_account\" a WHERE a.run = \"_sluicebox_account_beside\".run)";

/// What a run has of its own beside a table.
pub(super) enum Beside {
    /// Nothing: it fills the table itself, or the new one has taken its place.
    Nothing,
    Grows,
    /// What it had there is gone.
    Gone,
}

/// The table that grows: no user's table may be called so.
pub(super) fn beside(table: &str) -> String {
    format!("_sluicebox_new_{table}")
}

/// Before the first transaction: no table of others is touched when one goes or gets its name, neither by foreign keys
/// nor by views and triggers that name it.
pub(super) fn allow(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "legacy_alter_table", true)
}

/// Puts the new table in the old one's place, with the old one's indexes and triggers as far as they fit.
fn swap(connection: &Connection, path: &str, table: &str) -> Result<Stands> {
    let sql = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE \
        AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type";
    let kept: Vec<(String, String)> = connection
        .prepare(sql)?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let (old, new) = (quoted(table), quoted(&beside(table)));
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {old}; ALTER TABLE {new} RENAME TO {old}"))?;
    connection.execute(GROWN, [table])?;
    for (name, sql) in kept {
        connection.execute_batch("SAVEPOINT keep")?;
        if let Err(e) = connection.execute_batch(&sql) {
            connection.execute_batch("ROLLBACK TO keep")?;
            warn(&format!("{name} of table {old} of {path} does not fit the new table, and is gone: {e}"));
        }
        connection.execute_batch("RELEASE keep")?;
    }
    Ok(Stands::Swapped)
}

/// Whether any row has come beside.
fn holds_rows(connection: &Connection, table: &str) -> Result<bool> {
    connection.prepare(&format!("SELECT 1 FROM {} LIMIT 1", quoted(&beside(table))))?.exists([])
}

/// What a run has beside a table.
pub(super) fn of(connection: &Connection, owner: &Owner, table: &str) -> Result<Beside> {
    if !connection.prepare(IS_KNOWN)?.exists([])? {
        return Ok(Beside::Nothing);
    }
    let Owner { run, stage, worker } = owner;
    let whose: Option<bool> =
        connection.query_row(WHOSE, params![run, stage, worker, table], |row| row.get(0)).optional()?;
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    let is_there = connection.prepare(sql)?.exists([beside(table)])?;
    Ok(match whose {
        None => Beside::Nothing,
        Some(last) if last && is_there => Beside::Grows,
        Some(_) => Beside::Gone,
    })
}

/// Notes that a run's table grows beside another.
pub(super) fn begin(connection: &Connection, owner: &Owner, table: &str) -> Result<()> {
    let Owner { run, stage, worker } = owner;
    connection.execute_batch(GROWING)?;
    connection.execute(FORGET, [])?;
    connection.execute(GROWS, params![run, stage, worker, table]).map(|_| ())
}

/// Removes what grew beside and came to nothing.
fn give_up(connection: &Connection, table: &str) -> Result<Stands> {
    connection.execute(GROWN, [table])?;
    discard(connection, table).map(|()| Stands::Empty)
}

/// Removes what an earlier run has left beside.
pub(super) fn discard(connection: &Connection, table: &str) -> Result<()> {
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&beside(table))))
}

/// What a transaction has made of a table.
pub(super) enum Stands {
    /// What it was before.
    Still,
    /// The new one is in the old one's place.
    Swapped,
    /// The old one stays: there is no new row.
    Empty,
    /// The old one stays, for this reason, and the new one beside it.
    Beside(&'static str),
}

/// What becomes of a table that grows beside another. `ends`: nothing comes behind this transaction, and how that is.
/// `live`: rows have come in it, and are to be seen.
pub(super) fn ends(
    connection: &Connection,
    path: &str,
    table: &str,
    (ends, live): (Option<Ends>, bool),
) -> Result<Stands> {
    let rows = || holds_rows(connection, table);
    Ok(match (ends, live) {
        (None, false) => Stands::Still,
        (_, true) => swap(connection, path, table)?,
        (Some(Ends::Well), _) if rows()? => swap(connection, path, table)?,
        (Some(Ends::Well), _) => give_up(connection, table)?,
        // Who goes on with the run fills it.
        (Some(_), _) if !rows()? => Stands::Empty,
        (Some(Ends::Early), _) => Stands::Beside("not all records came"),
        (Some(Ends::Rejecting), _) => Stands::Beside("too many records were rejected"),
    })
}
