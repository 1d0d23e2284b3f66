//! The windows that are open: which one a time falls into, when it closes, and what it holds by key.

use super::aggregate::{self, Aggregate};
use crate::operator::Keyed;
use crate::params::Problem;
use crate::units::Span;

/// A key ends with the start of its window: a byte that says valid, and the time.
pub(super) const START_BYTES: usize = 9;
/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// The bounds of windows, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spans {
    size: i64,
    /// Less than the size.
    offset: i64,
    allowed: i64,
}

impl Spans {
    /// Checks what a topology says.
    pub(super) fn check(
        size: Span,
        offset: Option<Span>,
        allowed: Option<Span>,
        problems: &mut Vec<Problem>,
    ) -> Option<Spans> {
        let before = problems.len();
        let spans = [("size", Some(size)), ("offset", offset), ("allowed_lateness", allowed)];
        let [size, offset, allowed] = spans.map(|(key, span)| {
            let ns = span.map_or(0, |span| span.ns);
            if ns > NS_MAX {
                problems.push(Problem::at(key, "that is too long: 70 years are the most"));
            }
            ns.min(NS_MAX) as i64
        });
        if size == 0 {
            problems.push(Problem::at("size", "a window has a size, such as \"1h\""));
            return None;
        }
        (problems.len() == before).then_some(Spans { size, offset: offset % size, allowed })
    }

    /// Where the window of a time begins.
    #[inline]
    pub(super) fn start(&self, time: i64) -> i64 {
        time.saturating_sub(time.saturating_sub(self.offset).rem_euclid(self.size))
    }

    pub(super) fn end(&self, start: i64) -> i64 {
        start.saturating_add(self.size)
    }

    /// The watermark at which a window closes.
    #[inline]
    pub(super) fn closes(&self, start: i64) -> i64 {
        self.end(start).saturating_add(self.allowed)
    }
}

/// How far windows have gone out. What has gone out does not go out again, so this is kept where a crash finds it in
/// step with the rows: in the position of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    /// What closes up to here has closed.
    pub closed_to: i64,
    /// How often all that were open went out at once, because of a stop.
    pub emptied: u64,
}

impl Gone {
    const NOTHING: Gone = Gone { closed_to: i64::MIN, emptied: 0 };

    /// As a position of its step says it; an empty one is that of a first start.
    pub(super) fn read(position: &[u8]) -> Gone {
        let words = |at: usize| position.get(at..at + 8)?.try_into().ok();
        match (words(0), words(8)) {
            (Some(closed_to), Some(emptied)) => {
                Gone { closed_to: i64::from_le_bytes(closed_to), emptied: u64::from_le_bytes(emptied) }
            }
            _ => Gone::NOTHING,
        }
    }

    /// Whether what closes then has closed.
    #[inline]
    pub(super) fn has_closed(&self, closes: i64) -> bool {
        closes <= self.closed_to
    }

    pub(super) fn position(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.closed_to.to_le_bytes());
        bytes[8..].copy_from_slice(&self.emptied.to_le_bytes());
        bytes
    }
}

/// The windows that are open, by key.
#[derive(Clone)]
pub(super) struct Panes {
    pub spans: Spans,
    /// By the columns of `per` and the start of the window. The first aggregate counts its records.
    pub open: Keyed<Vec<Aggregate>>,
    pub gone: Gone,
    /// Records that wait in them.
    pub waiting: u64,
    /// The keys that close, one behind the other, and where each lies.
    keys: Vec<u8>,
    order: Vec<(i64, usize, usize)>,
}

impl Panes {
    pub(super) fn new(spans: Spans, keys_max: usize, fresh: Vec<Aggregate>) -> Panes {
        let open = Keyed::new(keys_max, fresh);
        Panes { spans, open, gone: Gone::NOTHING, waiting: 0, keys: Vec::new(), order: Vec::new() }
    }

    /// The start of the earliest window that can still be written at a watermark: it has not closed.
    pub(super) fn earliest(&self, watermark: i64) -> i64 {
        self.spans.start(watermark.saturating_sub(self.spans.allowed))
    }

    /// Closes what a watermark closes: `closed` gets key, start and end, and what the window holds; by start, those of
    /// one start by their key.
    pub(super) fn close(&mut self, watermark: i64, closed: impl FnMut((&[u8], i64, i64), &[Aggregate])) {
        // No window closes between two watermarks that have the same earliest one.
        let Gone { closed_to, .. } = self.gone;
        self.gone.closed_to = closed_to.max(watermark);
        let news = watermark == i64::MAX || self.earliest(watermark) != self.earliest(closed_to);
        if watermark > closed_to && news {
            self.take(watermark, closed);
        }
    }

    /// Lets all go out as they are; what comes of them later is another row.
    pub(super) fn empty(&mut self, closed: impl FnMut((&[u8], i64, i64), &[Aggregate])) {
        self.gone.emptied += u64::from(!self.open.is_empty());
        self.take(i64::MAX, closed);
    }

    /// Forgets what had gone out when the step was `at`: a state may be older than that.
    pub(super) fn catch_up(&mut self, at: Gone) {
        if at.emptied > self.gone.emptied {
            self.take(i64::MAX, |_, _| {});
            self.gone.emptied = at.emptied;
        }
        if at.closed_to > self.gone.closed_to {
            self.close(at.closed_to, |_, _| {});
        }
    }

    /// Takes out all that close up to a time.
    fn take(&mut self, until: i64, mut closed: impl FnMut((&[u8], i64, i64), &[Aggregate])) {
        self.keys.clear();
        self.order.clear();
        for (key, _) in self.open.iter() {
            let start = start_of(key);
            if self.spans.closes(start) <= until {
                self.order.push((start, self.keys.len(), self.keys.len() + key.len()));
                self.keys.extend_from_slice(key);
            }
        }
        let keys = &self.keys;
        let bytes = |&(_, from, to): &(i64, usize, usize)| &keys[from..to];
        self.order.sort_unstable_by(|a, b| (a.0, bytes(a)).cmp(&(b.0, bytes(b))));
        for at in &self.order {
            let key = bytes(at);
            let state = self.open.remove(key).expect("it was found there");
            self.waiting -= aggregate::records(state);
            closed((key, at.0, self.spans.end(at.0)), state);
        }
    }
}

/// The start of the window that a key ends with.
pub(super) fn start_of(key: &[u8]) -> i64 {
    key.last_chunk().map_or(i64::MIN, |bytes| i64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(size: u64, offset: u64, allowed: u64) -> Option<Spans> {
        let span = |ns| Span { ns };
        Spans::check(span(size), Some(span(offset)), Some(span(allowed)), &mut Vec::new())
    }

    #[test]
    fn a_time_lies_in_one_window_also_before_1970_and_at_the_ends_of_time() {
        let spans = spans(10, 23, 5).unwrap();
        for (time, start) in [(3, 3), (2, -7), (12, 3), (13, 13), (-7, -7), (-8, -17), (0, -7)] {
            assert_eq!(spans.start(time), start, "{time}");
        }
        assert_eq!(spans.closes(3), 18);
        for time in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            let start = spans.start(time);
            assert!(start <= time && spans.end(start) >= time, "{time} in {start}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        assert_eq!(spans(0, 0, 0), None);
        assert_eq!(spans(1 << 62, 0, 0), None);
    }

    #[test]
    fn windows_close_when_their_end_is_reached_and_not_a_moment_before() {
        let mut panes = Panes::new(spans(10, 0, 5).unwrap(), 9, vec![Aggregate::Count(0)]);
        let key = |name: u8, start: i64| [&[name, 1][..], &start.to_le_bytes()].concat();
        for (name, start) in [(2, 10), (1, 10), (1, -10), (1, 20)] {
            panes.open.touch(&key(name, start), |_, _| {});
        }
        let mut closed = |watermark| {
            let mut all = Vec::new();
            panes.close(watermark, |(key, start, end), _| all.push((key[0], start, end)));
            (all, panes.earliest(watermark))
        };
        assert_eq!(closed(4), (vec![], -10));
        assert_eq!(closed(5), (vec![(1, -10, 0)], 0));
        assert_eq!(closed(24), (vec![], 10));
        assert_eq!(closed(25), (vec![(1, 10, 20), (2, 10, 20)], 20));
        assert_eq!(closed(25).0, vec![]);
        assert_eq!(closed(i64::MAX).0, vec![(1, 20, 30)]);
    }

    #[test]
    fn what_has_gone_out_does_not_go_out_of_an_older_state() {
        let mut panes = Panes::new(spans(10, 0, 0).unwrap(), 9, vec![Aggregate::Count(0)]);
        let key = |start: i64| [&[1, 1][..], &start.to_le_bytes()].concat();
        [0, 10, 20].iter().for_each(|start| {
            panes.open.touch(&key(*start), |_, _| {})[0].take(None, 0);
            panes.waiting += 1;
        });
        let starts = |panes: &Panes| panes.open.iter().map(|(key, _)| start_of(key)).collect::<Vec<_>>();
        let old = panes.clone();
        panes.close(10, |_, _| {});
        let at = Gone::read(&panes.gone.position());
        assert_eq!((at, panes.waiting), (panes.gone, 2));
        let mut again = old.clone();
        again.catch_up(at);
        assert_eq!((starts(&again), again.waiting, again.gone.has_closed(10)), (vec![10, 20], 2, true));
        let mut out = 0;
        panes.empty(|_, _| out += 1);
        assert_eq!((out, panes.waiting, panes.gone), (2, 0, Gone { closed_to: 10, emptied: 1 }));
        let mut again = old;
        again.catch_up(panes.gone);
        assert_eq!((starts(&again), again.waiting, again.gone), (vec![], 0, panes.gone));
        assert_eq!(Gone::read(&[]), Gone::NOTHING);
    }
}
