//! Where records go and whose they are: what a look at a database and an open one have in common.

use super::fault::Fault;
use crate::params::JsonSchema;
use crate::storage::IfExists;
use crate::units::Span;
use rusqlite::{Connection, OpenFlags};
use std::time::Duration;

/// Where to write; a checked one.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub path: String,
    pub if_exists: IfExists,
    /// Columns that no two rows of a table share.
    pub key: Vec<String>,
    pub on_conflict: OnConflict,
    pub patience: Span,
}

/// What becomes of a record whose key a row of the table has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnConflict {
    /// It is rejected.
    Reject,
    /// It is left out: filtered.
    Ignore,
    /// It takes the row's place.
    Replace,
}

/// Whose account a database keeps.
pub(super) struct Owner {
    pub run: String,
    pub stage: String,
    pub worker: u16,
}

/// Opens a database, to read and to write it.
pub(super) fn connect(path: &str, more: OpenFlags, busy: Duration) -> std::result::Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // From the root, so that no name is read as anything but a file's: `file:x?mode=memory` neither.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let connection = Connection::open_with_flags(path, flags | more)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
}
