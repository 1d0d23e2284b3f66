//! An open database: how it is looked at, prepared once a run, and written to in whole transactions.

use super::insert::Insert;
use super::tables::{Table, Tables, affinity, declared, quoted};
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::operator::Cx;
use crate::storage::IfExists;
use crate::storage::patience::{Refusal, insist};
use crate::storage::place::{self, Kind, cannot};
use crate::units::Span;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use std::time::Duration;

/// Where to write; a checked one.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub path: String,
    pub if_exists: IfExists,
    pub patience: Span,
}

/// Whose account a database keeps.
struct Owner {
    run: String,
    stage: String,
    worker: u16,
}

pub(super) struct Store {
    connection: Connection,
    /// Which file it is.
    id: Option<(u64, u64)>,
    owner: Owner,
    inserts: Vec<Insert>,
    text: Vec<u8>,
}

/// The log is written back at so many pages (16 MiB): fewer syncs than by SQLite's own 1000.
const LOG_PAGES: u32 = 4000;
/// Short: what is longer is waited for by `insist`, which gives signs of life.
const BUSY: Duration = Duration::from_millis(20);
/// A look may take no longer.
const LOOK_MAX: Duration = Duration::from_secs(5);

const ACCOUNTS: &str = "CREATE TABLE IF NOT EXISTS \"_sluicebox_account\"(\
    run TEXT, stage TEXT, worker INTEGER, account BLOB, PRIMARY KEY(run, stage, worker))";
const ACCOUNT: &str =
    "SELECT account FROM \"_sluicebox_account\" WHERE run = ?1 AND stage = ?2 AND worker = ?3";
/// Old runs are forgotten, but not the last ones: another topology may just be writing to the same database.
const FORGET: &str = "DELETE FROM \"_sluicebox_account\" \
    WHERE rowid <= (SELECT max(rowid) FROM \"_sluicebox_account\") - 100";
const BEGIN: &str = "INSERT INTO \"_sluicebox_account\"(run, stage, worker) VALUES (?1, ?2, ?3)";
const COUNT: &str =
    "UPDATE \"_sluicebox_account\" SET account = ?4 WHERE run = ?1 AND stage = ?2 AND worker = ?3";

/// Why something did not work: SQLite's reason, or a sentence of ours.
enum Fault {
    Sqlite(rusqlite::Error),
    Told(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl Fault {
    /// In words, and whether it may pass.
    fn refusal(self, path: &str) -> Refusal {
        let error = match self {
            Fault::Told(error) => return Refusal::Never(error),
            Fault::Sqlite(error) => error,
        };
        let why = match &error {
            rusqlite::Error::SqliteFailure(_, Some(why)) => why.clone(),
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => {
                let advice = "another program holds it: close that, or raise \"patience\"";
                Refusal::NotNow(cannot(path, &why, advice))
            }
            Some(ErrorCode::DiskFull) => {
                let advice = "free some space, or choose another path";
                Refusal::NotNow(cannot(path, "the disk is full", advice))
            }
            Some(ErrorCode::SystemIoFailure) => {
                Refusal::NotNow(cannot(path, &why, "is the disk full, or does it fail?"))
            }
            Some(ErrorCode::NotADatabase) => {
                Refusal::Never(cannot(path, "it is not an SQLite database", "choose another path"))
            }
            // The place says more than SQLite does, if it is to blame.
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Refusal::Never(
                place::look(path).err().unwrap_or_else(|| cannot(path, &why, "choose another path")),
            ),
            _ => Refusal::Never(cannot(path, &why, "choose another path, or mend the database")),
        }
    }
}

fn connect(path: &str, more: OpenFlags, busy: Duration) -> std::result::Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags | more)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
}

/// Whether a run could begin: called before anything starts; makes no file and changes none.
pub(super) fn look(target: &Target, tables: &Tables) -> Result<()> {
    let path = &target.path;
    if place::look(path)? == Kind::Nothing {
        return Ok(());
    }
    let look = || -> std::result::Result<(), Fault> {
        // Not read-only: such a connection leaves its log files behind.
        let connection = connect(path, OpenFlags::empty(), LOOK_MAX.min(target.patience.duration()))?;
        tables.all.iter().try_for_each(|table| exists(&connection, target, table).map(|_| ()))
    };
    look().map_err(|fault| match fault.refusal(path) {
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
                    "table \"{name}\" of {path} holds rows already (say if_exists = \"append\" or \"replace\", or choose another path)"
                );
                return Err(told(why));
            }
        }
        (Some(_), IfExists::Append) => {}
    }
    match difference(connection, table)? {
        None => Ok(true),
        Some(why) => Err(told(format!(
            "table \"{name}\" of {path} is another one: {why} (say if_exists = \"replace\", or name another table with \"table\")"
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
fn prepare(
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

impl Store {
    /// Opens the database, once a run prepares its tables, and takes over what this run has stored in it.
    pub fn open(target: &Target, tables: &Tables, cx: &mut Cx) -> Result<Store> {
        let path = &target.path;
        place::make_folders(path)?;
        let owner = Owner { run: cx.run().to_string(), stage: cx.stage().to_string(), worker: cx.worker() };
        let open = || -> std::result::Result<_, Fault> {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE, BUSY)?;
            connection.set_prepared_statement_cache_capacity(2 * tables.all.len() + 2);
            // A file system without shared memory stays with its journal: slower, and as sound.
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
            let account = prepare(&connection, target, tables, &owner)?;
            Ok((connection, account))
        };
        let (connection, account) = insist(target.patience, cx, || open().map_err(|e| e.refusal(path)))?;
        if let Some(Some(account)) = account {
            cx.take_over(&account)?;
        }
        Ok(Store {
            connection,
            id: place::identity(path),
            owner,
            inserts: tables.all.iter().map(Insert::new).collect(),
            text: Vec::new(),
        })
    }

    /// Whether another file, or none, lies at the path now.
    pub fn was_moved(&self, path: &str) -> bool {
        place::identity(path) != self.id
    }

    /// Writes records by inlet, and the account, in one transaction; tries it as a whole until it is closed.
    pub fn write(&mut self, target: &Target, tables: &Tables, held: &[Batch], cx: &mut Cx) -> Result<()> {
        let account = cx.account();
        let Store { connection, owner, inserts, text, .. } = self;
        let mut attempt = || -> std::result::Result<(), Fault> {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            for (batch, table) in held.iter().zip(&tables.of_inlet) {
                inserts[*table].all(connection, batch, text)?;
            }
            let counted = connection.prepare_cached(COUNT)?.execute(params![
                owner.run,
                owner.stage,
                owner.worker,
                account
            ])?;
            if counted != 1 {
                let why = "the row of this run is gone from _sluicebox_account";
                return Err(Fault::Told(cannot(
                    &target.path,
                    why,
                    "let no other program write to that table",
                )));
            }
            Ok(transaction.commit()?)
        };
        insist(target.patience, cx, || attempt().map_err(|e| e.refusal(&target.path)))
    }

    /// Each transaction from now on, and all before it, survive a loss of power.
    pub fn sync_from_now_on(&self, target: &Target, cx: &mut Cx) -> Result<()> {
        insist(target.patience, cx, || {
            let set = self.connection.pragma_update(None, "synchronous", "full");
            set.map_err(|e| Fault::Sqlite(e).refusal(&target.path))
        })
    }

    /// Moves the log into the database where nobody hinders it: all is stored already, this only tidies up.
    pub fn close(self) {
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}
