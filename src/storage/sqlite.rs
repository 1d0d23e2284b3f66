//! Writes records to an SQLite database: a table for each stage it reads.
//!
//! ```toml
//! operator = "sqlite"
//! path = "out/orders.db"     # folders are made
//! if_exists = "fail"         # what to do with a table that holds rows: "append", "replace" or "fail"
//! key = []                   # columns that no two rows share: a record takes the place of the row with its key
//! on_conflict = "reject"     # or "ignore", "replace": a record whose key a row has; with `key` "replace" if absent
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
//! UTC, a list as TEXT holding a JSON array. A table is filled by one stage, and by one run; that may read several
//! others into it.
//!
//! `append` goes by the names of columns, whatever their order: other columns of the table need a default or may be
//! NULL, computed ones are left out, and i64, f64 and bool go into any type of numbers. A column that was taken for str
//! goes into one of numbers as long as it has no value. A value that the table would change is rejected: a whole
//! number that REAL does not hold, a text that reads as a number in a column of DATE or TIME (`type:COLUMN`).
//!
//! `replace` fills a new table beside the old (`_sluicebox_new_TABLE`). It takes the old one's place when all sources
//! have come to their end and it has a row; where a source never ends, with the first rows. So a run that fails, is
//! stopped or stores nothing leaves what was; what it did store stays in the new table until the next run that
//! replaces it, or goes on (`--resume`). Indexes and triggers are kept as far as they fit the new columns, and so are
//! keys that other tables refer to. No foreign keys act and no trigger fires when the old table goes.
//!
//! A row that the table refuses (a key, a check, a foreign key, a trigger) is rejected as `constraint`, and the others
//! are stored. What a trigger or the table's own ON CONFLICT IGNORE drops without an error is filtered. With
//! `on_conflict = "replace"` the row is updated, not removed and made anew, so what refers to it stays; the record
//! counts as stored, and so does one that takes another's place by the table's own ON CONFLICT REPLACE.
//!
//! Records wait in memory until their transaction, so the database is locked only while they are written; others
//! may read it at any time (WAL). When its last sink is done it has the journal mode that it had, a new one none that
//! hinders reading where nobody may write. The transaction also writes what the stage has counted, to
//! `_sluicebox_account`, so after a crash the table and the account say the same. A kill loses what no
//! transaction has closed over, and the account says how much. A database file that is removed or replaced meanwhile
//! is followed by what lies there then, or a new one.

mod commit;
mod fault;
mod fit;
mod hold;
mod insert;
mod journal;
mod prepare;
mod store;
mod swap;
mod tables;
mod target;

use super::common::place;
use super::common::position::Position;
use super::{IfExists, warn};
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::identity::{Inode, real};
use crate::operator::{Commit, Cx, Fill, Held, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem};
use crate::units::Span;
use std::path::Path;
use store::Store;
use tables::{Named, Tables};
use target::{OnConflict, Target};

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
    /// Columns that no two rows of a table share: a record takes the place of the row with the same values.
    #[serde(default)]
    key: Vec<String>,
    /// What becomes of a record whose key, or other unique value, a row has already; "reject" if absent, with `key`
    /// "replace".
    on_conflict: Option<OnConflict>,
    /// When a transaction closes.
    #[serde(default)]
    commit: Commit,
    /// How long to wait for a locked database or a full disk, before failing.
    #[serde(default = "super::patience")]
    patience: Span,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, table, if_exists, key, on_conflict, commit, patience } = params::read(params)?;
    let mut problems: Vec<Problem> = place::check(&path).into_iter().collect();
    if path == "-" || path == ":memory:" {
        problems.push(Problem::at("path", "a database is a file: name one"));
    }
    check_key(&key, inputs, &mut problems);
    let tables = Tables::plan(table.as_ref(), inputs).map_err(|more| problems.extend(more));
    let (Ok(tables), true) = (tables, problems.is_empty()) else { return Err(problems) };

    let upserts = if key.is_empty() { OnConflict::Reject } else { OnConflict::Replace };
    let on_conflict = on_conflict.unwrap_or(upserts);
    let target = Target { path: path.clone(), if_exists, key, on_conflict, patience };
    let (its_target, its_tables) = (target.clone(), tables.clone());
    // The log and what belongs to it are filled with the database.
    let file = real(Path::new(&path)).display().to_string();
    let logs = ["-wal", "-shm", "-journal"].map(|of| (of, format!("{file}{of}")));
    let files: Vec<(&str, String)> = [("", path.clone())].into_iter().chain(logs).collect();
    let fill = |(of, file): &(&'static str, String), table| Fill::part(file, of, &hold::part(table));
    let fills = tables.all.iter().flat_map(|table| files.iter().map(move |file| fill(file, table))).collect();
    let made = move || Sqlite {
        held: Held::new(commit, tables.of_inlet.iter().map(|at| &tables.all[*at].schema)),
        target: target.clone(),
        tables: tables.clone(),
        store: None,
    };
    let planned = Planned { results: vec![path], fills, ..Planned::new(Schema::default(), made) };
    Ok(planned.looks(move || prepare::preflight(&its_target, &its_tables)))
}

/// Every input must have the columns of the key.
fn check_key(key: &[String], inputs: &[Input], problems: &mut Vec<Problem>) {
    for input in inputs {
        for name in key.iter().filter(|name| input.schema.index(name).is_none()) {
            let what = format!("\"{}\" has no column \"{name}\" (there are: {})", input.name, input.schema);
            problems.push(Problem::at("key", what).suggest(name, input.schema.names()));
        }
    }
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
        let path = &self.target.path;
        let before = Position::of(cx).and_then(|before| before.file);
        let moved = match &self.store {
            Some(store) if store.was_moved() => {
                Some("was removed or replaced while it was written to: what it held went with it")
            }
            None if before.is_some() && before != Inode::at(Path::new(path)) => Some(
                "is not the database that was written to before the sink was started again: that was moved or replaced",
            ),
            Some(_) => return Ok(()),
            None => None,
        };
        if let Some(why) = moved {
            warn(&format!("{path} {why}; the sink goes on in what is there now, or in a new database"));
            // Whatever lies there now is not ours to drop.
            self.target.if_exists = IfExists::Append;
            // Closed before it is opened anew: two connections must not meet on one log.
            self.store = None;
        }
        let store = Store::open(&self.target, &self.tables, cx)?;
        Position { file: store.id(), ..Position::default() }.keep(cx);
        self.store = Some(store);
        Ok(())
    }

    /// One transaction: all that is held, and the account; `last`: nothing comes behind it.
    fn write(&mut self, last: bool, cx: &mut Cx) -> Result<()> {
        self.open(cx)?;
        let store = self.store.as_mut().expect("it has just been opened");
        store.write(&self.target, &self.tables, self.held.batches(), last, cx)?;
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
            self.write(false, cx)?;
        }
        Ok(self.held.next(cx))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.open(cx)?;
        self.store.as_ref().expect("it has just been opened").sync_from_now_on(&self.target, cx)?;
        // Also without records: syncing this transaction syncs those before it.
        self.write(true, cx)?;
        self.store = None;
        Ok(Next::End)
    }
}

/// The version of SQLite that is built in.
pub(super) fn version() -> &'static str {
    rusqlite::version()
}
