//! The row of operators that a stage runs, one after the other on the same batch.

mod reports;
mod wishes;

use super::clocking::StepTime;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::{Advice, Desk, Ending, Input, Next, Operator, Planned, PortId, Reads};
use crate::topology::plan::{PortOf, Stage};
use crate::topology::{Rooms, plan_step};
use std::sync::Arc;

/// The operators of a stage, made and ready.
pub struct Steps {
    steps: Vec<Made>,
    /// Which step `finish` is at.
    finishing: usize,
    /// There is event time before or behind one of them.
    timed: bool,
    /// Somebody behind the inlets has use for a watermark: a sink alone has none.
    hears: bool,
    /// The watermark that holds behind what has come into the stage.
    came: i64,
    /// By port: behind which step its watermark is to be found, as a number of steps; `None` without event time.
    ports: Vec<Option<usize>>,
}

/// One operator, made and ready.
pub struct Made {
    name: String,
    operator: Box<dyn Operator>,
    source: bool,
    /// What it reads, by inlet; a source reads one thing without columns.
    reads: Vec<Arc<Reads>>,
    /// Columns of what it leaves in the batch; a sink leaves those of its input.
    output: Schema,
    time: StepTime,
    /// What it wanted when it was called last.
    wish: Next,
}

/// A call that a step failed in: the steps before it have worked on the batch, those behind it have not.
#[derive(Debug)]
pub struct Failed {
    pub step: usize,
    pub error: Error,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Error {
        failed.error
    }
}

/// Where in a row a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It reads nothing, whatever inputs it was planned with.
    Source,
    Middle,
    Sink,
}

impl Made {
    /// Makes an operator that was planned with these inputs.
    pub fn new(operator: &str, planned: &Planned, inputs: &[Input], place: Place) -> Made {
        let by_role = |input: &Input| Reads::by_role(operator, input.role.as_deref(), &input.schema);
        let reads: Vec<Arc<Reads>> = match place {
            Place::Source => vec![Reads::of(operator, &Schema::default())],
            _ => inputs.iter().map(by_role).collect(),
        };
        let output = match place {
            Place::Sink => reads[0].schema.clone(),
            _ => planned.output.clone(),
        };
        let time = StepTime::new(operator, &output, planned.time);
        Made {
            name: operator.to_string(),
            operator: (planned.make)(),
            source: place == Place::Source,
            reads,
            output,
            time,
            wish: Next::Wait,
        }
    }
}

impl Made {
    fn failed(&self, step: usize, error: Error) -> Failed {
        Failed { step, error: error.by(format!("operator \"{}\"", self.name)) }
    }
}

impl Steps {
    /// Makes the operators that the plan names.
    pub fn make(rooms: &Rooms, stage: &Stage) -> Result<Steps> {
        Steps::make_without(rooms, stage, false, None)
    }

    /// The same without what is outside: without the sink, and with a stand-in for the source's operator, where there
    /// is one.
    pub(crate) fn make_without(
        rooms: &Rooms,
        stage: &Stage,
        sink: bool,
        mut stand_in: Option<Box<dyn Operator>>,
    ) -> Result<Steps> {
        let mut steps = Vec::new();
        let count = stage.steps.len() - usize::from(sink && stage.sink);
        for (at, step) in stage.steps.iter().enumerate().take(count) {
            let source = at == 0 && stage.is_source();
            let place = match source {
                true => Place::Source,
                false if stage.sink && at + 1 == stage.steps.len() => Place::Sink,
                false => Place::Middle,
            };
            let mut made = Made::new(&step.operator, &plan_step(rooms, step, source)?, &step.inputs, place);
            if let Some(operator) = stand_in.take_if(|_| source) {
                made.operator = operator;
            }
            steps.push(made);
        }
        let ports = stage.all_ports().map(|(id, _)| time_of_port(stage, id, count)).collect();
        let sink = stage.sink && count == 1 && stage.steps.len() == 1;
        let row = Steps::of(steps);
        Ok(Steps { ports, hears: row.timed && !sink, ..row })
    }

    /// A row that is no stage of a plan: nothing is asked of its ports.
    pub fn of(steps: Vec<Made>) -> Steps {
        let reads = steps.first().map_or(&[][..], |made| &made.reads);
        let timed = reads.iter().any(|reads| reads.schema.time().is_some())
            || steps.iter().any(|made| made.time.is_there());
        Steps { steps, finishing: 0, timed, hears: timed, came: i64::MIN, ports: Vec::new() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The operator of a step, whose state is saved or loaded while it does not work.
    pub fn operator(&mut self, at: usize) -> &mut dyn Operator {
        self.steps[at].operator.as_mut()
    }

    /// Empties a batch and gives it the columns that come in over an inlet.
    pub fn reset(&self, batch: &mut Batch, inlet: usize) {
        batch.reset(&self.steps[0].reads[inlet].schema);
    }

    /// Empties a batch and gives it the columns that a step reads.
    pub(crate) fn reset_at(&self, step: usize, batch: &mut Batch) {
        batch.reset(&self.steps[step].reads[0].schema);
    }

    /// Runs the operators on a batch, from one of them on. What each of them wants next is kept.
    pub fn process(
        &mut self,
        first: usize,
        batch: &mut Batch,
        desk: &mut Desk,
    ) -> std::result::Result<(), Failed> {
        for at in first..self.steps.len() {
            self.enter(at, desk);
            if self.timed {
                desk.set_watermark(self.behind(at));
            }
            let made = &mut self.steps[at];
            made.wish = made.operator.process(batch, desk.cx()).map_err(|e| made.failed(at, e))?;
            if self.timed {
                let came = self.behind(at);
                self.steps[at].time.pass(at, came, batch, desk);
            }
        }
        Ok(())
    }

    /// The source has failed, or finishes: what it has left in the batch has its event time as any other.
    pub(crate) fn time_of_source(&mut self, batch: &mut Batch, desk: &mut Desk) {
        if self.timed {
            self.steps[0].time.pass(0, self.came, batch, desk);
        }
    }

    /// What the step that rejects records for a reason has to say about that.
    pub(super) fn advice(&self, reason: &str) -> Option<Advice> {
        self.steps.iter().find_map(|made| made.operator.advice(reason))
    }

    /// Goes one piece further in finishing; true while there is more. What is in the batch then is to be sent.
    pub fn finish(&mut self, batch: &mut Batch, desk: &mut Desk) -> std::result::Result<bool, Failed> {
        let at = self.finishing;
        // What a step still has of what it got goes before it, and those before it, say more. A source is not asked any
        // more: what it has not read stays unread.
        let again = self.again().filter(|again| *again >= at && !self.steps[*again].source);
        // One that is full gets nothing from those before it: it goes on with what it has.
        if let Some(step) = self.full_behind().or(again) {
            self.reset_at(step, batch);
            self.process(step, batch, desk)?;
            return Ok(true);
        }
        if at == self.steps.len() {
            return Ok(false);
        }
        batch.reset(&self.steps[at].output);
        self.enter(at, desk);
        // Nothing comes any more, unless this is a stop: then time stays where it is.
        let drained = desk.cx().ending() == Ending::Drained;
        desk.set_watermark(if drained { i64::MAX } else { self.behind(at) });
        let made = &mut self.steps[at];
        let next = made.operator.finish(batch, desk.cx()).map_err(|e| made.failed(at, e))?;
        if made.source && !batch.is_empty() {
            self.time_of_source(batch, desk);
        }
        let made = &mut self.steps[at];
        if next != Next::Again {
            self.finishing += 1;
            if drained && made.time.is_there() {
                made.time.through = i64::MAX;
            }
        }
        self.process(at + 1, batch, desk)?;
        Ok(true)
    }

    /// From here on the sink alone is to be finished: nothing of the steps before it.
    pub(crate) fn finish_sink_only(&mut self) {
        self.finishing = self.steps.len() - 1;
    }

    /// Whether there is event time in the stage.
    pub fn timed(&self) -> bool {
        self.timed
    }

    /// Event time has come so far before the first step. Whether that is news to one.
    pub(crate) fn hear(&mut self, came: i64) -> bool {
        let news = self.hears && came > self.came;
        self.came = self.came.max(came);
        news
    }

    /// The watermark behind the first `steps` of them.
    fn behind(&self, steps: usize) -> i64 {
        steps.checked_sub(1).map_or(self.came, |last| self.steps[last].time.through)
    }

    /// The watermark that holds behind what leaves by a port.
    pub fn watermark(&self, port: PortId) -> i64 {
        self.ports[port.index()].map_or(i64::MIN, |steps| self.behind(steps))
    }

    /// No step has anything to come whose time is known.
    pub(crate) fn hold_nothing(&self) -> bool {
        self.steps.iter().all(|made| made.time.holds_nothing())
    }

    /// A source is idle when it has read nothing for so long.
    pub(crate) fn idle_after_ns(&self) -> Option<u64> {
        self.steps[0].time.idle_after_ns()
    }

    fn enter(&self, at: usize, desk: &mut Desk) {
        if at > 0 {
            desk.cx().inlet = 0;
        }
        let inlet = desk.cx().inlet;
        desk.enter(at, &self.steps[at].reads[inlet]);
    }
}

/// Behind which step the watermark of a port is to be found. What leaves beside the main stream leaves before its step
/// has let anything through.
fn time_of_port(stage: &Stage, id: PortId, steps: usize) -> Option<usize> {
    let port = &stage.ports[id.index()];
    port.schema.time()?;
    match port.of {
        None => Some(steps),
        Some((step, PortOf::Side(_))) => Some(step),
        Some((_, PortOf::Report)) => None,
    }
}

#[cfg(test)]
mod tests;
