//! What a topology can say to every source: how fast it reads, and which column is the event time.

use crate::data::Schema;
use crate::operator::EventTime;
use crate::params::{self, JsonSchema, Problem};
use crate::units::{Rate, Span};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    /// Records a second; absent: as fast as they come.
    pub rate: Option<Rate>,
    /// The column that is the event time, for windows and lateness.
    time: Option<String>,
    /// A time further beyond the greatest before it is rejected (`time_ahead`); no bound, if absent.
    ahead_max: Option<Span>,
    /// Nobody waits for the time of a source that has read nothing for so long; absent: everybody does.
    idle_after: Option<Span>,
}

impl Flow {
    /// The event time that begins with the source; `None` without one, or with problems.
    pub(crate) fn event_time(&self, schema: &Schema, problems: &mut Vec<Problem>) -> Option<EventTime> {
        EventTime::check(schema, self.time.as_deref(), [self.ahead_max, self.idle_after], problems)
    }
}

/// Reads the parameters of a source; `None` with problems.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    mut given: params::Params,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let recorded = |rate: &toml::Value| rate.as_str().is_some_and(|rate| rate.trim().starts_with("recorded"));
    if given.get("rate").is_some_and(recorded) {
        given.remove("rate");
        let what = "a rate by the time column is not built yet: say records a second";
        problems.push(Problem::at("rate", what));
    }
    params::read(given).map_err(|more| problems.extend(more)).ok()
}
