//! One transaction: the records that are held, and the account of what becomes of each of them.
//!
//! First all rows go in as they are, at full speed. Where the table refuses one, the transaction begins anew and goes
//! from savepoint to savepoint, so that the others stay; a row that takes the whole transaction with it is left out the
//! next time.

use super::fault::{Fault, is_of_row};
use super::insert::Insert;
use crate::data::{Batch, Schema};
use rusqlite::Connection;
use std::collections::BTreeMap;

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
    /// What the table said to the first of them.
    pub why: Option<String>,
    /// Rows that the table has and had not before.
    pub stored: usize,
    /// Rows that it did not take without refusing them, or that gave way to others.
    pub ignored: u64,
    /// Where each row lies, where they went in one by one.
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
    /// Refuses rows that have a value where the table's type holds none of them.
    pub(super) fn judge(&mut self, insert: &Insert, batch: &Batch, schema: &Schema) {
        for column in &insert.empty {
            let valid = &batch.columns[*column].valid;
            let reason = || format!("type:{}", schema.fields[*column].name);
            for row in (0..batch.len()).filter(|row| valid.get(*row)) {
                self.refused.entry(row).or_insert_with(reason);
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
        let before = way.insert.count(way.connection)?;
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
                given += self.step(way, from..from + step)?;
                from += step;
            }
            from = gap + 1;
        }
        if let (Some(before), Some(after)) = (before, way.insert.count(way.connection)?) {
            self.stored = self.stored.min(after.saturating_sub(before) as usize);
        }
        self.ignored = given.saturating_sub(self.stored) as u64;
        Ok(())
    }

    /// Refuses rows, which went in one by one, whose foreign keys are judged when the transaction closes, and lead to
    /// nothing. Whether there are any.
    pub(super) fn judge_keys(&mut self, way: &Way<'_>) -> rusqlite::Result<bool> {
        let before = self.refused.len();
        let mut statement = way.connection.prepare("SELECT rowid FROM pragma_foreign_key_check(?1)")?;
        let wrong = statement.query_map([way.insert.table()], |row| row.get::<_, Option<i64>>(0))?;
        for rowid in wrong {
            if let Some(row) = rowid?.and_then(|rowid| self.rowids.get(&rowid)) {
                self.refused.insert(*row, CONSTRAINT.to_string());
                self.why.get_or_insert_with(|| "FOREIGN KEY constraint failed".to_string());
            }
        }
        Ok(self.refused.len() > before)
    }

    /// Puts some rows in. How many were given that it did not refuse.
    fn step(&mut self, way: &mut Way<'_>, rows: std::ops::Range<usize>) -> Result<usize, Fault> {
        if way.pace == Pace::Bulk {
            let taken = way.insert.rows(way.connection, way.batch, rows.clone(), way.text);
            self.stored += taken.map_err(|e| if is_of_row(&e) { Fault::Anew } else { Fault::Sqlite(e) })?;
            return Ok(rows.len());
        }
        way.connection.execute_batch("SAVEPOINT step")?;
        match way.insert.rows(way.connection, way.batch, rows.clone(), way.text) {
            Ok(taken) => {
                way.connection.execute_batch("RELEASE step")?;
                self.stored += taken;
                if way.pace == Pace::Single && taken == 1 {
                    self.rowids.insert(way.connection.last_insert_rowid(), rows.start);
                }
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
            given += self.step(way, row..row + 1)?;
        }
        Ok(given)
    }
}
