//! Rows bound in bulk: one INSERT for many rows, which SQLite takes about twice as fast as one a row.

use super::fit::Goes;
use super::swap;
use super::tables::{Table, quoted};
use super::target::{OnConflict, Target};
use crate::data::{Batch, Column, Values, render, time};
use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Result, Statement};
use std::ops::Range;

/// The statements that fill one table.
pub(super) struct Insert {
    /// The table that is filled: another than that of the records while it grows beside it.
    table: String,
    pub beside: bool,
    bulk: String,
    pub bulk_rows: usize,
    single: String,
    /// Which columns of the records go in.
    columns: Vec<usize>,
    /// Those of them that do not hold every value.
    pub judged: Vec<(usize, Goes)>,
}

/// Measured: more rows a statement gain nothing.
const ROWS: usize = 64;
/// SQLite takes no more in one statement (SQLITE_MAX_VARIABLE_NUMBER).
const VARIABLES_MAX: usize = 32_766;

impl Insert {
    pub(super) fn new(target: &Target, table: &Table, goes: &[Goes], beside: bool) -> Insert {
        let columns: Vec<usize> = (0..goes.len()).filter(|at| goes[*at] != Goes::Nowhere).collect();
        let judged = goes.iter().copied().enumerate();
        let judged = judged.filter(|(_, goes)| matches!(goes, Goes::InEmpty | Goes::InExact)).collect();
        let names: Vec<String> = columns.iter().map(|at| quoted(&table.schema.fields[*at].name)).collect();
        let into = if beside { swap::beside(&table.name) } else { table.name.clone() };
        let row = format!("({})", vec!["?"; names.len()].join(","));
        let conflict = on_conflict(target, &names);
        let insert = |rows| {
            let rows = vec![row.as_str(); rows].join(",");
            format!("INSERT INTO {}({}) VALUES {rows}{conflict}", quoted(&into), names.join(","))
        };
        let bulk_rows = ROWS.min(VARIABLES_MAX / names.len().max(1));
        Insert { bulk: insert(bulk_rows), bulk_rows, single: insert(1), table: into, beside, columns, judged }
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// Whether its rows have a number each.
    pub(super) fn is_numbered(&self, connection: &Connection) -> bool {
        connection.prepare(&format!("SELECT _rowid_ FROM {} LIMIT 0", quoted(&self.table))).is_ok()
    }

    /// Whether the table is there still, with the columns that it is filled by.
    pub(super) fn stands(&self, connection: &Connection) -> bool {
        connection.prepare(&self.single).is_ok()
    }

    /// Inserts rows of a batch, and tells how many the table has taken; `text` is a buffer.
    pub(super) fn rows(
        &self,
        connection: &Connection,
        batch: &Batch,
        rows: Range<usize>,
        text: &mut Vec<u8>,
    ) -> Result<usize> {
        let bulk = rows.start + rows.len() / self.bulk_rows * self.bulk_rows;
        let mut taken = 0;
        for (sql, step, range) in
            [(&self.bulk, self.bulk_rows, rows.start..bulk), (&self.single, 1, bulk..rows.end)]
        {
            if range.is_empty() {
                continue;
            }
            let mut statement = connection.prepare_cached(sql)?;
            for from in range.step_by(step) {
                self.bind(&mut statement, batch, from..from + step, text)?;
                taken += statement.raw_execute()?;
            }
        }
        Ok(taken)
    }

    /// Inserts one row, and tells where it lies if the table has taken it. Also of a row that takes another's place;
    /// not to be used where rows have no number.
    pub(super) fn row(
        &self,
        connection: &Connection,
        batch: &Batch,
        row: usize,
        text: &mut Vec<u8>,
    ) -> Result<Option<i64>> {
        let mut statement = connection.prepare_cached(&format!("{} RETURNING _rowid_", self.single))?;
        self.bind(&mut statement, batch, row..row + 1, text)?;
        let mut rows = statement.raw_query();
        let rowid = rows.next()?.map(|row| row.get(0)).transpose()?;
        // What a constraint says comes with the last step at the latest.
        while rows.next()?.is_some() {}
        Ok(rowid)
    }

    fn bind(
        &self,
        statement: &mut Statement<'_>,
        batch: &Batch,
        rows: Range<usize>,
        text: &mut Vec<u8>,
    ) -> Result<()> {
        for (at, column) in self.columns.iter().enumerate() {
            let mut cells = Cells { statement: &mut *statement, next: at + 1, step: self.columns.len() };
            cells.bind(&batch.columns[*column], rows.start, rows.end, text)?;
        }
        Ok(())
    }
}

/// What a statement says of records whose key the table has already.
fn on_conflict(target: &Target, names: &[String]) -> String {
    let key: Vec<String> = target.key.iter().map(|name| quoted(name)).collect();
    let of = if key.is_empty() { String::new() } else { format!("({})", key.join(",")) };
    let is_key = |name: &&String| key.iter().any(|key| key.eq_ignore_ascii_case(name));
    match target.on_conflict {
        OnConflict::Reject => String::new(),
        OnConflict::Ignore => format!(" ON CONFLICT{of} DO NOTHING"),
        OnConflict::Replace => {
            // Not OR REPLACE: that removes the row, and what others have hung on it goes with it.
            let mut set: Vec<&String> = names.iter().filter(|name| !is_key(name)).collect();
            if set.is_empty() {
                set = names.iter().collect();
            }
            let set: Vec<String> = set.iter().map(|name| format!("{name}=excluded.{name}")).collect();
            format!(" ON CONFLICT{of} DO UPDATE SET {}", set.join(","))
        }
    }
}
/// The parameters of one column: every `step`-th.
struct Cells<'a, 'c> {
    statement: &'a mut Statement<'c>,
    next: usize,
    step: usize,
}

/// Text that is known to be UTF-8, bound without a look at it.
struct Bytes<'a>(&'a [u8]);

impl ToSql for Bytes<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

impl Cells<'_, '_> {
    /// Binds rows `from..to`.
    fn bind(&mut self, column: &Column, from: usize, to: usize, text: &mut Vec<u8>) -> Result<()> {
        match &column.values {
            Values::I64(v) => self.each(column, from, to, |row, cells| cells.put(v[row])),
            Values::F64(v) => self.each(column, from, to, |row, cells| {
                if v[row].is_finite() { cells.put(v[row]) } else { cells.put(Null) }
            }),
            Values::Bool(v) => self.each(column, from, to, |row, cells| cells.put(v[row])),
            Values::Str(v) => self.each(column, from, to, |row, cells| cells.put(v.get(row))),
            Values::Time(v) => self.each(column, from, to, |row, cells| {
                text.clear();
                time::append_text(v[row], text);
                cells.put(Bytes(text))
            }),
            Values::List(_) => self.each(column, from, to, |row, cells| {
                text.clear();
                render::json_cell(column, row, text);
                cells.put(Bytes(text))
            }),
        }
    }

    fn each(
        &mut self,
        column: &Column,
        from: usize,
        to: usize,
        mut put: impl FnMut(usize, &mut Self) -> Result<()>,
    ) -> Result<()> {
        for row in from..to {
            if column.valid.get(row) {
                put(row, self)?;
            } else {
                self.put(Null)?;
            }
            self.next += self.step;
        }
        Ok(())
    }

    fn put(&mut self, value: impl ToSql) -> Result<()> {
        self.statement.raw_bind_parameter(self.next, value)
    }
}
