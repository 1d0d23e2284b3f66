//! Rows bound in bulk: one INSERT for many rows, which SQLite takes about twice as fast as one a row.

use super::tables::{Table, quoted};
use crate::data::{Batch, Column, Values, render, time};
use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Result, Statement};

/// The statements that fill one table.
pub(super) struct Insert {
    bulk: String,
    bulk_rows: usize,
    single: String,
}

/// Measured: more rows a statement gain nothing.
const ROWS: usize = 64;
/// SQLite takes no more in one statement (SQLITE_MAX_VARIABLE_NUMBER).
const VARIABLES_MAX: usize = 32_766;

impl Insert {
    pub(super) fn new(table: &Table) -> Insert {
        let names: Vec<String> = table.schema.names().map(quoted).collect();
        let row = format!("({})", vec!["?"; names.len()].join(","));
        let insert = |rows| {
            let rows = vec![row.as_str(); rows].join(",");
            format!("INSERT INTO {}({}) VALUES {rows}", quoted(&table.name), names.join(","))
        };
        let bulk_rows = ROWS.min(VARIABLES_MAX / names.len().max(1));
        Insert { bulk: insert(bulk_rows), bulk_rows, single: insert(1) }
    }

    /// Inserts all rows of a batch; `text` is a buffer.
    pub(super) fn all(&self, connection: &Connection, batch: &Batch, text: &mut Vec<u8>) -> Result<()> {
        let bulk = batch.len() / self.bulk_rows * self.bulk_rows;
        for (sql, step, range) in
            [(&self.bulk, self.bulk_rows, 0..bulk), (&self.single, 1, bulk..batch.len())]
        {
            if range.is_empty() {
                continue;
            }
            let mut statement = connection.prepare_cached(sql)?;
            for from in range.step_by(step) {
                for (at, column) in batch.columns.iter().enumerate() {
                    let mut cells =
                        Cells { statement: &mut statement, next: at + 1, step: batch.columns.len() };
                    cells.bind(column, from, from + step, text)?;
                }
                statement.raw_execute()?;
            }
        }
        Ok(())
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
