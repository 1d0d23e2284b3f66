//! What a worker shows to who watches: copies of what leaves it, of a sink of what comes to it.

use super::Worker;
use crate::data::Batch;
use crate::operator::PortId;
use crate::stage::tap::bit;
use crate::topology::plan::PortOf;

impl Worker<'_> {
    /// Who watches what has changed: rows of a port that nobody reads are kept only while somebody watches it, and who
    /// is new is told which number comes next.
    pub(super) fn change_tap(&mut self) {
        let new = self.tap.change();
        for (id, port) in self.stage.all_ports() {
            let aside = id != PortId::MAIN && !matches!(port.of, Some((_, PortOf::Report)));
            if aside && !self.outlets.has(id) {
                let side = &mut self.desk.parts().sides[id.index()];
                match (self.tap.is_wanted(id), &side) {
                    (true, None) => *side = Some(Batch::new(&port.schema)),
                    (false, Some(_)) => *side = None,
                    _ => {}
                }
            }
            if new & bit(id) != 0 {
                let next = self.number_after(id);
                self.tap.tell(id, next);
            }
        }
    }

    /// The number behind the last record of a port.
    fn number_after(&self, port: PortId) -> u64 {
        if self.stage.sink && port == PortId::MAIN {
            self.shown
        } else {
            self.desk.account().ports[port.index()]
        }
    }

    /// Shows what the sink has got.
    pub(super) fn show_sink(&mut self) {
        self.shown += self.batch.len() as u64;
        let inlet = self.sink_inlet();
        self.tap.copy(PortId::MAIN, inlet, self.shown, &self.batch);
    }

    /// Shows what has left by the ports beside the main one, and lets go of it.
    pub(super) fn show_sides(&mut self) {
        let Worker { desk, tap, .. } = self;
        let parts = desk.parts();
        for (at, side) in parts.sides.iter_mut().enumerate() {
            if let Some(side) = side.as_mut().filter(|side| !side.is_empty()) {
                tap.copy(PortId(at as u8), 0, parts.account.ports[at], side);
                side.clear();
            }
        }
    }

    /// Shows what has left by the main port.
    pub(super) fn show(&mut self, port: PortId) {
        self.tap.copy(port, 0, self.number_after(port), &self.batch);
    }

    /// Over which inlet of the sink the batch came: steps in front of it join what comes over several of the stage.
    pub(super) fn sink_inlet(&mut self) -> usize {
        if self.stage.steps.len() == 1 { self.desk.cx().inlet } else { 0 }
    }
}
