//! Tables before the first record: looked at before a run, made once in a run.

use super::fault::Fault;
use super::fit::{Goes, fit, referred};
use super::hold::Hold;
use super::insert::Insert;
use super::swap::{self, Beside};
use super::tables::{Table, Tables, declared, quoted};
use super::target::{Owner, Target, connect};
use crate::error::{Error, Result};
use crate::storage::IfExists;
use crate::storage::common::place::{self, Kind, cannot};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use std::time::Duration;

const ACCOUNTS: &str = "CREATE TABLE IF NOT EXISTS \"_sluicebox_account\"(\
    run TEXT, stage TEXT, worker INTEGER, account BLOB, PRIMARY KEY(run, stage, worker))";
const ACCOUNT: &str =
    "SELECT account FROM \"_sluicebox_account\" WHERE run = ?1 AND stage = ?2 AND worker = ?3";
/// Old runs are forgotten, but not the last ones: another topology may just be writing to the same database.
const FORGET: &str = "DELETE FROM \"_sluicebox_account\" \
    WHERE rowid <= (SELECT max(rowid) FROM \"_sluicebox_account\") - 100";
const BEGIN: &str = "INSERT INTO \"_sluicebox_account\"(run, stage, worker) VALUES (?1, ?2, ?3)";

/// A look may take no longer.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// Whether a run could begin: called before anything starts; makes no file and changes none.
pub(super) fn preflight(target: &Target, tables: &Tables) -> Result<()> {
    let path = &target.path;
    match place::inspect(path)? {
        Kind::Nothing => return Ok(()),
        Kind::File => Hold::check(path, tables)?,
        Kind::Fifo | Kind::Device => {
            return Err(cannot(path, "it is no file", "a database is one: name another"));
        }
    }
    let judge = || -> std::result::Result<(), Fault> {
        // Not read-only: such a connection leaves its log files behind.
        let connection = connect(path, OpenFlags::empty(), LOOK_MAX.min(target.patience.duration()))?;
        tables.all.iter().try_for_each(|table| there(&connection, target, table).map(|_| ()))
    };
    judge().map_err(|fault| fault.error(path))
}

/// What a table is to a run that begins.
enum There {
    Nothing,
    /// Its rows stay, and the records fit it.
    Stays,
    /// It goes when the new one is there, which needs these constraints.
    Goes(Vec<String>),
}

/// What lies under a table's name. An error when the user did not reckon with it.
fn there(connection: &Connection, target: &Target, table: &Table) -> std::result::Result<There, Fault> {
    let (path, name) = (&target.path, &table.name);
    let told = |why: String| Fault::Told(Error::failed(why));
    let sql = "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE \
        AND type IN ('table', 'view', 'index')";
    let kind: Option<String> = connection.query_row(sql, [name], |row| row.get(0)).optional()?;
    match (kind.as_deref(), target.if_exists) {
        (None, _) => return Ok(There::Nothing),
        // They share one set of names.
        (Some(other @ ("view" | "index")), _) => {
            let article = if other == "index" { "an" } else { "a" };
            let why = format!(
                "\"{name}\" is {article} {other} in {path}, and {article} {other} can't be written to (name another \
                 table with \"table\")"
            );
            return Err(told(why));
        }
        (Some(_), IfExists::Replace) => {
            return referred(connection, table)?.map(There::Goes).map_err(|why| {
                told(format!(
                    "table \"{name}\" of {path} can't be replaced: {why} (let them have it, or name another table with \
                     \"table\")"
                ))
            });
        }
        (Some(_), IfExists::Fail) => {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(name));
            if connection.prepare(&sql)?.exists([])? {
                let why = format!(
                    "table \"{name}\" of {path} holds rows already (say if_exists = \"append\" to add to them, or name \
                     another table with \"table\")"
                );
                return Err(told(why));
            }
        }
        (Some(_), IfExists::Append) => {}
    }
    fit(connection, target, table)?.map(|_| There::Stays).map_err(|why| {
        told(format!(
            "the records don't fit table \"{name}\" of {path}: {why}, or name another table with \"table\""
        ))
    })
}

/// Makes a table of the records' columns.
fn make(
    connection: &Connection,
    target: &Target,
    table: &Table,
    name: &str,
    more: Vec<String>,
) -> rusqlite::Result<()> {
    let column = |field: &crate::data::Field| format!("{} {}", quoted(&field.name), declared(field.of));
    let mut parts: Vec<String> = table.schema.fields.iter().map(column).collect();
    parts.extend(more);
    if !target.key.is_empty() {
        let names: Vec<String> = target.key.iter().map(|name| quoted(name)).collect();
        parts.push(format!("UNIQUE({})", names.join(", ")));
    }
    connection.execute_batch(&format!("CREATE TABLE {}({})", quoted(name), parts.join(", ")))
}

/// What was prepared.
pub(super) struct Prepared {
    /// What this run has stored already; `None` where that is not known, since it begins here or was cut off early.
    pub account: Option<Vec<u8>>,
    /// How each table is filled.
    pub inserts: Vec<Insert>,
}

/// Makes what is missing. A run that began before goes on in what it has made.
pub(super) fn prepare(
    connection: &Connection,
    target: &Target,
    tables: &Tables,
    owner: &Owner,
) -> std::result::Result<Prepared, Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    connection.execute_batch(ACCOUNTS)?;
    let Owner { run, stage, worker } = owner;
    let account = connection.query_row(ACCOUNT, params![run, stage, worker], |row| row.get(0)).optional()?;
    if account.is_none() {
        // Without an account: only a transaction that stores records may say how many are stored.
        connection.execute(BEGIN, params![run, stage, worker])?;
        connection.execute(FORGET, [])?;
    }
    let mut inserts = Vec::new();
    for table in &tables.all {
        if account.is_none() {
            begin(connection, target, table, owner)?;
        }
        let beside = match swap::of(connection, owner, &table.name)? {
            Beside::Nothing => false,
            Beside::Grows => true,
            Beside::Gone => return Err(Fault::Told(gone(&table.name, &target.path))),
        };
        let goes = match beside {
            true => vec![Goes::In; table.schema.fields.len()],
            false => fit(connection, target, table)?.map_err(|why| {
                Fault::Told(Error::failed(format!(
                    "table \"{}\" of {} was changed: {why}",
                    table.name, target.path
                )))
            })?,
        };
        inserts.push(Insert::new(target, table, &goes, beside));
    }
    transaction.commit()?;
    Ok(Prepared { account: account.flatten(), inserts })
}

/// Makes what a run that begins needs of a table.
fn begin(
    connection: &Connection,
    target: &Target,
    table: &Table,
    owner: &Owner,
) -> std::result::Result<(), Fault> {
    let there = there(connection, target, table)?;
    // What a run has left that may go on is only another's to remove that replaces the same table.
    if target.if_exists == IfExists::Replace {
        swap::discard(connection, &table.name)?;
    }
    match there {
        There::Stays => {}
        There::Nothing => make(connection, target, table, &table.name, Vec::new())?,
        There::Goes(more) => {
            make(connection, target, table, &swap::beside(&table.name), more)?;
            swap::begin(connection, owner, &table.name)?;
        }
    }
    Ok(())
}

fn gone(table: &str, path: &str) -> Error {
    let beside = swap::beside(table);
    Error::failed(format!(
        "can't go on with table \"{table}\" of {path}: what this run stored in \"{beside}\" is gone, since another run \
         has replaced the table or begun to, or \"{beside}\" was dropped; run it anew, without --resume"
    ))
}
