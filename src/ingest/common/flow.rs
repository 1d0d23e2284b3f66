//! What a topology can say to every source: how fast it reads, and which column is the event time.

use super::rejects::RejectsParams;
use crate::data::Schema;
use crate::operator::EventTime;
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::{Pacing, Span};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    /// Records a second, or "recorded x60" by the time column; absent: as fast as they come.
    pub rate: Option<Pacing>,
    /// The column that is the event time, for windows and lateness.
    time: Option<String>,
    /// A time further beyond the greatest before it is rejected (`time_ahead`); no bound, if absent.
    ahead_max: Option<Span>,
    /// Nobody waits for the time of a source that has read nothing for so long; absent: everybody does.
    idle_after: Option<Span>,
}

/// What can be said to every source that makes its records of texts.
pub(crate) type OfTexts = With<RejectsParams, Flow>;

impl Flow {
    /// How many times as fast as they were made records are read, and the column that says when; `None` where they are
    /// read otherwise, or with problems.
    pub(crate) fn recorded(
        &self,
        time: Option<&EventTime>,
        problems: &mut Vec<Problem>,
    ) -> Option<(f64, usize)> {
        let Some(Pacing::Recorded(times)) = self.rate else { return None };
        if time.is_none() && self.time.is_none() {
            let what = "\"recorded\" goes by the column that says when: name it with time = \"…\"";
            problems.push(Problem::at("rate", what));
        }
        time.map(|time| (times, time.column))
    }

    /// The event time that begins with the source; `None` without one, or with problems.
    pub(crate) fn event_time(&self, schema: &Schema, problems: &mut Vec<Problem>) -> Option<EventTime> {
        EventTime::check(schema, self.time.as_deref(), [self.ahead_max, self.idle_after], problems)
    }
}

/// Reads the parameters of a source whose records come when they are made; `None` with problems.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    mut given: params::Params,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let recorded =
        |rate: &toml::Value| matches!(rate.as_str().and_then(Pacing::parse), Some(Pacing::Recorded(_)));
    if given.get("rate").is_some_and(recorded) {
        given.remove("rate");
        let what = "only records that lie in files have a pace of their own: say records a second";
        problems.push(Problem::at("rate", what));
    }
    read_recorded(given, problems)
}

/// The same of one whose records were made before.
pub(crate) fn read_recorded<T: DeserializeOwned + JsonSchema>(
    given: params::Params,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    params::read(given).map_err(|more| problems.extend(more)).ok()
}
