//! How panes are saved, and what a state of them must be, to go on from it.

use super::super::gone::{Gone, Reach};
use super::super::rows::State;
use super::{COUNT_BYTES, Panes, START_BYTES, VALID, place_of, suffix};
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::Next;

impl Panes {
    /// What must be the same for a state to fit.
    pub(in crate::preprocess::window) fn identity(&self) -> String {
        format!("{} {} {}", self.spans.identity(), self.restates, self.quiet.is_some())
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that.
    pub(in crate::preprocess::window) fn catch_up(&mut self, at: &Gone) {
        if let Some((_, ended)) = self.gone.ends.since(&at.ends) {
            self.forget_ended(&ended);
        }
        self.gone.ends.catch_up(&at.ends);
        if at.closed > self.gone.closed {
            while at.closed.to > self.gone.closed.to && !self.close(at.closed.to, None) {}
            self.forget_within(&at.closed);
            self.gone.closed = at.closed.clone();
        }
    }

    /// Forgets what a stop has let go, as far as it came. What comes after it belongs to its windows once more.
    fn forget_ended(&mut self, ended: &Reach) {
        self.forget_within(ended);
        if ended.to == i64::MIN {
            return;
        }
        self.take((self.gone.closed.to, ended.to), true, None);
        let (suffix, waits) = (suffix(&self.spans), !self.restates);
        let mut spans = self.spans.clone();
        let mut left = |key: &[u8]| spans.open(place_of(key, suffix), ended.to, waits);
        self.forget(|key| left(key) == 0);
        // What is left of a pane is that of its windows behind this.
        let shorter = |(key, _): (&[u8], &State)| {
            let left = left(key);
            (left < place_of(key, suffix).1).then(|| (key.to_vec(), left))
        };
        let shorter: Vec<(Vec<u8>, u32)> = self.open.iter().filter_map(shorter).collect();
        for (mut key, left) in shorter {
            let state = self.open.remove(&key).expect("it was found there");
            let state = std::mem::replace(state, self.fresh.clone());
            let at = key.len() - COUNT_BYTES;
            key[at..].copy_from_slice(&left.to_le_bytes());
            self.open.touch(&key, |_, _| {}).merge(&state);
        }
        self.bytes = self.open.iter().map(|(key, state)| key.len() + state.bytes()).sum();
    }

    /// Whether a piece was written and there is more.
    pub(in crate::preprocess::window) fn is_saving(&self) -> bool {
        self.open.is_saving() || self.quiet.as_ref().is_some_and(|quiet| quiet.is_saving())
    }

    /// Writes the next piece: the keys whose windows may be empty, and behind them the panes, all as of the moment at
    /// which this began.
    pub(in crate::preprocess::window) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        let saved = self.save_piece(version, out);
        if saved.is_err() {
            self.open.stop_saving();
            self.quiet.iter_mut().for_each(|quiet| quiet.stop_saving());
        }
        saved
    }

    fn save_piece(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        if !self.is_saving() {
            self.open.begin_saving();
            self.quiet.iter_mut().for_each(|quiet| quiet.begin_saving());
        }
        match self.quiet.as_mut().filter(|quiet| quiet.is_saving()) {
            Some(quiet) => quiet.save(version, out).map(|_| Next::Again),
            None => self.open.save(version, out),
        }
    }

    /// Goes on from what was saved; false: it is of another step, and all is as it was.
    pub(in crate::preprocess::window) fn load(
        &mut self,
        version: u16,
        from: &mut Loader<'_>,
        fresh: &State,
        mut reads: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<bool> {
        let mut quiet = self.quiet.clone();
        if let Some(quiet) = &mut quiet
            && !quiet.load(version, from, |key| reads(key) == Some(0))?
        {
            return Ok(false);
        }
        let behind = suffix(&self.spans);
        let fits = |key: &[u8], state: &State| {
            reads(key) == Some(behind) && is_place(&key[key.len() - behind..]) && state.is_like(fresh)
        };
        if !self.open.load(version, from, fits)? {
            return Ok(false);
        }
        self.quiet = quiet;
        self.bytes = self.open.iter().map(|(key, state)| key.len() + state.bytes()).sum();
        Ok(true)
    }
}

/// Whether bytes behind the columns of a key can be a place.
fn is_place(behind: &[u8]) -> bool {
    let n = behind.get(START_BYTES..).and_then(|n| n.try_into().ok()).map_or(1, u32::from_le_bytes);
    behind.first() == Some(&VALID) && n > 0
}
