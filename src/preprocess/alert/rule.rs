//! When an alert fires and when it is over: a small machine.

use super::{FIRING, RESOLVED};
use crate::params::JsonSchema;
use crate::units::Span;
use serde::{Deserialize, Serialize};

/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// So many records, or so long.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Least {
    /// So many records.
    Records(#[schemars(range(min = 1))] u64),
    /// So long.
    Time(Span),
}

impl Least {
    /// Why it can't be.
    pub(super) fn wrong(self) -> Option<&'static str> {
        match self {
            Least::Records(0) => Some("at least one record is needed: say 1 or more, or leave it out"),
            Least::Time(Span { ns: 0 }) => Some("that is no time at all: leave it out"),
            Least::Time(Span { ns }) if ns > NS_MAX => Some("that is too long: 70 years are the most"),
            _ => None,
        }
    }
}

/// How long a condition must hold, and how long it is quiet then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub r#for: Option<Least>,
    pub cooldown: Option<Least>,
}

/// A record as the machine sees it.
pub(super) struct Moment {
    pub time: i64,
    /// It has a time.
    pub known: bool,
    /// The condition is true of it.
    pub holds: bool,
    /// It resolves what fires.
    pub over: bool,
    pub born_ns: u64,
}

/// What is to be let out.
#[derive(Debug, PartialEq)]
pub(super) struct Told<'a> {
    pub state: &'static str,
    /// `None` where the record has no time.
    pub time: Option<i64>,
    pub since: Option<i64>,
    pub born_ns: u64,
    /// What a row says of the record.
    pub values: &'a [u8],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// The condition does not hold; what fired before is remembered for its cooldown.
    #[default]
    Quiet,
    /// It holds, and not for long enough yet.
    Pending,
    Firing,
}

/// What is remembered of a key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub phase: Phase,
    /// Since when it holds; `None`: the record had no time.
    since: Option<i64>,
    /// For how many records in a row.
    records: u64,
    /// When it fired last.
    fired: Option<i64>,
    /// How many records have come since then.
    behind: u64,
    /// At this time it fires, or, if it is quiet, its cooldown is over; it stands in the list of those that do so.
    pub due: Option<i64>,
    /// Of the last record for which it held, where it may become due later.
    pub values: Vec<u8>,
    pub born_ns: u64,
}

impl Rule {
    /// Whether times matter, and not records alone.
    pub(super) fn is_timed(&self) -> bool {
        [self.r#for, self.cooldown].iter().any(|length| matches!(length, Some(Least::Time(_))))
    }

    /// Whether there were records enough.
    fn counts(&self, state: &State) -> bool {
        let held = !matches!(self.r#for, Some(Least::Records(n)) if state.records < n);
        let cool =
            !matches!(self.cooldown, Some(Least::Records(n)) if state.fired.is_some() && state.behind < n);
        held && cool
    }

    /// The time from which on it may fire, if time matters.
    fn due(&self, state: &State) -> Option<i64> {
        behind(state.since, self.r#for).max(self.cool(state))
    }

    /// The time at which its cooldown is over, if it is one of time.
    fn cool(&self, state: &State) -> Option<i64> {
        behind(state.fired, self.cooldown)
    }

    /// The time at which something becomes of it though no record comes.
    pub(super) fn alone(&self, state: &State) -> Option<i64> {
        match state.phase {
            Phase::Pending => self.due(state).filter(|_| self.counts(state)),
            Phase::Quiet => self.cool(state),
            Phase::Firing => None,
        }
    }

    /// Whether a key need not be remembered at this time: it is quiet, and no cooldown runs.
    pub(super) fn forgets(&self, state: &State, time: i64) -> bool {
        let cool = match self.cooldown {
            None => true,
            Some(Least::Records(n)) => state.behind >= n,
            Some(Least::Time(_)) => self.cool(state).is_none_or(|due| due <= time),
        };
        state.phase == Phase::Quiet && (cool || state.fired.is_none())
    }
}

fn behind(from: Option<i64>, length: Option<Least>) -> Option<i64> {
    match length {
        Some(Least::Time(Span { ns })) => Some(from?.saturating_add_unsigned(ns)),
        _ => None,
    }
}

impl State {
    /// Where records have no time only their number matters, and that it has fired at all.
    fn fire(&mut self, time: Option<i64>) {
        (self.phase, self.fired, self.behind) = (Phase::Firing, time.or(Some(0)), 0);
    }

    /// It fires because its time has come.
    pub(super) fn fire_due(&mut self, due: i64, tell: &mut impl FnMut(&Told<'_>)) {
        self.fire(Some(due));
        let State { since, born_ns, values, .. } = self;
        tell(&Told { state: FIRING, time: Some(due), since: *since, born_ns: *born_ns, values });
    }

    /// What a record does: the state that is to be told, and since when it has held.
    pub(super) fn record(&mut self, rule: &Rule, moment: &Moment) -> Option<(&'static str, Option<i64>)> {
        let time = moment.known.then_some(moment.time);
        self.behind = self.behind.saturating_add(1);
        match self.phase {
            Phase::Firing if moment.over => {
                self.phase = Phase::Quiet;
                Some((RESOLVED, self.since))
            }
            Phase::Firing => None,
            _ if !moment.holds => {
                self.phase = Phase::Quiet;
                None
            }
            _ => {
                if self.phase == Phase::Quiet {
                    (self.phase, self.since, self.records) = (Phase::Pending, time, 0);
                }
                self.records = self.records.saturating_add(1);
                let ready = rule.counts(self) && rule.due(self).is_none_or(|due| due <= moment.time);
                if ready {
                    self.fire(time);
                }
                ready.then_some((FIRING, self.since))
            }
        }
    }
}
