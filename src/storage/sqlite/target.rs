//! Where records go and whose they are: what a look at a database and an open one have in common.

use super::fault::Fault;
use crate::storage::IfExists;
use crate::units::Span;
use rusqlite::{Connection, OpenFlags};
use std::time::Duration;

/// Where to write; a checked one.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub path: String,
    pub if_exists: IfExists,
    pub patience: Span,
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
    let connection = Connection::open_with_flags(path, flags | more)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
}
