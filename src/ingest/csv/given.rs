//! What a topology says to the source `csv`, and whether it can be.

use super::table::Table;
use crate::format::csv::{DialectParams, HeaderParams};
use crate::format::{TypingParams, WordingParams};
use crate::ingest::common::flow::{self, Flow};
use crate::ingest::common::paths::PlaceParams;
use crate::ingest::common::rejects::{RejectsFile, RejectsParams};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Bytes;
use serde::Deserialize;

/// All that can be said to it.
pub(super) type All = With<
    PlaceParams,
    With<Params, With<DialectParams, With<HeaderParams, With<TypingParams, With<WordingParams, Shared>>>>>,
>;

/// What each source of files can be told.
type Shared = With<RejectsParams, Flow>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// A longer record is rejected, and never held in memory.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 1, max = LINE_MAX))]
    line_max: Bytes,
}

/// The parameters, checked.
pub(super) struct Given {
    pub table: Table,
    pub flow: Flow,
    pub rejects: Option<RejectsFile>,
}

/// 1 GiB.
const LINE_MAX: u64 = 1 << 30;

fn mebibyte() -> Bytes {
    Bytes(1 << 20)
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read_recorded::<All>(given, &mut problems) else { return Err(problems) };
    let With { own: place, shared: With { own: Params { line_max }, shared: With { own: dialect, shared } } } =
        all;
    let With { own: header, shared: With { own: typing, shared: With { own: wording, shared } } } = shared;
    let With { own: rejects, shared: flow } = shared;
    let place = place.check(&mut problems);
    let rejects = rejects.check(&mut problems);
    let dialect = dialect.check(&mut problems);
    let header = header.check(&mut problems);
    let typing = typing.check(wording, &mut problems);
    let (Some(place), Some(header), Some(typing), true) = (place, header, typing, problems.is_empty()) else {
        return Err(problems);
    };
    let table = Table { place, dialect, header, line_max: line_max.0 as usize, typing };
    Ok(Given { table, flow, rejects })
}
