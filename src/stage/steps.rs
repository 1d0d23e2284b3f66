//! The row of operators that a stage runs, one after the other on the same batch.

use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::operator::{Desk, Input, Next, Operator, Planned, Reads};
use crate::topology::plan::Stage;
use crate::topology::{Rooms, plan_step};
use std::sync::Arc;

/// The operators of a stage, made and ready.
pub struct Steps {
    steps: Vec<Made>,
    /// Which step `finish` is at.
    finishing: usize,
}

/// One operator, made and ready.
pub struct Made {
    name: String,
    operator: Box<dyn Operator>,
    /// What it reads, by inlet; a source reads one thing without columns.
    reads: Vec<Arc<Reads>>,
    /// Columns of what it leaves in the batch; a sink leaves those of its input.
    output: Schema,
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
        Made { name: operator.to_string(), operator: (planned.make)(), reads, output }
    }
}

impl Steps {
    /// Makes the operators that the plan names.
    pub fn make(rooms: &Rooms, stage: &Stage) -> Result<Steps> {
        let mut steps = Vec::new();
        for (at, step) in stage.steps.iter().enumerate() {
            let source = at == 0 && stage.is_source();
            let place = match source {
                true => Place::Source,
                false if stage.sink && at + 1 == stage.steps.len() => Place::Sink,
                false => Place::Middle,
            };
            steps.push(Made::new(&step.operator, &plan_step(rooms, step, source)?, &step.inputs, place));
        }
        Ok(Steps::of(steps))
    }

    pub fn of(steps: Vec<Made>) -> Steps {
        Steps { steps, finishing: 0 }
    }

    /// The operator of a step, whose state is saved or loaded while it does not work.
    pub fn operator(&mut self, at: usize) -> &mut dyn Operator {
        self.steps[at].operator.as_mut()
    }

    /// Empties a batch and gives it the columns that come in over an inlet.
    pub fn reset(&self, batch: &mut Batch, inlet: usize) {
        batch.reset(&self.steps[0].reads[inlet].schema);
    }

    /// Runs all operators on a batch. `Next::End` comes from the first step only: a source.
    pub fn process(&mut self, batch: &mut Batch, desk: &mut Desk) -> Result<Next> {
        self.process_from(0, batch, desk)
    }

    fn process_from(&mut self, first: usize, batch: &mut Batch, desk: &mut Desk) -> Result<Next> {
        let mut next = Next::Wait;
        for at in first..self.steps.len() {
            self.enter(at, desk);
            let made = &mut self.steps[at];
            let wants = made
                .operator
                .process(batch, desk.cx())
                .map_err(|e| e.by(format!("operator \"{}\"", made.name)))?;
            next = next.sooner(wants);
        }
        Ok(next)
    }

    /// Goes one piece further in finishing; true while there is more. What is in the batch then is to be sent.
    pub fn finish(&mut self, batch: &mut Batch, desk: &mut Desk) -> Result<bool> {
        let at = self.finishing;
        if at == self.steps.len() {
            return Ok(false);
        }
        batch.reset(&self.steps[at].output);
        self.enter(at, desk);
        let made = &mut self.steps[at];
        let next = made
            .operator
            .finish(batch, desk.cx())
            .map_err(|e| e.by(format!("operator \"{}\"", made.name)))?;
        if next != Next::Again {
            self.finishing += 1;
        }
        self.process_from(at + 1, batch, desk)?;
        Ok(true)
    }

    /// Asks one step for its report, or for the next piece of it.
    pub fn report(&mut self, at: usize, out: &mut Batch, desk: &mut Desk) -> Result<Next> {
        desk.cx().inlet = 0;
        self.enter(at, desk);
        let made = &mut self.steps[at];
        made.operator.report(out, desk.cx()).map_err(|e| e.by(format!("operator \"{}\"", made.name)))
    }

    fn enter(&self, at: usize, desk: &mut Desk) {
        if at > 0 {
            desk.cx().inlet = 0;
        }
        let inlet = desk.cx().inlet;
        desk.enter(at, &self.steps[at].reads[inlet]);
    }
}
