//! What a topology says to the step `sort`.

use crate::params::JsonSchema;
use crate::units::{Bytes, Span};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// So far behind in event time a record may come; none, if absent.
    pub(super) allowed_lateness: Option<Span>,
    /// So many records wait; what is over goes on before its time, counted.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub(super) rows_max: usize,
    /// So many bytes of texts those may have; what is over goes on before its time, counted.
    #[serde(default = "half")]
    #[schemars(range(min = 65536, max = 1_073_741_824))]
    pub(super) memory: Bytes,
}

fn million() -> usize {
    1_000_000
}

fn half() -> Bytes {
    Bytes(512 << 20)
}
