//! An open database: written to in whole transactions, each with the account of what it stores.

use super::commit::{Pace, Put, Way};
use super::fault::{Fault, is_of_row};
use super::fit::Goes;
use super::hold::Hold;
use super::insert::Insert;
use super::journal;
use super::prepare::{Prepared, prepare};
use super::swap::{self, Beside, Stands};
use super::tables::Tables;
use super::target::{Owner, Target, connect};
use crate::data::Batch;
use crate::error::Result;
use crate::identity::Inode;
use crate::operator::{Committed, Cx, Refused, insist};
use crate::storage::IfExists;
use crate::storage::common::place::{self, cannot};
use crate::storage::warn;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::time::Duration;

pub(super) struct Store {
    /// `None` once it is closed.
    connection: Option<Connection>,
    path: String,
    /// Which file it is.
    id: Option<Inode>,
    owner: Owner,
    inserts: Vec<Insert>,
    text: Vec<u8>,
    /// How the last transaction went: where a row was refused another may be.
    pace: Pace,
    /// It was told once that a row was refused.
    told: bool,
    hold: Hold,
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
        place::inspect(path)?;
        let hold = Hold::take(path, tables)?;
        let owner = Owner { run: cx.run().to_string(), stage: cx.stage().to_string(), worker: cx.worker() };
        let open = || -> std::result::Result<_, Fault> {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE, BUSY)?;
            connection.set_prepared_statement_cache_capacity(3 * tables.all.len() + 2);
            // Before the log: a database that is there already keeps its pages.
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            let grows = tables.all.iter().map(|table| swap::of(&connection, &owner, &table.name));
            let grows = grows.collect::<rusqlite::Result<Vec<_>>>()?;
            if target.if_exists == IfExists::Replace || grows.iter().any(|of| matches!(of, Beside::Grows)) {
                swap::allow(&connection)?;
            }
            // What is refused is left as it was found: its mode too.
            let prepared = prepare(&connection, target, tables, &owner)?;
            journal::begin(&connection)?;
            connection.pragma_update(None, "synchronous", "normal")?;
            let page_bytes: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_BYTES / page_bytes)?;
            Ok((connection, prepared))
        };
        let (connection, prepared) = insist(target.patience, cx, |_| open().map_err(|e| e.refusal(path)))?;
        let Prepared { account, inserts } = prepared;
        if let Some(account) = account {
            cx.take_over(&account)?;
        }
        Ok(Store {
            connection: Some(connection),
            id: Inode::at(Path::new(path)),
            path: path.clone(),
            owner,
            inserts,
            text: Vec::new(),
            pace: Pace::Bulk,
            told: false,
            hold,
        })
    }

    /// Which file it is.
    pub(super) fn id(&self) -> Option<Inode> {
        self.id
    }

    /// Whether another file, or none, lies at the path now.
    pub(super) fn was_moved(&self) -> bool {
        Inode::at(Path::new(&self.path)) != self.id
    }

    /// Writes records by inlet, and the account, in one transaction; tries it as a whole until it is closed. `last`:
    /// nothing comes behind it.
    pub(super) fn write(
        &mut self,
        target: &Target,
        tables: &Tables,
        held: &[Batch],
        last: bool,
        cx: &mut Cx,
    ) -> Result<()> {
        let mut puts: Vec<Put> = held.iter().map(|_| Put::default()).collect();
        for ((put, batch), table) in puts.iter_mut().zip(held).zip(&tables.of_inlet) {
            put.judge(&self.inserts[*table], batch, &tables.all[*table].schema);
        }
        let done = insist(target.patience, cx, |cx| {
            self.attempt(target, tables, (held, &mut puts), last, cx).map_err(|e| e.refusal(&target.path))
        })?;
        cx.commit(&committed(tables, held, &puts));
        let refused = puts.iter().find_map(|put| put.why.as_ref());
        if let Some(why) = refused.filter(|_| !self.told) {
            warn(&format!("{} has refused a record: {why} (and maybe others; it is rejected)", target.path));
            self.told = true;
        }
        self.pace = if refused.is_some() { Pace::Careful } else { Pace::Bulk };
        for (at, end) in done.into_iter().enumerate() {
            self.settle(target, tables, at, end);
        }
        Ok(())
    }

    /// One try at a transaction, at the pace that its rows need.
    fn attempt(
        &mut self,
        target: &Target,
        tables: &Tables,
        (held, puts): (&[Batch], &mut Vec<Put>),
        last: bool,
        cx: &mut Cx,
    ) -> std::result::Result<Vec<Stands>, Fault> {
        let mut pace = self.pace;
        loop {
            match self.transact(target, tables, (held, &mut *puts), (last, pace), cx) {
                Err(Fault::Anew) if pace == Pace::Bulk => pace = Pace::Careful,
                // A row has taken the transaction with it: the one that does is found row by row, and left out.
                Err(Fault::Anew) => pace = Pace::Single,
                done => return done,
            }
        }
    }

    fn transact(
        &mut self,
        target: &Target,
        tables: &Tables,
        (held, puts): (&[Batch], &mut Vec<Put>),
        (last, pace): (bool, Pace),
        cx: &mut Cx,
    ) -> std::result::Result<Vec<Stands>, Fault> {
        let Store { connection, owner, inserts, text, .. } = self;
        let connection = connection.as_ref().expect("it is open until it is dropped");
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let mut stored = vec![0; inserts.len()];
        for ((put, batch), table) in puts.iter_mut().zip(held).zip(&tables.of_inlet) {
            let mut way = Way { connection, insert: &inserts[*table], batch, text: &mut *text, pace };
            put.put(&mut way)?;
            stored[*table] += put.stored;
        }
        // When all rows are in: what one of them refers to may come behind it, and by another inlet.
        let mut wrong = false;
        for (put, table) in puts.iter_mut().zip(&tables.of_inlet).filter(|_| pace == Pace::Single) {
            wrong |= put.judge_keys(connection, &inserts[*table])?;
        }
        if wrong {
            return Err(Fault::Anew);
        }
        let ends = match last {
            false => None,
            true => Some(cx.ends(&committed(tables, held, puts))),
        };
        let mut stands = Vec::new();
        for ((insert, table), stored) in inserts.iter().zip(&tables.all).zip(stored) {
            stands.push(match insert.beside {
                true => {
                    let live = stored > 0 && cx.shows_at_once(&table.schema);
                    swap::ends(connection, &target.path, &table.name, (ends, live))?
                }
                false => Stands::Still,
            });
        }
        let account = cx.account_bytes(&committed(tables, held, puts));
        let counted = connection.prepare_cached(COUNT)?.execute(params![
            owner.run,
            owner.stage,
            owner.worker,
            account
        ])?;
        if counted != 1 {
            let why = "its row in _sluicebox_account is gone";
            return Err(Fault::Told(cannot(&target.path, why, "let no other program write to that table")));
        }
        match transaction.commit() {
            // Which row it is that leads to nothing is found one by one.
            Err(error) if is_of_row(&error) && pace != Pace::Single => Err(Fault::Anew),
            Err(error) if is_of_row(&error) => Err(deferred(&target.path, &error)),
            done => Ok(done.map(|()| stands)?),
        }
    }

    /// Goes by what a transaction has made of a table.
    fn settle(&mut self, target: &Target, tables: &Tables, at: usize, stands: Stands) {
        let (table, path) = (&tables.all[at], &target.path);
        match stands {
            Stands::Still => {}
            Stands::Swapped => {
                let goes = vec![Goes::In; table.schema.fields.len()];
                self.inserts[at] = Insert::new(target, table, &goes, false);
            }
            Stands::Empty => {
                warn(&format!("nothing was stored: table \"{}\" of {path} stays as it was", table.name));
            }
            Stands::Beside(why) => warn(&format!(
                "{why}, so table \"{}\" of {path} stays as it was; what was stored lies in table \
                 \"{}\" until the next run that replaces it, or goes on (`sluicebox run FILE --resume`)",
                table.name,
                swap::beside(&table.name)
            )),
        }
    }

    /// Each transaction from now on, and all before it, survive a loss of power.
    pub(super) fn sync_from_now_on(&self, target: &Target, cx: &mut Cx) -> Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        insist(target.patience, cx, |_| {
            let set = connection.pragma_update(None, "synchronous", "full");
            set.map_err(|e| Fault::Sqlite(e).refusal(&target.path))
        })
    }
}

/// What is told where no record is known by which the transaction does not close.
fn deferred(path: &str, error: &rusqlite::Error) -> Fault {
    let why = format!(
        "{error}, and which record it is can't be told: a key that is DEFERRABLE INITIALLY DEFERRED is judged only \
         when the transaction closes"
    );
    Fault::Told(cannot(path, &why, "declare the key without DEFERRABLE"))
}

fn committed<'a>(tables: &'a Tables, held: &'a [Batch], puts: &'a [Put]) -> Committed<'a> {
    let mut committed = Committed::default();
    for ((put, batch), table) in puts.iter().zip(held).zip(&tables.of_inlet) {
        let schema = &tables.all[*table].schema;
        committed.filtered += put.ignored;
        let refused = |(row, reason): (&usize, &'a String)| Refused { schema, batch, row: *row, reason };
        committed.rejected.extend(put.refused.iter().map(refused));
    }
    committed
}

impl Drop for Store {
    /// All is stored already: this gives the database back as it was found.
    fn drop(&mut self) {
        drop(self.connection.take());
        let alone = self.hold.release();
        journal::end(&self.path, self.id, alone);
    }
}
