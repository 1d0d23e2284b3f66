//! An open database: written to in whole transactions, each with the account of what it stores.

use super::fault::Fault;
use super::insert::Insert;
use super::prepare::prepare;
use super::tables::Tables;
use super::target::{Owner, Target, connect};
use crate::data::Batch;
use crate::error::Result;
use crate::operator::{Cx, insist};
use crate::storage::common::place::{self, cannot};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
use std::time::Duration;

pub(super) struct Store {
    connection: Connection,
    /// Which file it is.
    id: Option<(u64, u64)>,
    owner: Owner,
    inserts: Vec<Insert>,
    text: Vec<u8>,
}

/// Of a new database: records come in bulk, and a page costs two calls to write and two to move out of the log.
/// Measured: a tenth less CPU time than with SQLite's own 4 KiB.
const PAGE_BYTES: u32 = 16 << 10;
/// The log is written back at about so many bytes: fewer syncs than by SQLite's own 1000 pages.
const LOG_BYTES: u32 = 16 << 20;
/// Short: what is longer is waited for by `insist`, which gives signs of life.
const BUSY: Duration = Duration::from_millis(20);
const COUNT: &str =
    "UPDATE \"_sluicebox_account\" SET account = ?4 WHERE run = ?1 AND stage = ?2 AND worker = ?3";

impl Store {
    /// Opens the database, once a run prepares its tables, and takes over what this run has stored in it.
    pub(super) fn open(target: &Target, tables: &Tables, cx: &mut Cx) -> Result<Store> {
        let path = &target.path;
        place::make_folders(path)?;
        let owner = Owner { run: cx.run().to_string(), stage: cx.stage().to_string(), worker: cx.worker() };
        let open = || -> std::result::Result<_, Fault> {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE, BUSY)?;
            connection.set_prepared_statement_cache_capacity(2 * tables.all.len() + 2);
            // Before the log: a database that is there already keeps its pages.
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            // A file system without shared memory stays with its journal: slower, and as sound.
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")?;
            let page_bytes: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_BYTES / page_bytes)?;
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
    pub(super) fn was_moved(&self, path: &str) -> bool {
        place::identity(path) != self.id
    }

    /// Writes records by inlet, and the account, in one transaction; tries it as a whole until it is closed.
    pub(super) fn write(
        &mut self,
        target: &Target,
        tables: &Tables,
        held: &[Batch],
        cx: &mut Cx,
    ) -> Result<()> {
        let account = cx.account_bytes();
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
                let why = "its row in _sluicebox_account is gone";
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
    pub(super) fn sync_from_now_on(&self, target: &Target, cx: &mut Cx) -> Result<()> {
        insist(target.patience, cx, || {
            let set = self.connection.pragma_update(None, "synchronous", "full");
            set.map_err(|e| Fault::Sqlite(e).refusal(&target.path))
        })
    }

    /// Moves the log into the database where nobody hinders it: all is stored already, this only tidies up.
    pub(super) fn close(self) {
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}
