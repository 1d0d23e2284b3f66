//! Writes records to an SQLite database: a table for each stage it reads.
//!
//! ```toml
//! operator = "sqlite"
//! path = "out/orders.db"     # folders are made
//! if_exists = "fail"         # what to do with a table that holds rows: "append", "replace" or "fail"
//! commit = { records = 10_000, age = "100ms" }   # a transaction closes at so many records, or at that age
//! patience = "30s"           # how long to wait for a locked database or a full disk, before failing
//! ```
//!
//! | id i64 (in) | x f64 (in) | name str (in) | at time (in) | ok bool (in) | tags list<str> (in) |
//! |---|---|---|---|---|---|
//! | 1 2 | 0.5 NULL | "a b" NULL | 2013-01-01T05:15:00Z NULL | true false | ["p","q"] [] |
//!
//! ```text
//! 1|0.5|a b|2013-01-01T05:15:00Z|1|["p","q"]
//! 2||||0|[]
//! ```
//!
//! The table is named as in `from`, with `_` for `/` (`segments/report` fills `segments_report`), or by
//! `table = { segments = "s" }`; with one input `table = "s"` will do. Its columns are those of the records: i64
//! and bool (0 or 1) as INTEGER, f64 as REAL (NULL when not finite), str as TEXT, time as TEXT in RFC 3339 and
//! UTC, a list as TEXT holding a JSON array. `append` wants a table of these columns; `replace` drops the table
//! with its indexes. A table is filled by one stage; that may read several others into it.
//!
//! Records wait in memory until their transaction, so the database is locked only while they are written; others
//! may read it at any time (WAL). The transaction also writes what the stage has counted, to
//! `_sluicebox_account`, so after a crash the table and the account say the same. A kill loses what no
//! transaction has closed over, and the account says how much. A database file that is removed meanwhile is
//! followed by a new one at the next transaction.

mod fault;
mod insert;
mod prepare;
mod store;
mod tables;
mod target;

use super::common::place;
use super::{IfExists, warn};
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Commit, Cx, Held, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem};
use crate::units::Span;
use store::Store;
use tables::{Named, Tables};
use target::Target;

pub(super) const OPERATOR: Spec = Spec::new(
    "sqlite",
    "writes records to an SQLite database, a table for each stage it reads",
    include_str!("sqlite.rs"),
    plan,
)
.parameters::<Params>()
.called(&["sqlite3", "sql", "database", "db"])
.reads(Inputs::Any)
.alone(super::ALONE)
.place("path");

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The database's file.
    path: String,
    /// The table, or one for each input: table = { clean = "orders" }; absent: named as in `from`.
    table: Option<Named>,
    /// What to do with a table that holds rows.
    #[serde(default)]
    if_exists: IfExists,
    /// When a transaction closes.
    #[serde(default)]
    commit: Commit,
    /// How long to wait for a locked database or a full disk, before failing.
    #[serde(default = "super::patience")]
    patience: Span,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, table, if_exists, commit, patience } = params::read(params)?;
    let mut problems: Vec<Problem> = place::check(&path).into_iter().collect();
    if path == "-" || path == ":memory:" {
        problems.push(Problem::at("path", "a database is a file: name one"));
    }
    let tables = Tables::plan(table.as_ref(), inputs).map_err(|more| problems.extend(more));
    let (Ok(tables), true) = (tables, problems.is_empty()) else { return Err(problems) };

    let target = Target { path: path.clone(), if_exists, patience };
    let (its_target, its_tables) = (target.clone(), tables.clone());
    let file = place::absolute(&path);
    // SQLite's names of tables differ in more than their case.
    let fill = |table: &tables::Table| format!("table \"{}\" of {file}", table.name.to_ascii_lowercase());
    let fills = tables.all.iter().map(fill).collect();
    let made = move || Sqlite {
        held: Held::new(commit, tables.of_inlet.iter().map(|at| &tables.all[*at].schema)),
        target: target.clone(),
        tables: tables.clone(),
        store: None,
    };
    let preflight =
        move || prepare::preflight(&its_target, &its_tables).map_err(|e| Error::usage(e.sentence));
    let results = vec![path];
    Ok(Planned {
        results,
        fills,
        preflight: Some(Box::new(preflight)),
        ..Planned::new(Schema::default(), made)
    })
}

struct Sqlite {
    target: Target,
    tables: Tables,
    store: Option<Store>,
    /// What the next transaction will write.
    held: Held,
}

impl Sqlite {
    /// The open database; opened here the first time, and again when its file has been moved away.
    fn open(&mut self, cx: &mut Cx) -> Result<()> {
        if self.store.as_ref().is_some_and(|store| store.was_moved(&self.target.path)) {
            warn(&format!(
                "{} was removed or replaced while it was written to: what it held went with it; the sink goes on in \
                a new database",
                self.target.path
            ));
            // Whatever lies there now is not ours to drop.
            self.target.if_exists = IfExists::Append;
            // Closed before it is opened anew: two connections must not meet on one log.
            self.store = None;
        }
        if self.store.is_none() {
            self.store = Some(Store::open(&self.target, &self.tables, cx)?);
        }
        Ok(())
    }

    /// One transaction: all that is held, and the account.
    fn write(&mut self, cx: &mut Cx) -> Result<()> {
        self.open(cx)?;
        let store = self.store.as_mut().expect("it has just been opened");
        store.write(&self.target, &self.tables, self.held.batches(), cx)?;
        self.held.clear();
        Ok(())
    }
}

impl Operator for Sqlite {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.store.is_none() {
            self.open(cx)?;
        }
        self.held.add(batch, cx);
        if self.held.is_due(cx.now_ns) {
            self.write(cx)?;
        }
        Ok(self.held.next(cx))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.open(cx)?;
        self.store.as_ref().expect("it has just been opened").sync_from_now_on(&self.target, cx)?;
        // Also without records: syncing this transaction syncs those before it.
        self.write(cx)?;
        if let Some(store) = self.store.take() {
            store.close();
        }
        Ok(Next::End)
    }
}

/// The version of SQLite that is built in.
pub(super) fn version() -> &'static str {
    rusqlite::version()
}
