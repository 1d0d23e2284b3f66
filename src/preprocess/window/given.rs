//! What a topology says to the step `window`, and whether it can be.

use super::fields::{Fields, Wanted};
use super::kind::Kind;
use super::numbered::Numbered;
use super::panes::Panes;
use super::rows::State;
use super::sessions::Sessions;
use super::spans::{Said, Spans};
use crate::data::{Field, Schema, Type};
use crate::operator::{KEYS_LIMIT, KEYS_MAX, Per};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::{Bytes, Span, Stretch};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// How long a window is.
    size: Option<Span>,
    /// Windows begin so far apart, and overlap: a span, or for `count` so many records; as long as a window, if absent.
    slide: Option<Stretch>,
    /// A window goes on until nothing has come for so long: a session.
    gap: Option<Span>,
    /// A window has so many records of its key.
    #[schemars(range(min = 1, max = COUNT_LIMIT))]
    count: Option<u64>,
    /// A record belongs where the clock is when it comes; it needs no event time.
    #[serde(default)]
    by_arrival: bool,
    /// Windows begin so much after multiples of their size, or slide; none, if absent.
    offset: Option<Span>,
    /// Windows are days of this zone, or parts of them, such as "Europe/Paris"; UTC, if absent.
    time_zone: Option<String>,
    /// A window stays open so much longer, for disordered records; none, if absent.
    allowed_lateness: Option<Span>,
    /// A window goes out when no record can come any more ("route"), or at its end, and again for each that comes.
    #[serde(default)]
    late: Late,
    /// Rows of open windows go out so often: after so many records, or so long; never, if absent.
    every: Option<Stretch>,
    /// Windows of known keys have a row also when no record came.
    #[serde(default)]
    empty: bool,
    /// What each row says besides its window and key: name = "count()", "sum(x)", "median(x) WHERE y > 0" and so on.
    #[schemars(with = "BTreeMap<String, String>")]
    fields: toml::Table,
    /// A row for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many windows may be open, over all keys (100000, if absent); the one least recently touched goes out.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
    /// How many bytes keys and what grows (medians, lists, …) may take in all windows of a worker; the same goes out.
    #[serde(default = "quarter")]
    #[schemars(range(min = BYTES_MIN))]
    memory: Bytes,
}

/// What becomes of records that come after the end of their window.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Late {
    /// The window waits for as long as is allowed, goes out once, and what comes later leaves by port late.
    #[default]
    Route,
    /// The window goes out at its end, and again for what comes while it is allowed.
    Restate,
}

fn quarter() -> Bytes {
    Bytes(256 << 20)
}

/// Less holds no sketch.
const BYTES_MIN: u64 = 64 << 10;
const COUNT_LIMIT: u64 = 1 << 40;
/// A record belongs to so many windows of records at most.
const OVERLAP_MAX: u64 = 1_000;
/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    /// The column of the event time; `None`: it needs none.
    pub time: Option<usize>,
    pub by_arrival: bool,
    pub kind: Kind,
    pub every: Option<Stretch>,
    pub restates: bool,
    pub per: Option<Per>,
    pub keys_max: usize,
    pub fields: Fields,
    /// The columns of a window's row.
    pub output: Schema,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let mut problems = Vec::new();
    let params: Params = params::read(given)?;
    problems.extend(together(&params));
    problems.extend(params.every.and_then(Stretch::wrong).map(|what| Problem::at("every", what)));
    let timed = !params.by_arrival && params.count.is_none();
    if timed && schema.time().is_none() {
        let what = format!(
            "the stream has no event time: say time = \"…\" at its source, or put the step event_time before it, or \
             take windows by_arrival, or by count (there is: {schema})"
        );
        problems.push(Problem::whole(what));
    }
    let keys_max = params.keys_max.filter(|_| params.per.is_some());
    let per = Per::check(params.per.as_ref(), keys_max, schema, &mut problems);
    let keys_max = params.keys_max.unwrap_or(KEYS_MAX) as usize;
    let fields = Fields::check(&params.fields, schema, &mut problems);
    let kind = kind(&params, keys_max, State::new(fields.fresh()), &mut problems);
    let output = output(schema, (&params, timed), (per.as_ref(), &fields.wanted), &mut problems);
    let (Some(kind), true) = (kind, problems.is_empty()) else { return Err(problems) };
    let restates = params.late == Late::Restate;
    let time = schema.time().filter(|_| timed);
    let (every, by_arrival) = (params.every, params.by_arrival);
    Ok(Given { time, by_arrival, kind, every, restates, per, keys_max, fields, output })
}

/// What does not go together.
fn together(params: &Params) -> Vec<Problem> {
    let Params {
        size, slide, gap, count, by_arrival, offset, time_zone, allowed_lateness, late, empty, ..
    } = params;
    let kinds = [("size", size.is_some()), ("gap", gap.is_some()), ("count", count.is_some())];
    let said: Vec<&str> = kinds.iter().filter(|(_, said)| *said).map(|(name, _)| *name).collect();
    let [kind] = said[..] else {
        let what = match said[..] {
            [] => {
                "say how long windows are: size = \"1h\", or gap = \"30min\" for sessions, or count = 1000 records"
            }
            _ => "a window has a size, or a gap, or a count: leave out the others",
        };
        return vec![Problem::at(said.get(1).unwrap_or(&"size"), what)];
    };
    let restates = *late == Late::Restate;
    let mut wrong = Vec::new();
    let mut refuse = |key: &str, given: bool, kinds: &[&str], what: &str| {
        if given && kinds.contains(&kind) {
            wrong.push(Problem::at(key, what));
        }
    };
    refuse("slide", slide.is_some(), &["gap"], "sessions do not slide: leave out slide, or gap");
    refuse(
        "offset",
        offset.is_some(),
        &["gap", "count"],
        "only windows of a size begin at an offset: leave it out",
    );
    refuse(
        "time_zone",
        time_zone.is_some(),
        &["gap", "count"],
        "only windows of a size are of a zone: leave it out",
    );
    refuse(
        "allowed_lateness",
        allowed_lateness.is_some(),
        &["count"],
        "no record is late for a window of records",
    );
    refuse("by_arrival", *by_arrival, &["count"], "a window of records is by arrival: leave it out");
    refuse("late", restates, &["gap", "count"], "only windows of a size are restated");
    refuse("empty", *empty, &["gap", "count"], "only windows of a size can be empty: leave it out");
    if *by_arrival && allowed_lateness.is_some() {
        wrong.push(Problem::at("allowed_lateness", "by arrival no record is late: leave it out"));
    }
    if restates && kind == "size" && (*by_arrival || allowed_lateness.is_none_or(|span| span.ns == 0)) {
        let what = "nothing is waited for behind the end of a window: say for how long with allowed_lateness";
        wrong.push(Problem::at("late", what));
    }
    wrong
}

fn kind(params: &Params, keys_max: usize, fresh: State, problems: &mut Vec<Problem>) -> Option<Kind> {
    let max = (keys_max, params.memory.0 as usize);
    if let Some(count) = params.count {
        let slide = match params.slide {
            None => count,
            Some(Stretch::Records(n)) if (1..=count).contains(&n) && count / n <= OVERLAP_MAX => n,
            Some(Stretch::Records(_)) => {
                let what = "windows of records slide on by 1 to count records, and a record belongs to 1,000 at most";
                problems.push(Problem::at("slide", what));
                return None;
            }
            Some(Stretch::Time(_)) => {
                problems
                    .push(Problem::at("slide", "windows of records slide on by records, as in slide = 100"));
                return None;
            }
        };
        return Some(Kind::Count(Box::new(Numbered::new((count, slide), max, fresh))));
    }
    let allowed = params.allowed_lateness;
    if let Some(gap) = params.gap {
        let spans = [("gap", gap.ns), ("allowed_lateness", allowed.map_or(0, |span| span.ns))];
        for (key, ns) in spans {
            if ns > NS_MAX {
                problems.push(Problem::at(key, "that is too long: 70 years are the most"));
            }
        }
        if gap.ns == 0 {
            problems.push(Problem::at(
                "gap",
                "that is no time at all: a session is over after a while, say \"30min\"",
            ));
        }
        let [gap, allowed] = spans.map(|(_, ns)| ns.min(NS_MAX) as i64);
        return Some(Kind::Session(Box::new(Sessions::new((gap, allowed), max, fresh))));
    }
    let slide = match params.slide {
        Some(Stretch::Records(_)) => {
            problems.push(Problem::at("slide", "windows of time slide on by a time, as in slide = \"5min\""));
            return None;
        }
        Some(Stretch::Time(span)) => Some(span),
        None => None,
    };
    let zone = params.time_zone.as_deref();
    let said = Said { size: params.size?, slide, offset: params.offset, allowed, zone };
    let spans = Spans::check(&said, problems)?;
    let more = (params.late == Late::Restate, params.empty);
    Some(Kind::Time(Box::new(Panes::new(spans, max, more, fresh))))
}

/// The columns of a window's row; two of one name are told.
fn output(
    schema: &Schema,
    (params, timed): (&Params, bool),
    (per, wanted): (Option<&Per>, &[Wanted]),
    problems: &mut Vec<Problem>,
) -> Schema {
    let zone = schema.zone();
    let of = if params.count.is_some() { Type::I64 } else { Type::Time };
    let bounds = ["window_start", "window_end"].map(|name| Field::new(name, of).in_zone(&zone));
    let mut output = Schema { fields: bounds.into() };
    if timed {
        output = output.with_time(0);
    }
    let mut add = |path: Vec<String>, name: &str, of: Type| {
        if output.index(name).is_some() {
            let what = format!("a row has a column \"{name}\" already");
            problems.push(Problem { path, ..Problem::whole(what) });
        }
        // The time of a row is its window's, whatever its key is.
        output.fields.push(Field::new(name, of).in_zone(&zone));
    };
    for field in per.iter().flat_map(|per| &per.fields) {
        add(vec!["per".to_string()], &field.name, field.of);
    }
    for Wanted { name, of, .. } in wanted {
        add(vec!["fields".to_string(), name.clone()], name, *of);
    }
    if params.every.is_some() {
        add(vec!["every".to_string()], "early", Type::Bool);
    }
    if params.late == Late::Restate {
        add(vec!["late".to_string()], "restated", Type::Bool);
    }
    output
}
