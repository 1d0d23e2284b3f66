//! A table that grows beside the one it is to replace, and takes its place within a transaction.

use super::tables::quoted;
use crate::storage::warn;
use rusqlite::{Connection, Result};

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
pub(super) fn swap(connection: &Connection, path: &str, table: &str) -> Result<()> {
    let sql = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE \
        AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type";
    let kept: Vec<(String, String)> = connection
        .prepare(sql)?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let (old, new) = (quoted(table), quoted(&beside(table)));
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {old}; ALTER TABLE {new} RENAME TO {old}"))?;
    for (name, sql) in kept {
        connection.execute_batch("SAVEPOINT keep")?;
        if let Err(e) = connection.execute_batch(&sql) {
            connection.execute_batch("ROLLBACK TO keep")?;
            warn(&format!("{name} of table {old} of {path} does not fit the new table, and is gone: {e}"));
        }
        connection.execute_batch("RELEASE keep")?;
    }
    Ok(())
}

/// Whether any row has come beside.
pub(super) fn holds_rows(connection: &Connection, table: &str) -> Result<bool> {
    connection.prepare(&format!("SELECT 1 FROM {} LIMIT 1", quoted(&beside(table))))?.exists([])
}

/// Whether a table grows beside.
pub(super) fn is_there(connection: &Connection, table: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    connection.prepare(sql)?.exists([beside(table)])
}

/// Removes what grew beside.
pub(super) fn discard(connection: &Connection, table: &str) -> Result<()> {
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&beside(table))))
}
