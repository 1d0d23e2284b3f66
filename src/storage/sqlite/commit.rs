//! One transaction: the records that are held, and the account of what becomes of each of them.
//!
//! First all rows go in as they are, at full speed. Where the table refuses one, the transaction begins anew and goes
//! from savepoint to savepoint, so that the others stay; a row that takes the whole transaction with it is left out the
//! next time.

use super::fault::{Fault, is_of_row};
use super::fit::{Goes, changes};
use super::insert::Insert;
use crate::data::{Batch, Schema};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::ops::Range;

/// The reason for which a table refuses a row.
const CONSTRAINT: &str = "constraint";

/// How rows are put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pace {
    #[default]
    Bulk,
    /// With a savepoint before each statement.
    Careful,
    /// With one before each row.
    Single,
}

/// What has become of the records of one batch.
#[derive(Debug, Default)]
pub(super) struct Put {
    /// Rows that are refused, with the reason.
    pub refused: BTreeMap<usize, String>,
    /// Those of them that are left out however often the transaction begins anew.
    out: BTreeMap<usize, String>,
    /// What the table said to the first of them.
    pub why: Option<String>,
    /// The same of those that are left out.
    why_out: Option<String>,
    /// Rows that the table has and had not before.
    pub stored: usize,
    /// Rows that it did not take without refusing them.
    pub ignored: u64,
    /// Whose each row of the table is, where they went in one by one.
    rowids: BTreeMap<i64, usize>,
}

/// A batch on its way into a table.
pub(super) struct Way<'a> {
    pub connection: &'a Connection,
    pub insert: &'a Insert,
    pub batch: &'a Batch,
    pub text: &'a mut Vec<u8>,
    pub pace: Pace,
}

impl Put {
    /// Refuses rows that have a value which the table's type does not hold.
    pub(super) fn judge(&mut self, insert: &Insert, batch: &Batch, schema: &Schema) {
        for (at, goes) in &insert.judged {
            let column = &batch.columns[*at];
            let reason = || format!("type:{}", schema.fields[*at].name);
            let wrong = |row| column.valid.get(row) && (*goes == Goes::InEmpty || changes(column, row));
            for row in (0..batch.len()).filter(|row| wrong(*row)) {
                self.out.entry(row).or_insert_with(reason);
            }
        }
    }

    /// Puts the rows in that are not refused.
    ///
    /// # Errors
    /// What ends the transaction; one of a row where it must begin anew, at another pace.
    pub(super) fn put(&mut self, way: &mut Way<'_>) -> Result<(), Fault> {
        (self.stored, self.ignored) = (0, 0);
        self.rowids.clear();
        // What a row was refused for may be gone with another that is left out now.
        self.refused.clone_from(&self.out);
        self.why = self.why_out.clone();
        let numbered = way.pace == Pace::Single && way.insert.is_numbered(way.connection);
        let mut from = 0;
        let mut given = 0;
        let gaps: Vec<usize> = self.refused.keys().copied().chain([way.batch.len()]).collect();
        for gap in gaps {
            while from < gap {
                let step = match way.pace {
                    Pace::Bulk => gap - from,
                    Pace::Careful => way.insert.bulk_rows.min(gap - from),
                    Pace::Single => 1,
                };
                given += self.step(way, from..from + step, numbered)?;
                from += step;
            }
            from = gap + 1;
        }
        self.ignored = given.saturating_sub(self.stored) as u64;
        Ok(())
    }

    /// Leaves rows out, which went in one by one, whose foreign keys are judged when the transaction closes, and lead
    /// to nothing. Whether there are any.
    pub(super) fn judge_keys(&mut self, connection: &Connection, insert: &Insert) -> rusqlite::Result<bool> {
        let before = self.out.len();
        let mut statement = connection.prepare("SELECT rowid FROM pragma_foreign_key_check(?1)")?;
        let wrong = statement.query_map([insert.table()], |row| row.get::<_, Option<i64>>(0))?;
        for rowid in wrong {
            if let Some(row) = rowid?.and_then(|rowid| self.rowids.get(&rowid).copied()) {
                self.leave_out(row, "FOREIGN KEY constraint failed".to_string());
            }
        }
        Ok(self.out.len() > before)
    }

    fn leave_out(&mut self, row: usize, why: String) {
        self.out.insert(row, CONSTRAINT.to_string());
        self.why_out.get_or_insert(why);
    }

    /// Puts some rows in. How many were given that it did not refuse.
    fn step(&mut self, way: &mut Way<'_>, rows: Range<usize>, numbered: bool) -> Result<usize, Fault> {
        if way.pace == Pace::Bulk {
            let taken = way.insert.rows(way.connection, way.batch, rows.clone(), way.text);
            self.stored += taken.map_err(|e| if is_of_row(&e) { Fault::Anew } else { Fault::Sqlite(e) })?;
            return Ok(rows.len());
        }
        way.connection.execute_batch("SAVEPOINT step")?;
        let taken = match numbered {
            true => way.insert.row(way.connection, way.batch, rows.start, way.text).map(|rowid| {
                rowid.map_or(0, |rowid| {
                    self.rowids.insert(rowid, rows.start);
                    1
                })
            }),
            false => way.insert.rows(way.connection, way.batch, rows.clone(), way.text),
        };
        match taken {
            Ok(taken) => {
                way.connection.execute_batch("RELEASE step")?;
                self.stored += taken;
                return Ok(rows.len());
            }
            Err(error) if !is_of_row(&error) || !way.insert.stands(way.connection) => {
                return Err(error.into());
            }
            Err(error) if rows.len() == 1 => {
                self.why.get_or_insert_with(|| error.to_string());
                self.refused.insert(rows.start, CONSTRAINT.to_string());
                // One that has rolled the whole transaction back is left out when it begins anew.
                if way.connection.is_autocommit() {
                    self.leave_out(rows.start, error.to_string());
                    return Err(Fault::Anew);
                }
            }
            Err(_) if way.connection.is_autocommit() => return Err(Fault::Anew),
            Err(_) => {}
        }
        way.connection.execute_batch("ROLLBACK TO step; RELEASE step")?;
        if rows.len() == 1 {
            return Ok(0);
        }
        let mut given = 0;
        for row in rows {
            given += self.step(way, row..row + 1, numbered)?;
        }
        Ok(given)
    }
}
