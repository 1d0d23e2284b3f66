//! A step that watches a column for change, whatever the detector: a flag on each record, the changes in its report.

mod given;
mod told;

pub(in crate::mining) use given::{FLAGS, WatchParams, output, planned};

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::numeric::{Change, is_known};
use crate::operator::{Cx, Next, Operator, States};
use serde::{Serialize, de::DeserializeOwned};
use told::Watched;

/// What looks at values one by one, and begins anew with the value behind one that shows a change.
pub(in crate::mining) trait Detector:
    Clone + Serialize + DeserializeOwned + Send + 'static
{
    /// What values it can take.
    fn takes(x: f64) -> bool {
        is_known(x)
    }

    fn add(&mut self, x: f64) -> Seen;

    /// Whether it was made with the settings of `fresh`, and is whole.
    fn fits(&self, fresh: &Self) -> bool;
}

/// What a value shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mining) enum Seen {
    Nothing,
    Warning,
    Drift(Change),
}

/// Turns values of the column into those of the detector, and means back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mining) struct Scale {
    pub low: f64,
    pub span: f64,
}

impl Scale {
    pub(in crate::mining) const NONE: Scale = Scale { low: 0.0, span: 1.0 };

    #[inline]
    fn scaled(self, x: f64) -> f64 {
        (x - self.low) / self.span
    }

    fn back(self, x: f64) -> f64 {
        x * self.span + self.low
    }
}

/// The step.
#[derive(Clone)]
struct Watch<D: Detector> {
    output: Schema,
    column: usize,
    time: Option<usize>,
    scale: Scale,
    /// It has a column of warnings too.
    warns: bool,
    fresh: D,
    states: States<Watched<D>>,
    /// What must be the same for a state to fit.
    identity: Vec<String>,
}

/// The value of a row as a detector takes it.
#[inline]
fn value<D: Detector>(column: &Column, scale: Scale, row: usize) -> Option<f64> {
    let x = match &column.values {
        Values::F64(v) => v[row],
        Values::I64(v) => v[row] as f64,
        Values::Bool(v) => f64::from(u8::from(v[row])),
        _ => panic!("plan takes numbers and truths only, not {}", column.of()),
    };
    let scaled = scale.scaled(x);
    (column.valid.get(row) && is_known(x) && D::takes(scaled)).then_some(scaled)
}

fn time(batch: &Batch, at: Option<usize>, row: usize) -> Option<i64> {
    match batch.columns[at?].value(row) {
        Value::Time(time) => Some(time),
        _ => None,
    }
}

impl<D: Detector> Operator for Watch<D> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Watch { column, time: timed, scale, warns, .. } = *self;
        let (mut drifts, mut warnings) = (batch.new_column(Type::Bool), batch.new_column(Type::Bool));
        let gone = self.states.begin(cx);
        for row in 0..batch.len() {
            let Some(x) = value::<D>(&batch.columns[column], scale, row) else {
                drifts.push_null();
                warnings.push_null();
                continue;
            };
            let watched = self.states.state(batch, row);
            let seen = watched.add(x);
            if let Seen::Drift(Change { since, before, after }) = seen {
                let change = Change { since, before: scale.back(before), after: scale.back(after) };
                watched.keep(change, time(batch, timed, row));
            }
            drifts.push(Value::Bool(matches!(seen, Seen::Drift(_))));
            warnings.push(Value::Bool(seen == Seen::Warning));
        }
        self.states.tell_gone(gone, cx);
        batch.columns.push(drifts);
        match warns {
            true => batch.columns.push(warnings),
            false => batch.put_aside(warnings),
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let timed = self.time.is_some();
        Ok(self.states.report(out, cx, |watched, columns, key| watched.report(timed, columns, key)))
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(told::STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let fresh = &self.fresh;
        let fits = |watched: &Watched<D>| watched.fits(fresh);
        if self.states.load(told::STATE_VERSION, &self.identity, from, fits)? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other settings, keys or another column than \"{}\", which the topology says (start \
             without it)",
            self.identity[0]
        )))
    }
}
