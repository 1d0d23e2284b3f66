//! A small machine for each key whose condition holds, and the times at which some become due.

use super::rule::{Moment, Phase, Rule, State, Told};
use super::timers::Timers;
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::{Keyed, Next};

/// The keys whose condition holds, or that fired not long ago.
#[derive(Clone)]
pub(super) struct Keys {
    pub rule: Rule,
    states: Keyed<State>,
    /// Those of which something becomes by time alone.
    timers: Timers,
}

impl Keys {
    pub(super) fn new(rule: Rule, keys_max: usize) -> Keys {
        Keys { rule, states: Keyed::new(keys_max, State::default()), timers: Timers::default() }
    }

    pub(super) fn set_keys_max(&mut self, keys_max: usize) {
        self.states.set_keys_max(keys_max);
    }

    pub(super) fn gone(&self) -> u64 {
        self.states.gone()
    }

    /// A record of a key has come. `tell` gets what became due before it, and what it does itself; `values` are what a
    /// row would say of it, made only where that is wanted.
    pub(super) fn record<'a>(
        &mut self,
        key: &[u8],
        moment: &Moment,
        values: impl FnOnce() -> &'a [u8],
        mut tell: impl FnMut(&Told<'_>),
    ) {
        let Keys { rule, states, timers } = self;
        let touched = match moment.holds {
            true => Some(states.touch(key, |key, state| {
                if let Some(due) = state.due {
                    timers.remove(due, key);
                }
            })),
            // Of a key of which nothing is known there is nothing to be told.
            false => states.touch_known(key),
        };
        let Some(state) = touched else { return };
        let before = state.due.filter(|due| state.phase == Phase::Pending && *due <= moment.time);
        if let Some(due) = before {
            state.fire_due(due, &mut tell);
        }
        let does = state.record(rule, moment);
        let due = rule.alone(state);
        let waits = due.is_some() && state.phase == Phase::Pending;
        if waits || does.is_some() {
            let (values, born_ns) = (values(), moment.born_ns);
            if waits {
                state.values.clear();
                state.values.extend_from_slice(values);
                state.born_ns = born_ns;
            }
            let time = moment.known.then_some(moment.time);
            if let Some((state, since)) = does {
                tell(&Told { state, time, since, born_ns, values });
            }
        }
        if due != state.due {
            if let Some(old) = state.due {
                timers.remove(old, key);
            }
            if let Some(due) = due {
                timers.insert(due, key);
            }
            state.due = due;
        }
        if rule.forgets(state, moment.time) {
            if let Some(due) = state.due {
                timers.remove(due, key);
            }
            states.remove(key);
        }
    }

    /// Those fire that become due because time has come so far; those whose cooldown is over are forgotten.
    pub(super) fn due(&mut self, time: i64, mut tell: impl FnMut(&Told<'_>)) {
        let Keys { states, timers, .. } = self;
        while let Some((due, key)) = timers.pop(time) {
            let state = states.touch(&key, |_, _| {});
            if state.phase == Phase::Pending {
                state.due = None;
                state.fire_due(due, &mut tell);
            } else {
                states.remove(&key);
            }
            timers.keep(key);
        }
    }

    pub(super) fn next_due(&self) -> Option<i64> {
        self.timers.first()
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
