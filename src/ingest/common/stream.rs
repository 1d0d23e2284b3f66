//! What a topology says to every source whose texts come from elsewhere than a file: how they are written, and what to
//! every other source.

#![allow(unused, reason = "the sources of streams are being built")]

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
    let Some(all) = flow::read::<All<Own>>(given.clone(), &mut problems) else { return Err(problems) };
    let With { own, shared: With { own: stream, shared: flow } } = all;
    let kind = kind(&own);
    kind.strangers(&given, &mut problems);
    let Some((form, schema)) = kind.form(stream, &mut problems) else { return Err(problems) };
    let time = flow.event_time(&schema, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let schema = time.as_ref().map_or(schema.clone(), |time| schema.with_time(time.column));
    Ok((own, Stream { form, schema, flow, time }))
}
