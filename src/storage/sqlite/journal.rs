//! How a database keeps its log: in WAL mode while sinks fill it, so that others may read meanwhile; before and after
//! as it was, since a database in that mode can't be read where nobody may write.
//!
//! Which of two modes it was in is all that a database itself knows. A table stands in it for as long as that is ours.

use super::target::connect;
use crate::identity::Inode;
use crate::storage::warn;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Result};
use std::path::Path;
use std::time::{Duration, Instant};

const OURS: &str = "CREATE TABLE IF NOT EXISTS \"_sluicebox_journal\"(was TEXT)";
const NOT_OURS: &str = "DROP TABLE IF EXISTS \"_sluicebox_journal\"";
const IS_OURS: &str = "SELECT 1 FROM sqlite_schema WHERE name = '_sluicebox_journal'";

/// So long may the last sinks of a database hinder each other in giving the mode back.
const GIVING_BACK: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);
const BUSY: Duration = Duration::from_millis(50);

fn mode(connection: &Connection) -> Result<String> {
    connection.pragma_query_value(None, "journal_mode", |row| row.get(0))
}

/// Turns to the log. A file system without shared memory stays with its journal: slower, and as sound.
pub(super) fn begin(connection: &Connection) -> Result<()> {
    if mode(connection)? != "wal" {
        connection.execute_batch(OURS)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
    }
    Ok(())
}

/// Moves the log into the database, and gives the mode back that it had. `alone`: no other sink fills it. All is stored
/// already, so what hinders it is only told.
pub(super) fn end(path: &str, id: Option<Inode>, alone: bool) {
    let start = Instant::now();
    // Another connection each time: of two that try, one must be gone.
    while Inode::at(Path::new(path)) == id && id.is_some() {
        let why = match settle(path, alone) {
            Ok(true) => return,
            Ok(false) => "another program has it open".to_string(),
            Err(fault) => fault.error(path).sentence,
        };
        if !alone {
            return;
        }
        if start.elapsed() > GIVING_BACK {
            return warn(&format!(
                "a part of what was stored in {path} may lie in {path}-wal for a while: {why}"
            ));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether nothing is left in the log, and the mode is as it was.
fn settle(path: &str, alone: bool) -> std::result::Result<bool, super::fault::Fault> {
    let connection = connect(path, OpenFlags::empty(), BUSY)?;
    let ours = connection.query_row(IS_OURS, [], |_| Ok(())).optional()?.is_some();
    if !ours || !alone {
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        return Ok(busy == 0 || !alone);
    }
    if connection.query_row("PRAGMA journal_mode = delete", [], |row| row.get::<_, String>(0))? == "wal" {
        return Ok(false);
    }
    connection.execute_batch(NOT_OURS)?;
    Ok(true)
}
