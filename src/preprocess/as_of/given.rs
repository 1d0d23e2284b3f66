//! What a topology says to the step `as_of`, and whether it can be.

use crate::operator::Input;
use crate::params::{self, JsonSchema, Problem, With};
use crate::preprocess::common::pairing::{self, Shared};
use crate::units::Span;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Own {
    /// How much older in event time the right's record may be; any age will do, if absent.
    within: Option<Span>,
    /// What is newest: by event time, for which records of the left wait, or what has come last.
    #[serde(default)]
    order: Order,
}

pub(super) type Params = With<Own, Shared>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    #[default]
    Time,
    Arrival,
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub both: pairing::Given,
    pub age_max: Option<u64>,
    /// The columns of the event time; `None`: what has come last is the newest.
    pub time: Option<[usize; 2]>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, inputs: &[Input]) -> Result<Given, Vec<Problem>> {
    let Params { own: Own { within, order }, shared } = params::read(given)?;
    let mut problems = Vec::new();
    let both = pairing::Given::check(&shared, inputs, &mut problems);
    let time = match order {
        Order::Time => both
            .times("order", "which record is the newest is told by event time")
            .map_err(|Problem { what, .. }| {
                let other = "; order = \"arrival\" takes the one that came last";
                problems.push(Problem::whole(what + other));
            })
            .ok(),
        Order::Arrival => {
            let keys =
                [("within", within.is_some()), ("allowed_lateness", shared.allowed_lateness.is_some())];
            for (key, _) in keys.into_iter().filter(|(_, said)| *said) {
                let what = "by arrival no time is looked at: leave it out, or say order = \"time\"";
                problems.push(Problem::at(key, what));
            }
            None
        }
    };
    let age_max = within.map(|span| span.ns);
    if problems.is_empty() { Ok(Given { both, age_max, time }) } else { Err(problems) }
}
