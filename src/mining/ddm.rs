//! Tells when a learner errs more than it did: DDM, the drift detection method.
//!
//! ```toml
//! operator = "ddm"
//! field = "wrong"            # 1 or true: an error; 0 or false: none
//! warm_start = 5             # does not look before it has more values; the usual is 30
//! # warning_threshold = 2    # so many deviations above its best, and it warns
//! # drift_threshold = 3      # so many, and it has changed
//! ```
//!
//! | wrong i64 (in) | wrong i64 (out) | drift bool (out) | warning bool (out) | change i64 (report) | at i64 (report) | found i64 (report) | mean_before f64 (report) | mean_after f64 (report) |
//! |---|---|---|---|---|---|---|---|---|
//! | 0 1 0 0 0 0 0 0 0 0 0 1 1 NULL 1 0 | 0 1 0 0 0 0 0 0 0 0 0 1 1 NULL 1 0 | false false false false false false false false false false false false false NULL true false | false false false false false false false false false false false true true NULL false false | 0 | 11 | 13 | 0.09090909090909091 | 1 |
//!
//! A record's value is an error or none, as `correct` of a classifier says it the other way round:
//!
//! ```toml
//! operator = "ddm"
//! field = "correct"
//! error = false              # false, or 0, is the error
//! per = "site"               # a detector for each value of a column, or of several
//! keys_max = 1000            # at most for so many values (default 100000)
//! ```
//!
//! | site str (in) | correct bool (in) | site str (out) | correct bool (out) | drift bool (out) | warning bool (out) |
//! |---|---|---|---|---|---|
//! | a b NULL a | true false true NULL | a b NULL a | true false true NULL | false false false NULL | false false false NULL |
//!
//! It keeps the share of errors p and its deviation s = √(p(1 − p)/n), and where p + s was least. While p + s is more
//! than
//! `warning_threshold` deviations above the p of then, `warning` is true; above `drift_threshold` of them `drift` is
//! true, and not `warning`. Then it begins anew with the next record. It sees only errors that grow, and of streams of
//! thousands of values it makes one false alarm in some: `adwin` makes fewer.
//!
//! The report tells the newest 20 changes: `change` is its number from 0 on, `found` the value that showed it, `at`
//! the one with which it began, as it is estimated (where the warnings began that went before it), both counted from
//! 0 among the values looked at. `time` is the event time of the record that showed it, where the stream has one.
//! `mean_before` and `mean_after` are means of the column before and since `at`.
//!
//! A record whose value is NULL, or not within 0 and 1, passes with NULL and is not looked at.
//!
//! With `per` each key has a detector of its own; NULL is a key too. When there are `keys_max` keys and one more comes,
//! the one least recently touched goes, and begins anew if it comes back. Without `per` each of several workers has a
//! detector of its own for all that falls to it.
//!
//! A detector takes 200 bytes, and 1 KB for the changes that are told again; a value takes constant time (10 ns). Its
//! state is saved in one piece, with `per` in pieces of some keys.
//!
//! Gama, Medas, Castillo & Rodrigues 2004, Learning with drift detection, SBIA. It warns and finds changes where
//! River's does.

use super::common::watch::{self, Detector, FLAGS, Scale, Seen, WatchParams, planned};
use crate::numeric::Change;
use crate::operator::{Input, PlanResult, Planned, Shows, Spec, only};
use crate::params::{self, JsonSchema, Problem, With};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "ddm",
    "tells when a learner errs more than it did, by its share of errors",
    include_str!("ddm.rs"),
    plan,
)
.parameters::<With<Params, WatchParams>>()
.called(&["drift_detection_method", "eddm", "hddm"])
.keyed("per")
.leaves(|_, inputs| Some(watch::output(only(inputs), &FLAGS)))
.shows(Shows::Changes, &["at", "mean_before", "mean_after"]);

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// It does not look before it has more values than these.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    warm_start: u64,
    /// So many deviations above its best, and it warns.
    #[schemars(range(min = 0, max = 1_000_000))]
    warning_threshold: f64,
    /// So many deviations above its best, and it has changed.
    #[schemars(range(min = 0, max = 1_000_000))]
    drift_threshold: f64,
    /// Which value is an error: true (1), or false (0).
    error: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params { warm_start: 30, warning_threshold: 2.0, drift_threshold: 3.0, error: true }
    }
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let said = given.contains_key("error");
    let With { own, shared } = params::read::<With<Params, WatchParams>>(given)?;
    // 1 - x where a false is the error.
    let scale = if own.error { Scale::NONE } else { Scale { low: 1.0, span: -1.0 } };
    let planned =
        planned(&shared, inputs, &FLAGS, (Ddm { now: Now::default(), given: own }, scale), Vec::new())?;
    let mut warnings = Vec::new();
    if shared.field == "correct" && !said {
        let what =
            "\"correct\" is true where there is no error, by its name: say error = false (or error = true)";
        warnings.push(Problem::at("field", what));
    }
    Ok(Planned { warnings, ..planned })
}

#[derive(Clone, Serialize, Deserialize)]
struct Ddm {
    given: Params,
    now: Now,
}

/// What it knows since the last change.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Now {
    n: u64,
    share: f64,
    best: Best,
    /// Number and share of the values before the warnings that go on until now.
    calm: (u64, f64),
    drift: bool,
}

/// Where share and deviation together were least.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Best {
    share: f64,
    deviation: f64,
    sum: f64,
}

impl Default for Now {
    fn default() -> Now {
        Now {
            n: 0,
            share: 0.0,
            best: Best { share: 0.0, deviation: 0.0, sum: f64::INFINITY },
            calm: (0, 0.0),
            drift: false,
        }
    }
}

impl Detector for Ddm {
    fn takes(x: f64) -> bool {
        (0.0..=1.0).contains(&x)
    }

    #[inline]
    fn add(&mut self, x: f64) -> Seen {
        let Params { warm_start, warning_threshold, drift_threshold, .. } = self.given;
        let now = &mut self.now;
        if now.drift {
            *now = Now::default();
        }
        now.n += 1;
        now.share += (x - now.share) / now.n as f64;
        let (n, share) = (now.n, now.share);
        if n <= warm_start {
            now.calm = (n, share);
            return Seen::Nothing;
        }
        // Rounding may bring a share of ones beyond 1.
        let deviation = (share * (1.0 - share) / n as f64).max(0.0).sqrt();
        let sum = share + deviation;
        if sum <= now.best.sum {
            now.best = Best { share, deviation, sum };
        }
        let Best { share: least, deviation, .. } = now.best;
        if sum > least + drift_threshold * deviation {
            now.drift = true;
            return Seen::Drift(now.since_calm());
        }
        if sum > least + warning_threshold * deviation {
            return Seen::Warning;
        }
        now.calm = (n, share);
        Seen::Nothing
    }

    fn fits(&self, fresh: &Ddm) -> bool {
        self.given == fresh.given
    }
}

impl Now {
    #[cold]
    fn since_calm(&self) -> Change {
        let (n, before) = self.calm;
        let since = self.n - n;
        let errors = self.share * self.n as f64 - before * n as f64;
        Change { since, before, after: errors / since.max(1) as f64 }
    }
}
