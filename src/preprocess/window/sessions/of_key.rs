//! The sessions of one key, and how two become one.

use super::super::rows::State;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    /// The times of its first record and of its last.
    pub first: i64,
    pub last: i64,
    pub state: State,
}

/// The sessions of a key, in their order: each lies farther from the next than a gap.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct OfKey {
    pub(super) sessions: VecDeque<Session>,
    /// When its sessions are to be looked at: not later than the first of them closes.
    pub(super) look: i64,
}

impl OfKey {
    /// Whether what was loaded can be.
    pub(in crate::preprocess::window) fn is_sound(&self, fresh: &State) -> bool {
        let apart = self.sessions.iter().is_sorted_by(|a, b| a.last < b.first);
        apart
            && self.sessions.iter().all(|s| s.first <= s.last && s.state.is_like(fresh))
            && !self.sessions.is_empty()
    }

    /// The first session that does not end a gap before a time: what is of that time falls into no earlier one.
    pub(super) fn at(&self, time: i64, gap: i64) -> usize {
        self.sessions.partition_point(|session| session.last.saturating_add(gap) <= time)
    }
}

/// What a key takes: it is in the table, and up to twice among the times to look.
pub(super) fn bytes(key: &[u8]) -> usize {
    3 * key.len()
}

/// A session begins at another time, or is no more.
pub(super) fn moved(starts: &mut BTreeMap<i64, u32>, from: i64, to: Option<i64>) {
    if let Some(n) = starts.get_mut(&from) {
        *n -= 1;
        if *n == 0 {
            starts.remove(&from);
        }
    }
    to.iter().for_each(|to| *starts.entry(*to).or_default() += 1);
}

/// Makes a session and the one behind it one, if they lie no gap apart, and answers how many bytes more that takes.
pub(super) fn join(of: &mut OfKey, at: usize, gap: i64, starts: &mut BTreeMap<i64, u32>) -> Option<isize> {
    let reach = of.sessions[at].last.saturating_add(gap);
    of.sessions.get(at + 1).filter(|next| next.first < reach)?;
    let next = of.sessions.remove(at + 1)?;
    moved(starts, next.first, None);
    let session = &mut of.sessions[at];
    let before = session.state.bytes() + next.state.bytes();
    session.last = session.last.max(next.last);
    session.state.merge(&next.state);
    Some(session.state.bytes() as isize - before as isize)
}
