//! What steps say about themselves, as the rows that leave by a port.

use super::Steps;
use crate::data::{Batch, Column, Schema, Value};
use crate::error::Result;
use crate::operator::{Desk, Next};

impl Steps {
    /// Asks one step for its report, or for the next piece of it.
    pub fn report(&mut self, at: usize, out: &mut Batch, desk: &mut Desk) -> Result<Next> {
        desk.cx().inlet = 0;
        self.enter(at, desk);
        let made = &mut self.steps[at];
        made.operator.report(out, desk.cx()).map_err(|e| made.failed(at, e).error)
    }

    /// The same as rows of the port by which it leaves: with their ids and births, and before the step's own columns
    /// which report this is, and of which worker where each has a model of its own.
    pub(crate) fn report_rows(
        &mut self,
        at: usize,
        schema: &Schema,
        out: &mut Batch,
        desk: &mut Desk,
    ) -> Result<Next> {
        out.reset(schema);
        let ours = 1 + usize::from(schema.index("worker") == Some(1));
        let rest = out.columns.split_off(ours);
        let mut head = std::mem::replace(&mut out.columns, rest);
        let next = self.report(at, out, desk)?;
        let rows = out.columns.first().map_or(0, Column::len);
        let numbers = [desk.account().sets, u64::from(desk.cx().worker())];
        for _ in 0..rows {
            let cx = desk.cx();
            out.id.push(cx.new_id());
            out.born_ns.push(cx.now_ns);
            head.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
        head.append(&mut out.columns);
        out.columns = head;
        Ok(next)
    }
}
