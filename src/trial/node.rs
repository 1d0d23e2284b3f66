//! One stage at work in a test: its row of steps, its account, and all that has come out of it.

use crate::data::Batch;
use crate::error::{Error, Result};
use crate::operator::{Account, Cx, Desk, Next, Operator, PortId};
use crate::stage::Steps;
use crate::topology::Rooms;
use crate::topology::plan::{Every, PortOf, Stage};

/// So often may a step say that it has more of what it got.
const CALLS_MAX: usize = 10_000_000;

pub(super) struct Node<'a> {
    pub stage: &'a Stage,
    pub steps: Steps,
    pub desk: Desk,
    batch: Batch,
    /// By inlet: how far event time has come there; `None` where none is.
    times: Vec<Option<i64>>,
    /// By port: all that has come out, and what of it is new.
    pub out: Vec<Batch>,
    pub new: Vec<Batch>,
    /// At which count of records its next report is due.
    due: u64,
}

impl<'a> Node<'a> {
    /// `fed`: the inlets that something comes over. `number`: whose its ids are.
    pub(super) fn new(
        rooms: &Rooms,
        stage: &'a Stage,
        (number, now): (u16, u64),
        fed: &[usize],
        stand_in: Option<Box<dyn Operator>>,
    ) -> Result<Node<'a>> {
        let steps = Steps::make_without(rooms, stage, true, stand_in)?;
        let mut cx = Cx::new("test", &stage.name, Account::new(stage.ports.len(), 0, stage.steps.len()));
        cx.records_max = stage.limits.batch.records_max;
        cx.now_ns = now;
        let mut desk = Desk::new(cx);
        desk.be_worker(0, 1, number);
        desk.set_ports(stage.sides_by_step());
        let sides = stage.all_ports().filter(|(id, _)| *id != PortId::MAIN);
        desk.keep(sides.map(|(id, port)| (id, Batch::new(&port.schema))));
        let time = |(at, inlet): (usize, &crate::topology::plan::Inlet)| {
            (fed.contains(&at) && inlet.schema.time().is_some()).then_some(i64::MIN)
        };
        let times = stage.inlets.iter().enumerate().map(time).collect();
        let schemas = stage.all_ports().map(|(id, port)| match stage.steps.last() {
            Some(sink) if id == PortId::MAIN && stage.sink => &sink.inputs[0].schema,
            _ => &port.schema,
        });
        let out: Vec<Batch> = schemas.map(Batch::new).collect();
        let new = out.clone();
        let due = match stage.upkeep.every {
            Some(Every::Records(n)) => n,
            _ => u64::MAX,
        };
        Ok(Node { stage, steps, desk, batch: Batch::default(), times, out, new, due })
    }

    /// The first call comes with nothing: the steps open their world.
    pub(super) fn start(&mut self) -> Result<()> {
        if self.stage.is_source() {
            return Ok(());
        }
        self.steps.reset(&mut self.batch, 0);
        self.call(0)
    }

    /// Lets a source's stand-in leave its next row; false at its end.
    pub(super) fn pull(&mut self) -> Result<bool> {
        self.steps.reset(&mut self.batch, 0);
        self.call(0)?;
        Ok(self.steps.wish(0) != Next::End)
    }

    /// Rows of an inlet come, and event time with them; of none, only if that is news.
    pub(super) fn take(
        &mut self,
        inlet: usize,
        rows: &Batch,
        of: std::ops::Range<usize>,
        time: i64,
    ) -> Result<()> {
        if let Some(known) = &mut self.times[inlet] {
            *known = time.max(*known);
        }
        let moved = match self.times.iter().flatten().min() {
            Some(least) => self.steps.hear(*least),
            None => false,
        };
        let inlet = if of.is_empty() { 0 } else { inlet };
        if of.is_empty() && !moved {
            return Ok(());
        }
        self.steps.reset(&mut self.batch, inlet);
        self.desk.cx().inlet = inlet;
        self.batch.extend(rows, of.start, of.end);
        self.desk.account_mut().done += of.len() as u64;
        self.call(0)
    }

    /// Runs the steps from one on, and on while one has more of what it got.
    fn call(&mut self, step: usize) -> Result<()> {
        self.steps.process(step, &mut self.batch, &mut self.desk)?;
        self.gather();
        for _ in 0..CALLS_MAX {
            let Some(step) = self.steps.again().filter(|step| *step > 0 || !self.stage.is_source()) else {
                return self.tell_if_due();
            };
            self.steps.reset_at(step, &mut self.batch);
            self.desk.cx().inlet = 0;
            self.steps.process(step, &mut self.batch, &mut self.desk)?;
            self.gather();
        }
        Err(Error::failed(format!("it still has more of what it got after {CALLS_MAX} calls")))
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) -> Result<()> {
        for _ in 0..CALLS_MAX {
            if !self.steps.finish(&mut self.batch, &mut self.desk)? {
                return self.tell();
            }
            self.gather();
        }
        Err(Error::failed(format!("it does not come to its end in {CALLS_MAX} calls")))
    }

    /// Takes what has come out of a call.
    fn gather(&mut self) {
        let main = PortId::MAIN.index();
        self.desk.account_mut().ports[main] += self.batch.len() as u64;
        self.new[main].extend(&self.batch, 0, self.batch.len());
        let sides = self.desk.parts().sides.iter_mut().zip(&mut self.new);
        for (side, new) in sides.filter_map(|(side, new)| Some((side.as_mut()?, new))) {
            new.extend(side, 0, side.len());
            side.clear();
        }
    }

    fn tell_if_due(&mut self) -> Result<()> {
        let done = self.desk.account().done;
        if done < self.due {
            return Ok(());
        }
        if let Some(Every::Records(n)) = self.stage.upkeep.every {
            self.due = (done / n + 1) * n;
        }
        self.tell()
    }

    /// Asks each step for its report.
    fn tell(&mut self) -> Result<()> {
        let (mut piece, mut told) = (Batch::default(), false);
        for (id, port) in self.stage.all_ports() {
            let Some((step, PortOf::Report)) = port.of else { continue };
            for _ in 0..CALLS_MAX {
                let next = self.steps.report_rows(step, &port.schema, &mut piece, &mut self.desk)?;
                self.desk.account_mut().ports[id.index()] += piece.len() as u64;
                told |= !piece.is_empty();
                self.new[id.index()].extend(&piece, 0, piece.len());
                if next != Next::Again {
                    break;
                }
            }
        }
        self.desk.account_mut().sets += u64::from(told);
        Ok(())
    }
}
