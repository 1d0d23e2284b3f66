//! Tells when the mean of a column has changed: ADWIN, a window that keeps as many of the newest values as look alike.
//!
//! ```toml
//! operator = "adwin"
//! field = "x"
//! delta = 1              # the usual is 0.002: surer, and slower to find a change
//! clock = 1              # looks each so many values; the usual is 32
//! min_window_length = 3  # values on both sides of a cut; the usual is 5
//! grace_period = 3       # does not look before it has more values than these; the usual is 10
//! ```
//!
//! | x f64 (in) | x f64 (out) | drift bool (out) | change i64 (report) | at i64 (report) | found i64 (report) | mean_before f64 (report) | mean_after f64 (report) |
//! |---|---|---|---|---|---|---|---|
//! | 0 0 0 0 NULL 0 0 0 0 1 1 1 1 1 1 1 1 | 0 0 0 0 NULL 0 0 0 0 1 1 1 1 1 1 1 1 | false false false false NULL false false false false false false false false false false true false | 0 | 8 | 14 | 0 | 1 |
//!
//! `drift` is true on the record that shows a change. Then it begins anew with the next record.
//!
//! The window is cut wherever two of its buckets meet. Where the means of both sides differ by more than chance would
//! have it with a probability of `delta`, something has changed. It looks each `clock` values, so a change is found at
//! the earliest when that many are full; less is quicker and costs more.
//!
//! The bound is made for values from 0 to 1, truths and shares. Say `range = [0, 500]` where they lie elsewhere:
//! without it, larger values raise false alarms, and smaller ones hide a change. A value beyond the range counts as
//! it is.
//!
//! The report tells the newest 20 changes: `change` is its number from 0 on, `found` the value that showed it, `at`
//! the one with which it began, as it is estimated (the cut that parts the window best, so it is as exact as the
//! buckets there are small), both counted from 0 among the values looked at. `time` is the event time of the record
//! that showed it, where the stream has one. `mean_before` and `mean_after` are means of the two parts of the window.
//!
//! A record whose value is NULL, not finite or beyond 1e150 passes with NULL and is not looked at.
//!
//! ```toml
//! operator = "adwin"
//! field = "ok"
//! range = [0, 2]
//! per = "site"           # a window for each value of a column, or of several
//! keys_max = 1000        # at most for so many values (default 100000)
//! ```
//!
//! | site str (in) | ok bool (in) | site str (out) | ok bool (out) | drift bool (out) |
//! |---|---|---|---|---|
//! | a b NULL a | true false true NULL | a b NULL a | true false true NULL | false false false NULL |
//!
//! With `per` each key has a window of its own; NULL is a key too. When there are `keys_max` keys and one more comes,
//! the one least recently touched goes, and begins anew if it comes back. Without `per` each of several workers has a
//! window of its own for all that falls to it.
//!
//! A window costs memory by the logarithm of its width: 3 KB for a billion values, and 1 KB for the changes that are
//! told again. A value takes constant time; each `clock`-th, for a million values, looks at 100 cuts (0.3 us), and one
//! that shows a change at 100 for each bucket that is forgotten (30 us). Its state is saved in one piece, with `per` in
//! pieces of some keys.
//!
//! Bifet & Gavaldà 2007, Learning from time-changing data with adaptive windowing, SDM. It finds the changes that
//! River's does, at the same values.

use super::common::watch::{self, Detector, FLAGS, Scale, Seen, WatchParams, planned};
use crate::numeric::{Adwin, AdwinSettings};
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params::{self, JsonSchema, Problem, With};
use serde::Deserialize;

pub(super) const OPERATOR: Spec = Spec::new(
    "adwin",
    "tells when the mean of a column has changed, by an adaptive window",
    include_str!("adwin.rs"),
    plan,
)
.parameters::<With<Params, WatchParams>>()
.called(&["drift", "drift_detector", "concept_drift", "change_detection", "changepoint", "change_point"])
.keyed("per")
.leaves(|_, inputs| Some(watch::output(only(inputs), &FLAGS[..1])))
.shows(Shows::Changes, &["at", "mean_before", "mean_after"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// The share of looks that may see a change where there is none.
    #[schemars(range(min = 1e-12, max = 1))]
    delta: f64,
    /// It looks each so many values.
    #[schemars(range(min = 1, max = 1_000_000))]
    clock: u32,
    /// Buckets of one size, at most; more of them find a change more exactly, and cost as much more.
    #[schemars(range(min = 1, max = 100))]
    max_buckets: u32,
    /// Both sides of a cut have so many values at least.
    #[schemars(range(min = 1, max = 1_000_000))]
    min_window_length: u32,
    /// It does not look before it has more values than these.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    grace_period: u32,
    /// Between which two numbers the values lie: they are brought to 0 to 1 by it; absent: they are there.
    #[schemars(length(min = 2, max = 2))]
    range: Option<Vec<f64>>,
}

impl Default for Params {
    fn default() -> Params {
        let AdwinSettings { delta, clock, max_buckets, min_window, grace } = AdwinSettings::default();
        Params { delta, clock, max_buckets, min_window_length: min_window, grace_period: grace, range: None }
    }
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<With<Params, WatchParams>>(given)?;
    let Params { delta, clock, max_buckets, min_window_length, grace_period, range } = own;
    let mut problems = Vec::new();
    let settings =
        AdwinSettings { delta, clock, max_buckets, min_window: min_window_length, grace: grace_period };
    let scale = scale(range.as_deref(), &mut problems);
    planned(&shared, inputs, &FLAGS[..1], (Adwin::new(settings), scale), problems)
}

fn scale(range: Option<&[f64]>, problems: &mut Vec<Problem>) -> Scale {
    match range {
        None => Scale::NONE,
        Some([low, high]) if low < high && (high - low).is_finite() => Scale { low: *low, span: high - low },
        Some(_) => {
            let what = "two numbers are needed, the smaller first, as in range = [0, 500]";
            problems.push(Problem::at("range", what));
            Scale::NONE
        }
    }
}

impl Detector for Adwin {
    #[inline]
    fn add(&mut self, x: f64) -> Seen {
        Adwin::add(self, x);
        self.change().map_or(Seen::Nothing, Seen::Drift)
    }

    fn fits(&self, fresh: &Adwin) -> bool {
        self.is_like(fresh)
    }
}
