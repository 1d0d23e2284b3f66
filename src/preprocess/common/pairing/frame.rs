//! What `join`, `as_of` and `sort` are beside their way of letting go: the ends of a call, the plan, the saved state.

use super::{Given, Gone, Intake, PORTS, Past, Waiting};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type};
use crate::error::{Error, Result, say};
use crate::operator::{Cx, Next, Operator, Passes, Planned, PlannedPort};
use serde::{Serialize, de::DeserializeOwned};

/// The part of a step that is the same for all of them.
#[derive(Clone)]
pub(in crate::preprocess) struct Frame {
    operator: &'static str,
    output: Schema,
    /// What must be the same for a state to fit.
    identity: String,
    pub intake: Intake,
    rows_max: usize,
    pub gone: Gone,
    /// The position that was said last.
    position: Vec<u8>,
    /// It was said that records had to make room.
    told: bool,
    /// Which side is being saved.
    saving: Option<usize>,
    /// What goes on with this call.
    pub out: Batch,
}

impl Frame {
    pub(in crate::preprocess) fn new(
        operator: &'static str,
        output: Schema,
        identity: String,
        intake: Intake,
        rows_max: usize,
    ) -> Frame {
        let (gone, position, out) = (Gone::NOTHING, Vec::new(), Batch::default());
        Frame { operator, output, identity, intake, rows_max, gone, position, told: false, saving: None, out }
    }

    /// Begins a call: what went on already is forgotten, so that it does not go on out of an older state.
    pub(in crate::preprocess) fn begin(&mut self, cx: &Cx, forget: impl FnMut(Past)) {
        self.out.reset(&self.output);
        if cx.position() != self.position {
            self.gone.catch_up(cx, forget);
        }
    }

    /// Ends a call: what it made goes on.
    pub(in crate::preprocess) fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        self.gone.tell(&mut self.position, cx)
    }

    /// Says once that so many had to make room, and what becomes of them.
    pub(in crate::preprocess) fn tell_room(&mut self, made_room: u64, what: &str, cx: &Cx) {
        if made_room > 0 && !std::mem::replace(&mut self.told, true) {
            say(&format!(
                "warning: stage \"{}\": {} holds {} records, or as many bytes as it may, and there are more: {what} \
                 (rows_max and memory say how many it holds; a source that says nothing holds the others back: \
                 idle_after lets time go on)",
                cx.stage(),
                self.operator,
                self.rows_max
            ));
        }
    }

    /// Writes the next piece of a state: what was counted, then the rows of each side.
    ///
    /// # Errors
    /// As `Saver::put`.
    pub(in crate::preprocess) fn save(
        &mut self,
        version: u16,
        counts: impl Serialize,
        sides: &mut [&mut Waiting],
        out: &mut Saver<'_>,
    ) -> Result<Next> {
        let side = match self.saving.take() {
            Some(side) => side,
            None => {
                let Intake { came, late, closed, .. } = self.intake;
                out.put(version, &(&self.identity, counts, &self.gone, came, [late, closed]))?;
                sides.iter_mut().for_each(|side| side.begin_saving());
                0
            }
        };
        let more = sides[side].save_piece(version, out)?;
        let next = if more { side } else { side + 1 };
        self.saving = Some(next).filter(|next| *next < sides.len());
        Ok(if self.saving.is_some() { Next::Again } else { Next::End })
    }

    /// Reads back what `save` wrote, into sides without rows; answers what was counted.
    ///
    /// # Errors
    /// As `Loader::get`; where the state is of another step.
    pub(in crate::preprocess) fn load<C: DeserializeOwned>(
        &mut self,
        version: u16,
        sides: &mut [&mut Waiting],
        from: &mut Loader<'_>,
    ) -> Result<C> {
        let (identity, counts, gone, came, [late, closed]): (String, C, Gone, u64, [u64; 2]) =
            from.get(version)?;
        if identity != self.identity {
            return Err(Error::failed(
                "the state is of other keys, columns or times than the topology asks for (start without it)",
            ));
        }
        for side in sides {
            side.load(version, from)?;
        }
        self.gone = gone;
        (self.intake.came, self.intake.late, self.intake.closed) = (came, late, closed);
        Ok(counts)
    }
}

impl Given {
    /// The frame of a step on these; `settings` is what else must be the same for a state to fit.
    pub(in crate::preprocess) fn frame(
        &self,
        operator: &'static str,
        settings: &str,
        time: Option<[usize; 2]>,
    ) -> Frame {
        let [left, right] = &self.schemas;
        let identity = format!("{settings} {:?} {left} | {right}", self.keys);
        Frame::new(operator, self.output.clone(), identity, Intake::new(time, self.allowed), self.rows_max)
    }

    /// The plan of a step on these: whether records may be late, what it reports, and whether the rows of each side are
    /// always there in what it makes.
    pub(in crate::preprocess) fn planned<O: Operator + 'static>(
        &self,
        timed: bool,
        report: &[&str],
        always: [bool; 2],
        make: impl Fn() -> O + 'static,
    ) -> Planned {
        let ports = PORTS.iter().zip(&self.schemas).filter(|_| timed);
        Planned {
            report: Some(report.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64))),
            ports: ports.map(|(port, schema)| PlannedPort::moves(port.name, schema.clone())).collect(),
            passes: Passes::These(self.passes(always)),
            stateful: true,
            per: self.first_key(),
            any_order: true,
            absorbs: true,
            ..Planned::new(self.output.clone(), make)
        }
    }
}
