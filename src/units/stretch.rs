//! How far something goes: so many records, or so long.

use super::Span;
use schemars::JsonSchema;
use serde::Deserialize;

/// So many records, or so long.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Stretch {
    /// So many records.
    Records(#[schemars(range(min = 1))] u64),
    /// So long.
    Time(Span),
}

/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

impl Stretch {
    /// Why it can't be.
    pub(crate) fn wrong(self) -> Option<&'static str> {
        match self {
            Stretch::Records(0) => Some("at least one record is needed: say 1 or more, or leave it out"),
            Stretch::Time(Span { ns: 0 }) => Some("that is no time at all: leave it out"),
            Stretch::Time(Span { ns }) if ns > NS_MAX => Some("that is too long: 70 years are the most"),
            _ => None,
        }
    }
}
