//! Says which column is the event time: when a record happened, for windows and lateness.
//!
//! ```toml
//! operator = "event_time"
//! field = "at"
//! ahead_max = "1h"     # a time further beyond the greatest before it is rejected; absent: no bound
//! ```
//!
//! | x i64 (in) | at time (in) | x i64 (out) | at event_time (out) |
//! |---|---|---|---|
//! | 1 2 | 2013-01-01T10:00:00Z 2013-01-01T09:00:00Z | 1 2 | 2013-01-01T10:00:00Z 2013-01-01T09:00:00Z |
//!
//! Records go on as they came. From here on each is known to be late by how far its time lies behind the greatest
//! one that came before it: above, the second by an hour. A NULL is neither late nor moves time on; a step that needs a
//! time rejects it (`no_time`). A time more than `ahead_max` beyond the greatest before it is rejected (`time_ahead`):
//! without that, one wrong year makes all that follow late.
//!
//! A source names its time itself (`time = "ts"`), which is better where it can. This step is for a time that is
//! made on the way, by `derive` or `select`. It stands in the source's stage, or down a line of stages with one worker
//! and one inlet each: elsewhere what is late would depend on the scheduler, and `check` refuses it.
//!
//! Who drops the column, or computes it anew, ends event time there; `select` may rename it.

use crate::data::Batch;
use crate::error::Result;
use crate::operator::{Cx, EventTime, Input, Next, Operator, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Problem};
use crate::units::Span;
use serde::Deserialize;

pub(super) const OPERATOR: Spec = Spec::new(
    "event_time",
    "says which column is the time of the stream, for windows",
    include_str!("event_time.rs"),
    plan,
)
.parameters::<Params>()
.called(&["watermark", "timestamp", "assign_timestamps", "with_timestamp"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column, a time.
    field: String,
    /// A time further beyond the greatest before it is rejected; no bound, if absent.
    ahead_max: Option<Span>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { field, ahead_max } = params::read(params)?;
    let schema = only(inputs);
    let column = EventTime::column(schema, "field", &field).map_err(|problem| vec![problem])?;
    if let Some(time) = schema.time() {
        let what = format!("the stream has an event time already, \"{}\"", schema.fields[time].name);
        return Err(vec![Problem::whole(what)]);
    }
    let time = Some(EventTime { column, ahead_max, idle_after: None });
    Ok(Planned { time, ..Planned::new(schema.clone().with_time(column), || Names) })
}

/// The runner does the rest.
struct Names;

impl Operator for Names {
    fn process(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        Ok(Next::Wait)
    }
}
