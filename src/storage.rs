//! Sinks: the operators of the room `storage`.
//!
//! A sink stores whole batches or nothing: the account that is published after a call, or kept with the records,
//! says what is stored, and a restart goes on from there. What was there before stays until the new is whole.

mod common;
mod csv;
mod http;
mod jsonl;
mod null;
mod print;
mod sqlite;
mod tcp;
mod unix;
mod zmq;

use crate::error::say;
use crate::operator::Spec;
use crate::params::JsonSchema;
use crate::units::Span;

pub const OPERATORS: &[&Spec] = &[
    &csv::OPERATOR,
    &http::OPERATOR,
    &jsonl::OPERATOR,
    &null::OPERATOR,
    &sqlite::OPERATOR,
    &print::OPERATOR,
    &tcp::OPERATOR,
    &unix::OPERATOR,
    &zmq::OPERATOR,
];

/// What a sink does with the records that its file or table holds before the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum IfExists {
    /// Keeps them and adds to them.
    Append,
    /// Drops them when the new ones are all there.
    Replace,
    /// Refuses to start.
    #[default]
    Fail,
}

/// Why a sink works alone.
const ALONE: &str = "several would write over each other";

/// How long a sink waits for a store that is locked or full, if its parameters don't say.
fn patience() -> Span {
    Span::from_ms(30_000)
}

/// Says on stderr what the user should know although the work goes on.
fn warn(sentence: &str) {
    say(&format!("warning: {sentence}"));
}

/// The SQLite that is built in.
pub(crate) fn sqlite_version() -> &'static str {
    sqlite::version()
}
