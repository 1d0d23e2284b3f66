//! What a call of the operators left is made public and sent: the batch, and what waits at the ports beside it.

use super::Worker;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::operator::{Advice, PortId, PortKind, Reads, TIME_AHEAD, TOO_LARGE};
use crate::stage::judge::Verdict;
use crate::topology::plan::Port;
use crate::units::Bytes;
use crate::wire::codec;
use crate::wire::ledger::State;

impl Worker<'_> {
    /// Makes the account public, and then sends what it speaks of. A sink that holds records back holds both.
    /// Answers when the records were sent, or handed over to the store.
    pub(super) fn emit(&mut self, report: bool) -> Result<u64> {
        let mut now = self.desk.cx().now_ns;
        if self.stage.sink {
            now = mono_ns();
            self.duty.timings().stored(&self.batch.born_ns, now);
            self.show_sink();
        } else {
            self.reject_too_large();
        }
        let held = if self.stage.sink { self.give_to_sink() } else { None };
        self.held = self.desk.was_held();
        if self.held && held.is_none() {
            return Ok(now);
        }
        if self.steps.timed() {
            let steps = &self.steps;
            self.outlets.advance(|port| steps.watermark(port));
        }
        self.plan_sides();
        if !self.stage.sink {
            let account = self.desk.account_mut();
            account.ports[PortId::MAIN.index()] += self.batch.len() as u64;
            self.outlets.plan(PortId::MAIN, &self.batch);
            self.desk.cx().records_max = self.outlets.fit();
        }
        now = match held.filter(|_| self.held) {
            Some(held) => self.publish_without(held)?,
            None => self.publish_and_send()?,
        }
        .unwrap_or(now);
        self.show_sides();
        if !self.stage.sink {
            self.duty.timings().sent(&self.batch.born_ns, now);
            self.show(PortId::MAIN);
        }
        if report && self.ledger.state() >= State::Ready {
            self.send_reports()?;
        }
        let verdict = self.judge.row(self.desk.account());
        verdict.map_or(Ok(now), |verdict| Err(self.rejects_too_many(&verdict)))
    }

    /// All is handed over and public, so what was rejected can be seen.
    pub(super) fn rejects_too_many(&self, verdict: &Verdict) -> Error {
        let advice = |reason: &str| match reason {
            TOO_LARGE => {
                let most = Bytes(self.message_max as u64);
                Some(Advice::to(format!("raise max_message = \"{most}\" of the topology")))
            }
            TIME_AHEAD => Some(Advice::to("raise ahead_max where the event time is named")),
            _ => self.steps.advice(reason),
        };
        Error::failed(verdict.sentence(self.desk.account(), advice))
    }

    /// Makes the account public and sends what was planned. Answers when it was sent; `None` where a sink, which has
    /// looked at the clock already, had nothing to send.
    pub(super) fn publish_and_send(&mut self) -> Result<Option<u64>> {
        let Worker { desk, outlets, ledger, duty, stage, .. } = self;
        let lost = desk.take_lost(stage.is_source());
        // What something outside has is not done: should this process go, it goes with it.
        let aside = desk.set_aside();
        let account = desk.account_mut();
        account.serial += 1;
        outlets.write(account);
        ledger.publish(account);
        desk.put_back(aside);
        if lost > 0 {
            ledger.set_lost_inside(ledger.lost_inside() + lost);
        }
        outlets.published();
        if stage.sink && !outlets.have_waiting() {
            return Ok(None);
        }
        outlets.send(|now, room| duty.blocked(now, room)).map(Some)
    }

    /// Hands over what waits on links that shed, and makes public what was shed meanwhile: in the account as it is
    /// public, since a sink's own may speak of what it holds.
    pub(super) fn serve(&mut self, now: u64) -> Result<()> {
        if self.outlets.have_waiting() {
            self.outlets.serve(now)?;
        }
        if self.outlets.are_unpublished() {
            let mut account = self.ledger.account();
            self.outlets.write(&mut account);
            self.ledger.publish(&account);
            self.outlets.published();
        }
        Ok(())
    }

    /// The sink has got the batch. How many records it holds, if it says so bit by bit.
    fn give_to_sink(&mut self) -> Option<u64> {
        let inlet = self.sink_inlet();
        self.desk.give(inlet, self.batch.len() as u64)
    }

    /// Makes the account public without the records that the sink holds: these are not done yet.
    fn publish_without(&mut self, held: u64) -> Result<Option<u64>> {
        let aside = self.desk.account_mut().set_aside(held);
        let sent = self.publish_and_send();
        self.desk.put_back(aside);
        sent
    }

    /// Plans what waits at the ports beside the main one; `rejected` last, since a row too large is rejected. It waits
    /// on to be shown, when the account is public.
    pub(super) fn plan_sides(&mut self) {
        for at in (1..self.stage.ports.len()).rev() {
            let Some(side) = &mut self.desk.parts().sides[at] else { continue };
            if side.is_empty() {
                continue;
            }
            let mut side = std::mem::take(side);
            self.plan_side(PortId(at as u8), &mut side);
            self.desk.parts().sides[at] = Some(side);
        }
    }

    /// Plans rows of a port beside the main one. A row that no frame may carry is rejected.
    pub(super) fn plan_side(&mut self, id: PortId, rows: &mut Batch) {
        if codec::batch_bytes(rows) > self.message_max {
            let port = &self.stage.ports[id.index()];
            let n = self.reject_rows_too_large(rows, port);
            let account = self.desk.account_mut();
            account.ports[id.index()] -= n;
            match port.kind {
                PortKind::Moves => account.moved -= n,
                // It was no record that came in.
                PortKind::Adds => account.made += n,
            }
        }
        self.outlets.plan(id, rows);
    }

    /// A record that no frame may carry is refused here, by name, and not at the receiver as a broken frame.
    fn reject_too_large(&mut self) {
        if codec::batch_bytes(&self.batch) <= self.message_max {
            return;
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.reject_rows_too_large(&mut batch, &self.stage.ports[PortId::MAIN.index()]);
        self.batch = batch;
    }

    fn reject_rows_too_large(&mut self, rows: &mut Batch, port: &Port) -> u64 {
        let keep: Vec<bool> =
            (0..rows.len()).map(|row| codec::row_bytes(rows, row) <= self.message_max).collect();
        let step = port.of.map_or(self.stage.steps.len() - 1, |(step, _)| step);
        self.desk.enter(step, &Reads::of(&self.stage.steps[step].operator, &port.schema));
        for row in (0..keep.len()).filter(|row| !keep[*row]) {
            self.desk.cx().reject(rows, row, TOO_LARGE);
        }
        rows.retain(&keep);
        keep.iter().filter(|keep| !**keep).count() as u64
    }
}
