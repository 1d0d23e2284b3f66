//! What a topology says to every source whose texts come from elsewhere than a file: how they are written, and what to
//! every other source.

use super::flow::{self, Flow};
use crate::data::Schema;
use crate::format::{Form, Kind, StreamParams};
use crate::operator::EventTime;
use crate::params::{JsonSchema, Params, Problem, With};
use serde::de::DeserializeOwned;

/// All that can be said to such a source, its own parameters first.
pub(crate) type All<Own> = With<Own, With<StreamParams, Flow>>;

/// The parameters that all of them share, checked.
pub(crate) struct Stream {
    pub form: Form,
    /// The columns, with the event time marked.
    pub schema: Schema,
    pub flow: Flow,
    pub time: Option<EventTime>,
}

/// Reads the parameters of such a source. `kind`: of which format its own say that the texts are.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn read<Own: DeserializeOwned + JsonSchema>(
    given: Params,
    kind: impl FnOnce(&Own) -> Kind,
) -> Result<(Own, Stream), Vec<Problem>> {
    let mut problems = Vec::new();
    match read_both(given, kind, &mut problems) {
        Some((own, Some(stream))) => Ok((own, stream)),
        _ => Err(problems),
    }
}

/// The same for a source that finds problems of its own: its parameters, and those that all share unless something is
/// wrong with them.
pub(crate) fn read_both<Own: DeserializeOwned + JsonSchema>(
    given: Params,
    kind: impl FnOnce(&Own) -> Kind,
    problems: &mut Vec<Problem>,
) -> Option<(Own, Option<Stream>)> {
    let all = flow::read::<All<Own>>(given.clone(), problems)?;
    let before = problems.len();
    let With { own, shared: With { own: stream, shared: flow } } = all;
    let kind = kind(&own);
    kind.strangers(&given, problems);
    let Some((form, schema)) = kind.form(stream, problems) else { return Some((own, None)) };
    let time = flow.event_time(&schema, problems);
    let schema = time.as_ref().map_or(schema.clone(), |time| schema.with_time(time.column));
    let stream = Stream { form, schema, flow, time };
    Some((own, (problems.len() == before).then_some(stream)))
}
