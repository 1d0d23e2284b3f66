//! Where the rows of a test come from: what is written in it, a file, and the stand-in for a source that leaves them.

use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Account, Cx, Desk, Next, Operator};
use crate::stage::{Made, Place, Steps};
use crate::topology::case::{Given, Rows, Wanted};
use crate::topology::plan::Step;
use crate::topology::{Rooms, plan_step};

/// So many calls may a source need for its file: more says that it does not end.
const CALLS_MAX: usize = 10_000_000;

/// The rows as they come, with ids and births. `number`: whose ids they are.
pub(super) fn rows(rooms: &Rooms, given: &Given, number: u16, now: u64) -> Result<Batch> {
    let mut rows = match &given.rows {
        Rows::Written(rows) => rows.clone(),
        Rows::Read(step) => {
            let (rows, from) = read(rooms, step)?;
            by_name(rows, &from, &given.schema)
        }
    };
    rows.id = (0..rows.len() as u64).map(|n| u64::from(number) << 48 | n).collect();
    rows.born_ns = vec![now; rows.len()];
    Ok(rows)
}

/// Rows that must come out, also where they are in a file: of each all columns count that the file has.
pub(super) fn wanted(rooms: &Rooms, wanted: &Wanted) -> Result<Wanted> {
    let Some(step) = &wanted.file else { return Ok(wanted.clone()) };
    let (rows, from) = read(rooms, step)?;
    let named: Vec<usize> = from.names().filter_map(|name| wanted.schema.index(name)).collect();
    let named = vec![named; rows.len()];
    Ok(Wanted { rows: by_name(rows, &from, &wanted.schema), named, ..wanted.clone() })
}

/// Reads a file to its end, with the columns that it has.
fn read(rooms: &Rooms, step: &Step) -> Result<(Batch, Schema)> {
    let planned = plan_step(rooms, step, true)?;
    let mut all = Batch::new(&planned.output);
    let made = Made::new(&step.operator, &planned, &step.inputs, Place::Source);
    let (mut steps, mut batch) = (Steps::of(vec![made]), Batch::default());
    let mut desk = Desk::new(Cx::new("test", "rows", Account::default()));
    for _ in 0..CALLS_MAX {
        steps.reset(&mut batch, 0);
        steps.process(0, &mut batch, &mut desk)?;
        all.extend(&batch, 0, batch.len());
        if steps.wish(0) == Next::End {
            if let Some((reason, n)) = desk.account().rejected.first() {
                let file = step.params.values().find_map(|value| value.as_str()).unwrap_or_default();
                return Err(Error::failed(format!("{n} of the rows of {file} can't be read ({reason})")));
            }
            return Ok((all, planned.output));
        }
    }
    Err(Error::failed("what it reads its rows from does not end"))
}

/// The same rows with the columns of another schema: one that they do not have is NULL.
fn by_name(mut rows: Batch, from: &Schema, to: &Schema) -> Batch {
    let mut made = Batch::new(to);
    for (field, column) in to.fields.iter().zip(&mut made.columns) {
        match from.index(&field.name) {
            Some(at) => std::mem::swap(column, &mut rows.columns[at]),
            None => (0..rows.len()).for_each(|_| column.push_null()),
        }
    }
    (made.id, made.born_ns) = (rows.id, rows.born_ns);
    made
}

/// A source that leaves rows, one a call.
pub(super) struct StandIn {
    pub rows: Batch,
    pub next: usize,
}

impl Operator for StandIn {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset_like(&self.rows);
        if self.next == self.rows.len() {
            return Ok(Next::End);
        }
        batch.extend(&self.rows, self.next, self.next + 1);
        self.next += 1;
        cx.read(1);
        Ok(Next::Again)
    }
}
