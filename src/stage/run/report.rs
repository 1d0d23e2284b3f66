//! The reports of a stage: what its steps say about themselves, row for row with an id and a number.

use super::Worker;
use crate::clock::mono_ns;
use crate::data::{Column, Value};
use crate::error::Result;
use crate::operator::{Next, PortId};
use crate::topology::plan::{Every, PortOf};

impl Worker<'_> {
    /// Asks each step for its report, where somebody reads it, and sends it piece by piece.
    pub(super) fn send_reports(&mut self) -> Result<()> {
        self.report_due = self.next_report(mono_ns());
        let stage = self.stage;
        let mut told = false;
        for (id, port) in stage.all_ports() {
            let Some((step, PortOf::Report)) = port.of else { continue };
            while self.outlets.has(id) || self.tap.is_wanted(id) {
                let next = self.make_report(id, step)?;
                told |= !self.report.is_empty();
                let mut report = std::mem::take(&mut self.report);
                self.plan_side(id, &mut report);
                self.report = report;
                self.publish_and_send()?;
                self.tap.copy(id, 0, self.desk.account().ports[id.index()], &self.report);
                if next != Next::Again {
                    break;
                }
            }
        }
        self.desk.account_mut().sets += u64::from(told);
        Ok(())
    }

    /// A piece of one step's report; its rows get their ids and numbers.
    fn make_report(&mut self, id: PortId, step: usize) -> Result<Next> {
        self.report.reset(&self.stage.ports[id.index()].schema);
        // The first columns are ours: which report this is, and of which worker if each has a model of its own.
        let schema = &self.stage.ports[id.index()].schema;
        let ours = 1 + usize::from(schema.index("worker") == Some(1));
        let rest = self.report.columns.split_off(ours);
        let mut head = std::mem::replace(&mut self.report.columns, rest);
        let next = self.steps.report(step, &mut self.report, &mut self.desk)?;
        let rows = self.report.columns.first().map_or(0, Column::len);
        let numbers = [self.desk.account().sets, u64::from(self.desk.cx().worker())];
        for _ in 0..rows {
            let cx = self.desk.cx();
            self.report.id.push(cx.new_id());
            self.report.born_ns.push(cx.now_ns);
            head.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
        head.append(&mut self.report.columns);
        self.report.columns = head;
        self.desk.account_mut().ports[id.index()] += rows as u64;
        Ok(next)
    }

    pub(super) fn next_report(&self, now: u64) -> u64 {
        match self.stage.upkeep.every {
            Some(Every::Time(span)) => now + span.ns,
            Some(Every::Records(n)) => (self.desk.account().done / n + 1) * n,
            None => u64::MAX,
        }
    }
}
