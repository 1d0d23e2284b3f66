//! Tables before the first record: looked at before a run, made or dropped once in a run.

use super::fault::Fault;
use super::tables::{Table, Tables, affinity, declared, quoted};
use super::target::{Owner, Target, connect};
use crate::error::{Error, Result};
use crate::operator::Refusal;
use crate::storage::IfExists;
use crate::storage::common::place::{self, Kind};
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
    if place::inspect(path)? == Kind::Nothing {
        return Ok(());
    }
    let judge = || -> std::result::Result<(), Fault> {
        // Not read-only: such a connection leaves its log files behind.
        let connection = connect(path, OpenFlags::empty(), LOOK_MAX.min(target.patience.duration()))?;
        tables.all.iter().try_for_each(|table| exists(&connection, target, table).map(|_| ()))
    };
    judge().map_err(|fault| match fault.refusal(path) {
        Refusal::NotNow(error) | Refusal::Never(error) => error,
    })
}

/// Whether the table is there and stays. An error when it is there and the user did not reckon with it.
fn exists(connection: &Connection, target: &Target, table: &Table) -> std::result::Result<bool, Fault> {
    let (path, name) = (&target.path, &table.name);
    let told = |why: String| Fault::Told(Error::failed(why));
    let sql = "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')";
    let kind: Option<String> = connection.query_row(sql, [name], |row| row.get(0)).optional()?;
    match (kind.as_deref(), target.if_exists) {
        (None, _) => return Ok(false),
        (Some("view"), _) => {
            let why = format!(
                "\"{name}\" is a view in {path}, and a view can't be written to (name another table with \"table\")"
            );
            return Err(told(why));
        }
        (Some(_), IfExists::Replace) => return Ok(false),
        (Some(_), IfExists::Fail) => {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(name));
            if connection.prepare(&sql)?.exists([])? {
                let why = format!(
                    "table \"{name}\" of {path} holds rows already (say if_exists = \"append\" or \"replace\", or \
                    choose another path)"
                );
                return Err(told(why));
            }
        }
        (Some(_), IfExists::Append) => {}
    }
    match difference(connection, table)? {
        None => Ok(true),
        Some(why) => Err(told(format!(
            "table \"{name}\" of {path} is another one: {why} (say if_exists = \"replace\", or name another table \
            with \"table\")"
        ))),
    }
}

/// How the columns of a table differ from those of the records, as a clause.
fn difference(connection: &Connection, table: &Table) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)")?;
    let there = statement.query_map([&table.name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let there: Vec<(String, String)> = there.collect::<rusqlite::Result<_>>()?;
    let here: Vec<_> = table.schema.fields.iter().map(|field| (&field.name, declared(field.of))).collect();
    for (at, ((name, of), (our_name, our_of))) in there.iter().zip(&here).enumerate() {
        if !name.eq_ignore_ascii_case(our_name) || affinity(of) != *our_of {
            return Ok(Some(format!(
                "its column {} is {} {of}, the records have {} {our_of}",
                at + 1,
                quoted(name),
                quoted(our_name)
            )));
        }
    }
    if there.len() == here.len() {
        return Ok(None);
    }
    let more =
        there.get(here.len()).map(|(name, _)| name).or_else(|| here.get(there.len()).map(|(name, _)| *name));
    let more = more.map_or_else(String::new, |name| format!("; {} is on one side only", quoted(name)));
    Ok(Some(format!("it has {} columns, the records have {}{more}", there.len(), here.len())))
}

/// Makes what is missing. `None`: this run began here; else it goes on, from the account that was stored last.
pub(super) fn prepare(
    connection: &Connection,
    target: &Target,
    tables: &Tables,
    owner: &Owner,
) -> std::result::Result<Option<Option<Vec<u8>>>, Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    connection.execute_batch(ACCOUNTS)?;
    let Owner { run, stage, worker } = owner;
    let account = connection.query_row(ACCOUNT, params![run, stage, worker], |row| row.get(0)).optional()?;
    if account.is_none() {
        for table in &tables.all {
            if exists(connection, target, table)? {
                continue;
            }
            let name = quoted(&table.name);
            let column =
                |field: &crate::data::Field| format!("{} {}", quoted(&field.name), declared(field.of));
            let columns: Vec<String> = table.schema.fields.iter().map(column).collect();
            connection.execute_batch(&format!(
                "DROP TABLE IF EXISTS {name}; CREATE TABLE {name}({})",
                columns.join(", ")
            ))?;
        }
        // Without an account: only a transaction that stores records may say how many are stored.
        connection.execute(BEGIN, params![run, stage, worker])?;
        connection.execute(FORGET, [])?;
    }
    transaction.commit()?;
    Ok(account)
}
