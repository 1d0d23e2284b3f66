//! What a topology says to the step `join`, and whether it can be.

use crate::operator::Input;
use crate::params::{self, Ends, JsonSchema, Problem, With, Within};
use crate::preprocess::common::pairing::{self, Shared};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Own {
    /// What goes on without a partner: nothing, records of the left, or those of both sides.
    #[serde(default)]
    kind: Kind,
    /// How far apart in event time partners are: the right's time less the left's, ends included; without it all of one
    /// key are partners, however far apart.
    within: Option<Ends>,
}

pub(super) type Params = With<Own, Shared>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    #[default]
    Inner,
    Left,
    Full,
}

impl Kind {
    /// Which side's records go on without a partner.
    pub(super) fn keeps(self) -> [bool; 2] {
        [self != Kind::Inner, self == Kind::Full]
    }
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub both: pairing::Given,
    pub kind: Kind,
    pub within: Option<Within>,
    /// The columns of the event time, where that matters.
    pub time: Option<[usize; 2]>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, inputs: &[Input]) -> Result<Given, Vec<Problem>> {
    let Params { own: Own { kind, within }, shared } = params::read(given)?;
    let mut problems = Vec::new();
    let mut both = pairing::Given::check(&shared, inputs, &mut problems);
    if both.keys.iter().all(Vec::is_empty) && problems.is_empty() {
        let what = "which records are partners is said by their keys: by = { left = \"COLUMN\", right = \"COLUMN\" }";
        problems.push(Problem::at("by", what));
    }
    let within = within.map(|ends| ends.check());
    let time = match &within {
        Some(_) => both
            .times("within", "how far apart records are is told by event time")
            .map_err(|problem| problems.push(problem))
            .ok(),
        None => {
            if shared.allowed_lateness.is_some() {
                let what = "without within all wait to the end, and none is late: leave it out";
                problems.push(Problem::at("allowed_lateness", what));
            }
            // A record may come long after one of the same key that is later.
            both.output = both.output.untimed();
            None
        }
    };
    let within = within.transpose().map_err(|problem| problems.push(problem));
    match within {
        Ok(within) if problems.is_empty() => Ok(Given { both, kind, within, time }),
        _ => Err(problems),
    }
}
