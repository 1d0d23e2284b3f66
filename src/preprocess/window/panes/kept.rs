//! How panes are saved, and what a state of them must be, to go on from it.

use super::super::gone::Gone;
use super::super::rows::State;
use super::{Panes, START_BYTES, VALID, suffix};
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::Next;

impl Panes {
    /// What must be the same for a state to fit.
    pub(in crate::preprocess::window) fn identity(&self) -> String {
        format!("{} {} {}", self.spans.identity(), self.restates, self.quiet.is_some())
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that.
    pub(in crate::preprocess::window) fn catch_up(&mut self, at: Gone) {
        if at.emptied > self.gone.emptied {
            self.take((self.gone.closed_to, i64::MAX), i64::MAX, None);
            self.gone.emptied = at.emptied;
        }
        while at.closed_to > self.gone.closed_to && !self.close(at.closed_to, None) {}
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
