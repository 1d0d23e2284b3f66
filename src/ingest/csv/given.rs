//! What a topology says to the source `csv`, and whether it can be.

use super::table::Table;
use crate::format::csv::{DialectParams, HeaderParams};
use crate::format::{Form, LineParams, TypingParams, WordingParams};
use crate::ingest::common::files::given::{Given, Texts};
use crate::ingest::common::flow::{self, OfTexts};
use crate::ingest::common::paths::PlaceParams;
use crate::params::{self, Problem, With};

/// All that can be said to it.
pub(super) type All = With<
    PlaceParams,
    With<
        LineParams,
        With<DialectParams, With<HeaderParams, With<TypingParams, With<WordingParams, OfTexts>>>>,
    >,
>;

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> Result<Given<Table>, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read_recorded::<All>(given, &mut problems) else { return Err(problems) };
    let With { own: place, shared: With { own: line, shared: With { own: dialect, shared } } } = all;
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
    let texts = Texts::new(place, Form::csv(dialect, false, line.max(), typing));
    Ok(Given { told: Table { texts, dialect, header }, flow, rejects })
}
