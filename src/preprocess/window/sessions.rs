//! Sessions that are open, by key: each lasts until nothing has come for a while, and what comes between two makes them
//! one.

use super::fields::Fields;
use super::gone::{Gone, Reach};
use super::quiet::ROWS;
use super::rows::{Mark, Record, Rows, State, Taken};
use crate::data::key::KeyOf;
use crate::operator::Keyed;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

mod of_key;

use of_key::{OfKey, Session, join, moved};

#[derive(Clone)]
pub(super) struct Sessions {
    gap: i64,
    allowed: i64,
    pub keys: Keyed<OfKey>,
    pub gone: Gone,
    /// How many sessions may be open, and are.
    most: usize,
    pub open: usize,
    /// Sessions that had to go.
    pub made_room: u64,
    /// What all take beside what has a fixed size, their keys too, and how much that may be.
    pub bytes: usize,
    bytes_max: usize,
    /// Keys by the time at which they are to be looked at. One whose time is another by now is passed over.
    looks: BinaryHeap<Reverse<(i64, Vec<u8>)>>,
    /// How many sessions begin at a time.
    starts: BTreeMap<i64, u32>,
    fresh: State,
}

impl Sessions {
    pub(super) fn new(
        (gap, allowed): (i64, i64),
        (most, bytes_max): (usize, usize),
        fresh: State,
    ) -> Sessions {
        Sessions {
            gap,
            allowed,
            keys: Keyed::new(most + 1, OfKey::default()),
            gone: Gone::NOTHING,
            most,
            open: 0,
            made_room: 0,
            bytes: 0,
            bytes_max,
            looks: BinaryHeap::new(),
            starts: BTreeMap::new(),
            fresh,
        }
    }

    pub(super) fn identity(&self) -> String {
        format!("{} {}", self.gap, self.allowed)
    }

    pub(super) fn set_most(&mut self, most: usize) {
        self.most = most;
        // There is always room for the key that makes one too many: sessions go, not keys.
        self.keys.set_keys_max(most.max(self.keys.len()) + 1);
    }

    /// When a session closes whose last record is of this time.
    fn closes(&self, last: i64) -> i64 {
        last.saturating_add(self.gap).saturating_add(self.allowed)
    }

    /// Adds a record to the session that it falls into, which may be two that it makes one, or a new one.
    pub(super) fn add(
        &mut self,
        record: Record<'_>,
        key: &mut KeyOf,
        fields: &Fields,
        rows: &mut Rows<'_>,
    ) -> Taken {
        let Record { batch, row, time, passed } = record;
        if passed.is_some_and(|passed| passed.saturating_sub(time) > self.allowed) {
            return Taken::Late;
        }
        let key = key.of(batch, row);
        // Times of before this were let through: no session may begin there any more.
        if time < self.gone.closed.to.saturating_sub(self.allowed) && !self.is_within(key, time) {
            return Taken::Closed;
        }
        let closes = self.closes(time);
        let of = self.keys.touch(key, |_, _| {});
        let at = of.at(time, self.gap);
        let is_in = of.sessions.get(at).is_some_and(|session| time.saturating_add(self.gap) > session.first);
        if is_in {
            let session = &mut of.sessions[at];
            if time < session.first {
                moved(&mut self.starts, session.first, Some(time));
                session.first = time;
            }
            session.last = session.last.max(time);
            if let Some(grown) = join(of, at, self.gap, &mut self.starts) {
                self.open -= 1;
                self.bytes = self.bytes.saturating_add_signed(grown);
            }
        } else {
            of.sessions.insert(at, Session { first: time, last: time, state: self.fresh.clone() });
            *self.starts.entry(time).or_default() += 1;
            self.open += 1;
            if of.sessions.len() == 1 {
                self.bytes += of_key::bytes(key);
            }
            if at == 0 && (of.sessions.len() == 1 || closes < of.look) {
                of.look = closes;
                self.looks.push(Reverse((closes, key.to_vec())));
            }
        }
        let state = &mut of.sessions[at].state;
        state.records += 1;
        let grown = fields.take(batch, row, (time, batch.id[row]), &mut state.held);
        self.bytes = self.bytes.saturating_add_signed(grown);
        if self.open > self.most || self.bytes > self.bytes_max {
            self.make_room(rows);
        }
        self.forget_stale();
        Taken::In
    }

    /// Whether a session of a key is open that had begun by a time, and is not over then.
    fn is_within(&self, key: &[u8], time: i64) -> bool {
        let of = self.keys.get(key);
        of.and_then(|of| of.sessions.get(of.at(time, self.gap))).is_some_and(|session| session.first <= time)
    }

    /// Lets sessions go while there are too many, the first of the key that was touched the longest ago.
    #[cold]
    fn make_room(&mut self, rows: &mut Rows<'_>) {
        while self.open > self.most || self.bytes > self.bytes_max {
            let Some(key) = self.keys.iter().next().map(|(key, _)| key.to_vec()) else { return };
            let alone = self.keys.get(&key).is_some_and(|of| of.sessions.len() == 1);
            let session = if alone {
                self.bytes = self.bytes.saturating_sub(of_key::bytes(&key));
                self.keys.remove(&key).and_then(|of| of.sessions.pop_front())
            } else {
                // That is no touch: no record has come for what is left of it.
                self.keys.get_mut(&key).and_then(|of| of.sessions.pop_front())
            };
            let Some(session) = session else { return };
            self.told(&key, &session, Some(rows), Mark::Closed);
            self.made_room += 1;
        }
    }

    /// A session has come to its end.
    fn told(&mut self, key: &[u8], session: &Session, rows: Option<&mut Rows<'_>>, mark: Mark) {
        self.open -= 1;
        self.bytes = self.bytes.saturating_sub(session.state.bytes());
        moved(&mut self.starts, session.first, None);
        if let Some(rows) = rows {
            rows.write(key, [session.first, session.last.saturating_add(self.gap)], &session.state, mark);
        }
    }

    /// No session that can still be written begins earlier, at a watermark.
    pub(super) fn earliest(&self, watermark: i64) -> i64 {
        let open = self.starts.first_key_value().map_or(i64::MAX, |(start, _)| *start);
        open.min(watermark.saturating_sub(self.allowed))
    }

    /// When something may close next.
    pub(super) fn next_end(&self) -> i64 {
        self.looks.peek().map_or(i64::MAX, |Reverse((at, _))| *at)
    }

    /// Lets out what closes at a watermark, in pieces: by start, those of one start by their key. Says whether that is
    /// all.
    pub(super) fn close(&mut self, watermark: i64, rows: &mut Rows<'_>) -> bool {
        let to = self.take(watermark, i64::MIN, Some(rows));
        let through = self.earliest(to);
        let closed = &mut self.gone.closed;
        (closed.to, closed.through) = (closed.to.max(to), closed.through.max(through));
        to >= watermark
    }

    /// Those that close at a watermark come to their end, or as many as go at a time; who begins before `from` says
    /// nothing of it. Up to where all have.
    fn take(&mut self, watermark: i64, from: i64, mut rows: Option<&mut Rows<'_>>) -> i64 {
        let (mut due, mut to): (Vec<(i64, Vec<u8>, Session)>, i64) = (Vec::new(), i64::MIN);
        while let Some(Reverse((at, _))) = self.looks.peek().filter(|Reverse((at, _))| *at <= watermark) {
            if due.len() >= ROWS && *at > to && rows.is_some() {
                break;
            }
            let Some(Reverse((at, key))) = self.looks.pop() else { break };
            if self.keys.get(&key).is_none_or(|of| of.look != at) {
                continue;
            }
            to = at;
            let (gap, allowed) = (self.gap, self.allowed);
            let closes = |session: &Session| session.last.saturating_add(gap).saturating_add(allowed);
            let Some(of) = self.keys.get_mut(&key) else { continue };
            let n = of.sessions.iter().take_while(|session| closes(session) <= at).count();
            due.extend(of.sessions.drain(..n).map(|session| (session.first, key.clone(), session)));
            match of.sessions.front().map(closes) {
                Some(look) => {
                    of.look = look;
                    self.looks.push(Reverse((look, key)));
                }
                None => {
                    self.bytes = self.bytes.saturating_sub(of_key::bytes(&key));
                    self.keys.remove(&key);
                }
            }
        }
        let all = self.looks.peek().is_none_or(|Reverse((at, _))| *at > watermark);
        due.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (first, key, session) in &due {
            let rows = rows.as_deref_mut().filter(|_| *first >= from);
            self.told(key, session, rows, Mark::Closed);
        }
        if all { watermark } else { to }
    }

    /// Lets all go out as they are, in pieces. False: call it again, there is more.
    pub(super) fn empty(&mut self, rows: &mut Rows<'_>) -> bool {
        let to = self.take(i64::MAX, i64::MIN, Some(rows));
        let reach = Reach { to, through: self.earliest(to), ..Reach::NOTHING };
        self.gone.ends.let_go(Reach::NOTHING, |ending| *ending = reach);
        to == i64::MAX
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that. A session that may have gone
    /// on since, and so not have gone out, goes out as it is: else its records would be in no row.
    pub(super) fn catch_up(&mut self, at: &Gone, rows: &mut Rows<'_>) {
        if let Some((_, ended)) = self.gone.ends.since(&at.ends) {
            self.forget(&ended, rows);
        }
        self.gone.ends.catch_up(&at.ends);
        if at.closed > self.gone.closed {
            self.forget(&at.closed, rows);
            self.gone.closed = at.closed.clone();
        }
    }

    fn forget(&mut self, reach: &Reach, rows: &mut Rows<'_>) {
        while self.take(reach.to, reach.through, Some(rows)) < reach.to {}
    }

    /// Tells the sessions of the keys that were touched since this was done last. False: call it again, there is more.
    pub(super) fn tell_early(&mut self, rows: &mut Rows<'_>) -> bool {
        let mut told = Vec::new();
        while told.len() < ROWS
            && let Some((key, of)) = self.keys.next_unreported()
        {
            told.extend(of.sessions.iter().map(|session| (session.first, key.to_vec(), session.last)));
        }
        let all = told.len() < ROWS;
        told.sort_unstable();
        for (first, key, last) in told {
            let Some(of) = self.keys.get(&key) else { continue };
            if let Ok(at) = of.sessions.binary_search_by_key(&first, |session| session.first) {
                let session = &of.sessions[at];
                rows.write(&key, [first, last.saturating_add(self.gap)], &session.state, Mark::Early);
            }
        }
        all
    }

    pub(super) fn waiting(&self) -> u64 {
        let sessions = self.keys.iter().flat_map(|(_, of)| &of.sessions);
        sessions.map(|session| session.state.records).sum()
    }

    /// A state was loaded: what follows from it.
    pub(super) fn count(&mut self) {
        (self.open, self.bytes) = (0, 0);
        self.starts.clear();
        for (key, of) in self.keys.iter() {
            self.open += of.sessions.len();
            self.bytes += of_key::bytes(key);
            for session in &of.sessions {
                self.bytes += session.state.bytes();
                *self.starts.entry(session.first).or_default() += 1;
            }
        }
        self.look_anew();
    }

    fn look_anew(&mut self) {
        self.looks = self.keys.iter().map(|(key, of)| Reverse((of.look, key.to_vec()))).collect();
    }

    /// Times to look that are none any more are as many as keys at most.
    #[inline]
    fn forget_stale(&mut self) {
        if self.looks.len() > 2 * self.keys.len() + 64 {
            self.look_anew();
        }
    }
}
