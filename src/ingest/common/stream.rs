//! What a topology says to every source whose texts come from elsewhere than a file: how they are written, and what to
//! every other source.

use super::flow::{self, Flow, OfTexts};
use super::lines::Lines;
use super::pace::Pace;
use super::rejects::RejectsFile;
use crate::data::Schema;
use crate::format::{Form, Kind, StreamParams};
use crate::operator::{EventTime, Operator, Planned};
use crate::params::{JsonSchema, Params, Problem, With};
use serde::de::DeserializeOwned;

/// All that can be said to such a source, its own parameters first.
pub(crate) type All<Own> = With<Own, With<StreamParams, OfTexts>>;

/// The parameters that all of them share, checked.
#[derive(Clone)]
pub(crate) struct Stream {
    pub form: Form,
    /// The columns, with the event time marked.
    pub schema: Schema,
    pub flow: Flow,
    pub time: Option<EventTime>,
    pub rejects: Option<RejectsFile>,
}

/// Reads the parameters of such a source. `kind`: of which format its own say that the texts are. What is not `None`
/// is its own, and what all share unless something is wrong with that.
pub(crate) fn read<Own: DeserializeOwned + JsonSchema>(
    given: Params,
    kind: impl FnOnce(&Own) -> Kind,
    problems: &mut Vec<Problem>,
) -> Option<(Own, Option<Stream>)> {
    let all = flow::read::<All<Own>>(given.clone(), problems)?;
    let before = problems.len();
    let With { own, shared: With { own: stream, shared: With { own: rejects, shared: flow } } } = all;
    let kind = kind(&own);
    kind.strangers(&given, problems);
    let rejects = rejects.check(problems);
    let Some((form, schema)) = kind.form(stream, problems) else { return Some((own, None)) };
    let time = flow.event_time(&schema, problems);
    let schema = time.as_ref().map_or(schema.clone(), |time| schema.with_time(time.column));
    let stream = Stream { form, schema, flow, time, rejects };
    Some((own, (problems.len() == before).then_some(stream)))
}

impl Stream {
    /// Makes rows of the texts; `others`: reasons of the source's own, and what to do about each.
    pub(crate) fn lines(&self, others: &[(&str, String)]) -> Lines {
        Lines::new(&self.form, &self.schema, others).keep_rejects(self.rejects.clone())
    }

    pub(crate) fn pace(&self) -> Pace {
        Pace::new(self.flow.rate)
    }

    /// The source that `make` makes of it.
    pub(crate) fn planned<O: Operator + 'static>(self, make: impl Fn(&Stream) -> O + 'static) -> Planned {
        let (time, fills) = (self.time, RejectsFile::fills(&self.rejects));
        let planned = Planned::new(self.schema.clone(), move || make(&self));
        Planned { time, fills, deterministic: false, ..planned }
    }
}
