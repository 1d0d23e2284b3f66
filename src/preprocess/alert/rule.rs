//! When an alert fires and when it is over: a small machine for each key, and the times at which some become due.

use super::{FIRING, RESOLVED};
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::{Keyed, Next};
use crate::params::JsonSchema;
use crate::units::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
pub(super) struct Moment<'a> {
    pub time: i64,
    /// It has a time.
    pub known: bool,
    /// The condition is true of it.
    pub holds: bool,
    /// It resolves what fires.
    pub over: bool,
    pub born_ns: u64,
    /// What a row says of it.
    pub values: &'a [u8],
}

/// What is to be let out.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub state: &'static str,
    /// `None` where the record has no time.
    pub time: Option<i64>,
    pub since: Option<i64>,
    pub born_ns: u64,
    pub values: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// The condition does not hold; what fired before is remembered for its cooldown.
    #[default]
    Quiet,
    /// It holds, and not for long enough yet.
    Pending,
    Firing,
}

/// What is remembered of a key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    phase: Phase,
    /// Since when it holds; `None`: the record had no time.
    since: Option<i64>,
    /// For how many records in a row.
    records: u64,
    /// When it fired last.
    fired: Option<i64>,
    /// How many records have come since then.
    behind: u64,
    /// At this time it fires, or, if it is quiet, its cooldown is over; it stands in the list of those that do so.
    due: Option<i64>,
    /// Of the last record for which it held, where it may become due later.
    values: Vec<u8>,
    born_ns: u64,
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
    fn alone(&self, state: &State) -> Option<i64> {
        match state.phase {
            Phase::Pending => self.due(state).filter(|_| self.counts(state)),
            Phase::Quiet => self.cool(state),
            Phase::Firing => None,
        }
    }

    /// Whether a key need not be remembered at this time: it is quiet, and no cooldown runs.
    fn forgets(&self, state: &State, time: i64) -> bool {
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
    fn fire(&mut self, time: Option<i64>, born_ns: u64, values: Vec<u8>) -> Told {
        (self.phase, self.fired, self.behind) = (Phase::Firing, time.or(Some(0)), 0);
        Told { state: FIRING, time, since: self.since, born_ns, values }
    }
}

/// The keys whose condition holds, or that fired not long ago.
#[derive(Clone)]
pub(super) struct Keys {
    pub rule: Rule,
    states: Keyed<State>,
    /// Those of which something becomes by time alone.
    timers: BTreeSet<(i64, Vec<u8>)>,
}

impl Keys {
    pub(super) fn new(rule: Rule, keys_max: usize) -> Keys {
        Keys { rule, states: Keyed::new(keys_max, State::default()), timers: BTreeSet::new() }
    }

    pub(super) fn set_keys_max(&mut self, keys_max: usize) {
        self.states.set_keys_max(keys_max);
    }

    pub(super) fn gone(&self) -> u64 {
        self.states.gone()
    }

    /// A record of a key has come. What is to be told: what became due before it, and what it does itself.
    pub(super) fn record(&mut self, key: &[u8], moment: &Moment<'_>) -> [Option<Told>; 2] {
        let Keys { rule, states, timers } = self;
        let state = match moment.holds {
            true => states.touch(key, |key, state| {
                state.due.map(|due| timers.remove(&(due, key.to_vec())));
            }),
            // Of a key of which nothing is known there is nothing to be told.
            false => match states.touch_known(key) {
                Some(state) => state,
                None => return [None, None],
            },
        };
        let before = state.due.filter(|due| state.phase == Phase::Pending && *due <= moment.time);
        let before = before.map(|due| state.fire(Some(due), state.born_ns, state.values.clone()));
        state.behind = state.behind.saturating_add(1);
        let time = moment.known.then_some(moment.time);
        let tell = |state: &mut State| match state.phase {
            Phase::Firing if moment.over => {
                state.phase = Phase::Quiet;
                let (since, values) = (state.since, moment.values.to_vec());
                Some(Told { state: RESOLVED, time, since, born_ns: moment.born_ns, values })
            }
            Phase::Firing => None,
            _ if !moment.holds => {
                state.phase = Phase::Quiet;
                None
            }
            _ => {
                if state.phase == Phase::Quiet {
                    (state.phase, state.since, state.records) = (Phase::Pending, time, 0);
                }
                state.records = state.records.saturating_add(1);
                let ready = rule.counts(state) && rule.due(state).is_none_or(|due| due <= moment.time);
                ready.then(|| state.fire(time, moment.born_ns, moment.values.to_vec()))
            }
        };
        let now = tell(state);
        let due = rule.alone(state);
        if due.is_some() && state.phase == Phase::Pending {
            state.values.clear();
            state.values.extend_from_slice(moment.values);
            state.born_ns = moment.born_ns;
        }
        if due != state.due {
            state.due.map(|old| timers.remove(&(old, key.to_vec())));
            due.map(|due| timers.insert((due, key.to_vec())));
            state.due = due;
        }
        if rule.forgets(state, moment.time) {
            state.due.map(|due| timers.remove(&(due, key.to_vec())));
            states.remove(key);
        }
        [before, now]
    }

    /// The next key that fires because time has come so far. Those whose cooldown is over are forgotten on the way.
    pub(super) fn due(&mut self, time: i64) -> Option<Told> {
        while self.next_due()? <= time {
            let (due, key) = self.timers.pop_first()?;
            let state = self.states.touch(&key, |_, _| {});
            if state.phase == Phase::Pending {
                state.due = None;
                return Some(state.fire(Some(due), state.born_ns, state.values.clone()));
            }
            self.states.remove(&key);
        }
        None
    }

    pub(super) fn next_due(&self) -> Option<i64> {
        self.timers.first().map(|(due, _)| *due)
    }

    pub(super) fn is_saving(&self) -> bool {
        self.states.is_saving()
    }

    pub(super) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(version, out)
    }

    /// Goes on from what was saved; `fits` says whether bytes are a key, and values, of these columns.
    pub(super) fn load(
        &mut self,
        version: u16,
        from: &mut Loader<'_>,
        mut fits: impl FnMut(&[u8], Option<&[u8]>) -> bool,
    ) -> Result<bool> {
        // What is kept of a record is read when it becomes due.
        let fits = |key: &[u8], state: &State| match (state.due, state.phase) {
            (Some(_), Phase::Pending) => fits(key, Some(&state.values)),
            (Some(_), Phase::Firing) => false,
            _ => fits(key, None),
        };
        if !self.states.load(version, from, fits)? {
            return Ok(false);
        }
        let due = self.states.iter().filter_map(|(key, state)| Some((state.due?, key.to_vec())));
        self.timers = due.collect();
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
