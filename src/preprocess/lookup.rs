//! Adds to each record what a small table knows of its key: a CSV file, JSON lines, or a table of SQLite.
//!
//! ```toml
//! operator = "lookup"
//! path = "data/airports.csv"       # gzip and zstd are told by what a file begins with
//! key = { records = "origin", table = "iata" }   # or "iata" where both call it so; of several a list
//! fields = ["name", "alt"]         # columns of the table that are added; absent: all but the key
//! prefix = "origin_"               # before their names; none if absent
//! ```
//!
//! ```csv
//! iata,name,alt,tz
//! JFK,Kennedy,4,America/New_York
//! LGA,La Guardia,,America/New_York
//! EWR,Newark,18,America/New_York
//! ```
//!
//! | origin str (in) | origin str (out) | origin_name str (out) | origin_alt i64 (out) |
//! |---|---|---|---|
//! | JFK LGA XXX NULL | JFK LGA XXX NULL | Kennedy "La Guardia" NULL NULL | 4 NULL NULL NULL |
//!
//! A record whose key the table does not have, or that has NULL in a column of it, is missing: it gets NULLs, with
//! `on_missing = "reject"` it is rejected (`no_match`), with `"route"` it leaves by port `missing` as it came. Of
//! several rows of one key the last one counts.
//!
//! With `version` the table knows how things were: a record gets the row of its key with the greatest version that is
//! not above its own. That is a number, a time or a text which both have; a time says from when on a row holds.
//!
//! ```toml
//! operator = "lookup"
//! path = "data/prices.jsonl"
//! key = "sku"
//! version = { records = "at", table = "from" }
//! types = { from = "time" }        # of some columns; the rest is guessed
//! on_missing = "route"
//! ```
//!
//! ```jsonl
//! {"sku": 7, "from": "2026-03-01T00:00:00Z", "eur": 11.5}
//! {"sku": 7, "from": "2026-01-01T00:00:00Z", "eur": 10}
//! {"sku": 8, "from": "2026-01-01T00:00:00Z", "eur": 1}
//! ```
//!
//! | sku i64 (in) | at time (in) | sku i64 (out) | at time (out) | eur f64 (out) | sku i64 (out missing) | at time (out missing) |
//! |---|---|---|---|---|---|---|
//! | 7 7 7 8 9 | 2026-02-28T00:00:00Z 2026-03-01T00:00:00Z 2025-12-31T00:00:00Z NULL 2026-03-01T00:00:00Z | 7 7 | 2026-02-28T00:00:00Z 2026-03-01T00:00:00Z | 10 11.5 | 7 8 9 | 2025-12-31T00:00:00Z NULL 2026-03-01T00:00:00Z |
//!
//! What the file is, its name tells (`.csv`, `.jsonl`, `.db` with `table = "…"`; else `format` says it). Types are
//! guessed as the sources `csv` and `jsonl` guess them, but those of the key and the version are the records'; `types`,
//! `null`, `time_zone`, `delimiter` and what else those sources know say how texts are read. In SQLite a type is that
//! of all values.
//!
//! The table is read whole before the first record, and again when the file has changed: that is looked at each second
//! (`look_every`), between batches and while nothing comes, never within a batch. Replace the file by a rename, so that
//! it is never read half. One that can't be read, or has a record that does not fit, is told, and the table before
//! stays until the file changes again. Which records a new table comes before is the clock's; a `version` that records
//! name makes answers their own. At most `rows_max` rows (1000000) and a gigabyte of text.
//!
//! Every worker has the table. After a crash it is read anew. The report tells how many `rows` and `keys` the table
//! has, how often it was read again (`reloads`) and could not be (`failed`), and how many records were `found` and
//! `missing`.

use crate::data::key::KeyOf;
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, NO_ROW, Schema, Type, Value};
use crate::error::{Error, Result, say};
use crate::operator::{
    Advice, Cx, Input, Next, Operator, PlanResult, Planned, PlannedPort, Port, Shows, Spec, only,
};
use crate::params;
use given::{Given, Missing, Params};
use source::{Source, Stamp};
use table::{Plan, Table};

mod given;
mod source;
mod sqlite;
mod table;
#[cfg(test)]
mod tests;

pub(super) const OPERATOR: Spec = Spec::new(
    "lookup",
    "adds to each record what a small table knows of its key",
    include_str!("lookup.rs"),
    plan,
)
.parameters::<Params>()
.called(&["enrich", "enrichment", "enrichment_table", "map_values", "dictionary", "join_table", "vlookup"])
.shows(Shows::Quality, &["rows", "reloads", "failed", "found", "missing"])
.ports(&[Port { name: "missing", about: "records whose key the table does not have, as they were" }]);

const STATE_VERSION: u16 = 1;
const NO_MATCH: &str = "no_match";
/// The place of `missing` among its ports.
const MISSING: usize = 0;
const REPORT: [&str; 6] = ["rows", "keys", "reloads", "failed", "found", "missing"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { source, plan, missing, look_every_ns, output } = given::check(params, schema)?;
    let lookup = Lookup {
        key: KeyOf::new(plan.record_key.clone()),
        source,
        plan,
        missing,
        look_every_ns,
        table: None,
        stamp: Stamp::default(),
        due_ns: 0,
        reloads: 0,
        failed: 0,
        counts: [0; 2],
        found: Vec::new(),
        rows: Vec::new(),
        keep: Vec::new(),
    };
    let ports = match missing {
        Missing::Route => vec![PlannedPort::moves("missing", schema.clone())],
        Missing::Null | Missing::Reject => Vec::new(),
    };
    let report = REPORT.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64));
    Ok(Planned { report: Some(report), ports, ..Planned::new(output, move || lookup.clone()) })
}

#[derive(Clone)]
struct Lookup {
    key: KeyOf,
    source: Source,
    plan: Plan,
    missing: Missing,
    look_every_ns: u64,
    table: Option<Table>,
    /// What the file was when it was read last, or could not be.
    stamp: Stamp,
    /// When it is looked at next.
    due_ns: u64,
    reloads: u64,
    failed: u64,
    /// Records that found a row, and those that did not.
    counts: [u64; 2],
    /// By record of the batch, the row that it found.
    found: Vec<u32>,
    /// Records of the batch that found none.
    rows: Vec<u32>,
    keep: Vec<bool>,
}

impl Lookup {
    /// Reads the table if it is time to look, and the file is another.
    fn refresh(&mut self, cx: &Cx) -> Result<()> {
        if self.table.is_some() && cx.now_ns < self.due_ns {
            return Ok(());
        }
        self.due_ns = cx.now_ns.saturating_add(self.look_every_ns);
        let stamp = self.source.stamp();
        if self.table.is_some() && stamp == self.stamp {
            return Ok(());
        }
        self.stamp = stamp;
        match self.source.read(&self.plan.columns) {
            Ok(rows) => {
                self.reloads += u64::from(self.table.is_some());
                self.table = Some(Table::new(&self.plan, rows));
            }
            Err(e) if self.table.is_none() => return Err(e),
            Err(Error { sentence, .. }) => {
                self.failed += 1;
                say(&format!(
                    "warning: stage \"{}\": lookup: {sentence}; the table before stays until the file changes again",
                    cx.stage()
                ));
            }
        }
        Ok(())
    }

    /// Records that found nothing leave, where they are not to stay.
    fn let_go(&mut self, batch: &mut Batch, cx: &mut Cx) {
        match self.missing {
            Missing::Null => return,
            Missing::Reject => self.rows.iter().for_each(|row| cx.reject(batch, *row as usize, NO_MATCH)),
            Missing::Route => cx.side(MISSING, batch, &self.rows),
        }
        self.keep.clear();
        self.keep.extend(self.found.iter().map(|found| *found != NO_ROW));
        batch.retain(&self.keep);
        self.found.retain(|found| *found != NO_ROW);
    }
}

impl Operator for Lookup {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.refresh(cx)?;
        let table = self.table.take().ok_or_else(|| Error::failed("there is no table to look up"))?;
        self.found.clear();
        self.rows.clear();
        for row in 0..batch.len() {
            let found = table.find(&self.plan, &mut self.key, batch, row).unwrap_or(NO_ROW);
            self.found.push(found);
            if found == NO_ROW {
                self.rows.push(row as u32);
            }
        }
        self.counts[1] += self.rows.len() as u64;
        self.counts[0] += (batch.len() - self.rows.len()) as u64;
        if !self.rows.is_empty() {
            self.let_go(batch, cx);
        }
        for at in &self.plan.added {
            let from = &table.rows.columns[*at];
            let mut column = batch.new_column(from.of());
            column.gather_some(from, &self.found);
            batch.columns.push(column);
        }
        self.table = Some(table);
        Ok(Next::At(self.due_ns))
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let (rows, keys) = self.table.as_ref().map_or((0, 0), |table| (table.rows.len(), table.keys()));
        let numbers = [rows as u64, keys as u64, self.reloads, self.failed, self.counts[0], self.counts[1]];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    /// What was counted: the table is the file's.
    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        out.put(STATE_VERSION, &(self.reloads, self.failed, self.counts))?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        (self.reloads, self.failed, self.counts) = from.get(STATE_VERSION)?;
        Ok(())
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        let what = "on_missing = \"null\" lets records without a row through, \"route\" gives them a port";
        (reason == NO_MATCH).then(|| Advice::to(what))
    }
}
