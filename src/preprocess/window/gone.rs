//! How far windows have gone out.

use super::super::common::Ends;
use crate::data::state::{Entries, append};
use serde::{Deserialize, Serialize};

/// A place whose key is longer than this is none to stop at: a position has its bounds.
const KEY_MAX: usize = 700;

/// What closes up to a time has gone, and some of what closes behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Reach {
    pub to: i64,
    /// Of the windows behind that, those up to this place have gone: a start and a key, in the order of both.
    /// Empty: none has.
    pub within: Vec<u8>,
    /// Of sessions: none that was open then began before this, so an older one has gone out. That of an older state
    /// which begins later may have gone on since.
    pub through: i64,
}

/// What has gone out does not go out again, so this is kept where a crash finds it in step with the rows: in the
/// position of the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gone {
    /// As time came on.
    pub closed: Reach,
    /// As stops let all go that were open, as they were. What comes after one belongs to its windows once more, so time
    /// is not moved by it.
    pub ends: Ends<Reach>,
}

impl Reach {
    pub(super) const NOTHING: Reach = Reach { to: i64::MIN, within: Vec::new(), through: i64::MIN };

    /// All up to a time; `closes` says when a window does that begins at a time.
    pub(super) fn goes_to(&mut self, to: i64, closes: impl FnOnce(i64) -> i64) {
        self.to = to;
        if let Some((start, _)) = self.within.split_first_chunk()
            && closes(i64::from_be_bytes(*start) ^ i64::MIN) <= to
        {
            self.within.clear();
        }
    }

    /// Those of a start up to a key too; false: that is no place to stop at.
    pub(super) fn goes_within(&mut self, start: i64, key: &[u8]) -> bool {
        let fits = key.len() <= KEY_MAX;
        if fits {
            self.within.clear();
            self.within.extend_from_slice(&in_order(start));
            self.within.extend_from_slice(key);
        }
        fits
    }

    /// Whether a window behind its time has gone.
    pub(super) fn has(&self, start: i64, key: &[u8]) -> bool {
        let Some((until, last)) = self.within.split_first_chunk() else { return false };
        (in_order(start), key) <= (*until, last)
    }
}

impl Gone {
    pub(super) const NOTHING: Gone = Gone { closed: Reach::NOTHING, ends: Ends::NOTHING };

    /// As a position of its step says it; an empty one is that of a first start.
    pub(super) fn read(position: &[u8]) -> Gone {
        Entries::of(position).next().ok().flatten().unwrap_or(Gone::NOTHING)
    }

    pub(super) fn write(&self, position: &mut Vec<u8>) {
        position.clear();
        append(self, position);
    }
}

/// Bytes in the order of times.
fn in_order(time: i64) -> [u8; 8] {
    (time ^ i64::MIN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_the_order_of_starts_and_keys() {
        let mut reach = Reach::NOTHING;
        assert!(!reach.has(i64::MIN, b""));
        assert!(reach.goes_within(-5, b"k") && reach.goes_within(3, b"kk"));
        let has = [(-9, "z"), (3, "k"), (3, "kk"), (3, "kka"), (4, "")];
        assert_eq!(
            has.map(|(start, key)| reach.has(start, key.as_bytes())),
            [true, true, true, false, false]
        );
        assert!(!reach.goes_within(9, &[0; KEY_MAX + 1]) && !reach.has(4, b""), "it is where it was");
    }

    #[test]
    fn a_place_is_left_when_time_has_passed_it() {
        let mut reach = Reach::NOTHING;
        assert!(reach.goes_within(-5, b"k"));
        reach.goes_to(3, |start| start + 10);
        assert!(reach.has(-5, b"k"), "time has not come so far");
        reach.goes_to(5, |start| start + 10);
        assert!(reach.within.is_empty());
    }

    #[test]
    fn a_position_is_read_back_and_has_its_bound() {
        let mut gone = Gone::NOTHING;
        assert!(gone.closed.goes_within(i64::MAX, &[7; KEY_MAX]));
        assert!(gone.ends.let_go(Reach::NOTHING, |to| to.goes_within(i64::MIN, &[9; KEY_MAX])));
        let mut position = vec![1];
        gone.write(&mut position);
        assert!(position.len() <= crate::operator::POSITION_BYTES_MAX, "{} bytes", position.len());
        let read = Gone::read(&position);
        assert_eq!((read.closed, Gone::read(&[])), (gone.closed, Gone::NOTHING));
        assert!(Ends::NOTHING.since(&read.ends).is_some_and(|(_, to)| to.has(i64::MIN, &[9; KEY_MAX])));
    }
}
