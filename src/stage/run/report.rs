//! The report of a stage: what its last step that has one says about itself, row for row with an id and a number.

use super::Worker;
use crate::clock::mono_ns;
use crate::data::{Column, Value};
use crate::error::Result;
use crate::topology::plan::{Every, Stream};

impl Worker<'_> {
    /// Asks for the report and gives its rows their ids and numbers.
    pub(super) fn make_report(&mut self) -> Result<()> {
        self.report_due = self.next_report(mono_ns());
        let Some((step, schema)) = &self.stage.report else { return Ok(()) };
        if !self.outlets.has(Stream::Report) {
            return Ok(());
        }
        self.report.reset(schema);
        // The first columns are ours: which report this is, and of which worker if there are several.
        let ours = if self.stage.workers > 1 { 2 } else { 1 };
        let rest = self.report.columns.split_off(ours);
        let mut head = std::mem::replace(&mut self.report.columns, rest);
        self.steps.report(*step, &mut self.report)?;
        let rows = self.report.columns.first().map_or(0, Column::len);
        for _ in 0..rows {
            let id = self.cx.new_id();
            self.report.id.push(id);
            self.report.born_ns.push(self.cx.now_ns);
            let numbers = [self.cx.account_mut().sets, u64::from(self.cx.worker())];
            head.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
        head.append(&mut self.report.columns);
        self.report.columns = head;
        self.cx.account_mut().sets += u64::from(rows > 0);
        self.cx.account_mut().reported += rows as u64;
        Ok(())
    }

    pub(super) fn next_report(&mut self, now: u64) -> u64 {
        match self.stage.every {
            Some(Every::Time(span)) => now + span.ns,
            Some(Every::Records(n)) => (self.cx.account_mut().done / n + 1) * n,
            None => u64::MAX,
        }
    }
}
