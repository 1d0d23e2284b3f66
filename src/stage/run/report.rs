//! The reports of a stage: what its steps say about themselves, row for row with an id and a number.

use super::Worker;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Result, say};
use crate::operator::{Next, PortId};
use crate::run::dir::RunDir;
use crate::run::newest::{self, Newest};
use crate::topology::plan::{Every, PortOf, WorkerId};

/// The newest one is left for the end of the run so often at most.
const KEEP_NS: u64 = 1_000_000_000;

/// What a worker needs for its reports.
pub(super) struct Reports {
    /// A piece of one.
    batch: Batch,
    /// When, or at which count of records, the next one is due.
    pub due: u64,
    newest: Newest,
    dir: RunDir,
    of: WorkerId,
    keep_ns: u64,
}

impl Reports {
    pub(super) fn of(dir: &RunDir, of: WorkerId) -> Reports {
        let (batch, newest) = (Batch::default(), Newest::default());
        Reports { batch, due: 0, newest, dir: dir.clone(), of, keep_ns: 0 }
    }
}

impl Worker<'_> {
    /// Asks each step for its report, where somebody reads it, and sends it piece by piece.
    pub(super) fn send_reports(&mut self) -> Result<()> {
        let now = mono_ns();
        self.reports.due = self.next_report(now);
        let stage = self.stage;
        let (mut told, mut shown) = (false, false);
        for (id, port) in stage.all_ports() {
            let Some((step, PortOf::Report)) = port.of else { continue };
            let show = stage.upkeep.summary && newest::port(stage) == Some(id);
            if show {
                self.reports.newest.begin();
            }
            while show || self.outlets.has(id) || self.tap.is_wanted(id) {
                let next = self.make_report(id, step)?;
                let mut report = std::mem::take(&mut self.reports.batch);
                told |= !report.is_empty();
                if show {
                    self.reports.newest.add(&report);
                }
                self.plan_side(id, &mut report);
                self.reports.batch = report;
                self.publish_and_send()?;
                self.tap.copy(id, 0, self.desk.account().ports[id.index()], &self.reports.batch);
                if next != Next::Again {
                    break;
                }
            }
            shown |= show;
        }
        if told {
            self.desk.account_mut().sets += 1;
            // The next life goes on counting, also behind the last report of this one.
            self.publish_and_send()?;
        }
        if shown && now >= self.reports.keep_ns {
            self.reports.keep_ns = now + KEEP_NS;
            self.keep_report();
        }
        Ok(())
    }

    /// Leaves the newest report for the end of the run, where it is to be shown there.
    pub(super) fn keep_report(&self) {
        let Reports { newest, dir, of, .. } = &self.reports;
        if self.stage.upkeep.summary
            && let Err(error) = newest.keep(dir, *of)
        {
            say(&format!("its report can't be shown at the end of the run: {}", error.sentence));
        }
    }

    /// A piece of one step's report; its rows get their ids and numbers.
    fn make_report(&mut self, id: PortId, step: usize) -> Result<Next> {
        let schema = &self.stage.ports[id.index()].schema;
        let next = self.steps.report_rows(step, schema, &mut self.reports.batch, &mut self.desk)?;
        let rows = self.reports.batch.len();
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
