//! Tells when the mean of a column has changed: the Page-Hinkley test, a sum of what values lie beside their mean.
//!
//! ```toml
//! operator = "page_hinkley"
//! field = "x"
//! min_instances = 5      # does not test before so many values; the usual is 30
//! threshold = 3          # the sum that shows a change; the usual is 50
//! ```
//!
//! | x i64 (in) | x i64 (out) | drift bool (out) | change i64 (report) | at i64 (report) | found i64 (report) | mean_before f64 (report) | mean_after f64 (report) |
//! |---|---|---|---|---|---|---|---|
//! | 1 2 1 2 1 2 1 2 5 NULL 1 | 1 2 1 2 1 2 1 2 5 NULL 1 | false false false false false false false false true NULL false | 0 | 1 | 8 | 1 | 2 |
//!
//! `drift` is true on the record that shows a change. Then it begins anew with the next record.
//!
//! Each value adds to a sum how far it lies from the mean so far, less `delta`, which lets the sum of values that do
//! not change fall. When it has risen more than `threshold` above its least, the mean has risen. Another sum does the
//! same for means that fall (`mode = "up"` or `"down"`: only one of them counts; `"both"` if absent). Before a value
//! is added a sum is multiplied by `alpha`, so what is long ago fades. `threshold` and `delta` are in the units of
//! the column: with the usual ones a change of 0.1 shows after some 600 values, one of 10 after 6.
//!
//! The report tells the newest 20 changes: `change` is its number from 0 on, `found` the value that showed it, `at`
//! the one with which it began, as it is estimated (behind where the sum was least), both counted from 0 among the
//! values looked at.
//! `time` is the event time of the record that showed it, where the stream has one. `mean_before` and `mean_after` are
//! means of the values before and since `at`.
//!
//! A record whose value is NULL, not finite or beyond 1e150 passes with NULL and is not looked at.
//!
//! ```toml
//! operator = "page_hinkley"
//! field = "x"
//! per = "site"           # a test for each value of a column, or of several
//! keys_max = 1000        # at most for so many values (default 100000)
//! ```
//!
//! | site str (in) | x f64 (in) | site str (out) | x f64 (out) | drift bool (out) |
//! |---|---|---|---|---|
//! | a b a | 1 2 inf | a b a | 1 2 inf | false false NULL |
//!
//! With `per` each key has a test of its own; NULL is a key too. When there are `keys_max` keys and one more comes,
//! the one least recently touched goes, and begins anew if it comes back. Without `per` each of several workers has a
//! test of its own for all that falls to it.
//!
//! A test takes 200 bytes, and 1 KB for the changes that are told again; a value takes constant time (10 ns). Its
//! state is saved in one piece, with `per` in pieces of some keys.
//!
//! Page 1954, Continuous inspection schemes, Biometrika 41:100. It finds the changes that River's does, at the same
//! values.

use super::common::watch::{self, Detector, FLAGS, Scale, Seen, WatchParams, planned};
use crate::numeric::Change;
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params::{self, JsonSchema, With};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "page_hinkley",
    "tells when the mean of a column has changed, by the Page-Hinkley test",
    include_str!("page_hinkley.rs"),
    plan,
)
.parameters::<With<Params, WatchParams>>()
.called(&["ph", "cusum", "pagehinkley"])
.keyed("per")
.leaves(|_, inputs| Some(watch::output(only(inputs), &FLAGS[..1])))
.shows(Shows::Changes, &["at", "mean_before", "mean_after"]);

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// It does not test before so many values.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    min_instances: u64,
    /// What a value may lie beside the mean without adding to the sum.
    #[schemars(range(min = 0, max = 1_000_000_000_000.0_f64))]
    delta: f64,
    /// The sum that shows a change.
    #[schemars(range(min = 0, max = 1_000_000_000_000.0_f64))]
    threshold: f64,
    /// What is left of the sum with each value.
    #[schemars(range(min = 0, max = 1))]
    alpha: f64,
    /// Which changes count.
    mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Up,
    Down,
    Both,
}

impl Default for Params {
    fn default() -> Params {
        Params { min_instances: 30, delta: 0.005, threshold: 50.0, alpha: 0.9999, mode: Mode::Both }
    }
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<With<Params, WatchParams>>(given)?;
    let fresh = PageHinkley { now: Now::default(), given: own };
    planned(&shared, inputs, &FLAGS[..1], (fresh, Scale::NONE), Vec::new())
}

#[derive(Clone, Serialize, Deserialize)]
struct PageHinkley {
    given: Params,
    now: Now,
}

/// What it knows since the last change.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Now {
    n: u64,
    mean: f64,
    rise: f64,
    fall: f64,
    least_rise: Turn,
    most_fall: Turn,
    drift: bool,
}

/// Where a sum was least, or greatest: its value, and the number and mean of the values until then.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Turn {
    sum: f64,
    n: u64,
    mean: f64,
}

impl Default for Now {
    fn default() -> Now {
        let turn = |sum| Turn { sum, n: 0, mean: 0.0 };
        // The fall begins at -1, so that the first value always turns it.
        let (least_rise, most_fall) = (turn(f64::INFINITY), turn(-1.0));
        Now { n: 0, mean: 0.0, rise: 0.0, fall: 0.0, least_rise, most_fall, drift: false }
    }
}

impl Detector for PageHinkley {
    #[inline]
    fn add(&mut self, x: f64) -> Seen {
        let Params { min_instances, delta, threshold, alpha, mode } = self.given;
        let now = &mut self.now;
        if now.drift {
            *now = Now::default();
        }
        now.n += 1;
        now.mean += (x - now.mean) / now.n as f64;
        let beside = x - now.mean;
        now.rise = alpha * now.rise + beside - delta;
        now.fall = alpha * now.fall + beside + delta;
        let (n, mean) = (now.n, now.mean);
        if now.rise < now.least_rise.sum {
            now.least_rise = Turn { sum: now.rise, n, mean };
        }
        if now.fall > now.most_fall.sum {
            now.most_fall = Turn { sum: now.fall, n, mean };
        }
        if now.n < min_instances {
            return Seen::Nothing;
        }
        let rose = mode != Mode::Down && now.rise - now.least_rise.sum > threshold;
        let fell = mode != Mode::Up && now.most_fall.sum - now.fall > threshold;
        now.drift = rose || fell;
        match (rose, fell) {
            (true, _) => Seen::Drift(now.since(now.least_rise)),
            (false, true) => Seen::Drift(now.since(now.most_fall)),
            (false, false) => Seen::Nothing,
        }
    }

    fn fits(&self, fresh: &PageHinkley) -> bool {
        self.given == fresh.given
    }
}

impl Now {
    /// The change that began behind a turn.
    #[cold]
    fn since(&self, turn: Turn) -> Change {
        let since = self.n - turn.n;
        let after = (self.mean * self.n as f64 - turn.mean * turn.n as f64) / since.max(1) as f64;
        Change { since, before: turn.mean, after }
    }
}
