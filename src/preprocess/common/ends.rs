//! How far stops have let go what waited in a step, as it was. One that was cut short is followed by another.

use serde::{Deserialize, Serialize};

/// So many are known at most: of more, those between the first and the last are forgotten.
const MOST: usize = 3;

/// What a later stop lets go may lie before what an earlier one did, since rows came between. So how far the earlier
/// one came is known too, until the later has come as far: a state may be older than both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::preprocess) struct Ends<R> {
    begun: u64,
    /// Which of those begun, and how far: each less far than the one before it.
    reached: Vec<(u64, R)>,
    /// The last of them is under way in this process.
    #[serde(skip)]
    going: bool,
}

impl<R> Ends<R> {
    pub(in crate::preprocess) const NOTHING: Ends<R> = Ends { begun: 0, reached: Vec::new(), going: false };
}

impl<R: Ord + Clone> Ends<R> {
    /// Lets the next piece go: `piece` moves how far the stop has come, which begins with `nothing`.
    pub(in crate::preprocess) fn let_go<T>(&mut self, nothing: R, piece: impl FnOnce(&mut R) -> T) -> T {
        if !std::mem::replace(&mut self.going, true) {
            self.begun += 1;
            self.reached.push((self.begun, nothing));
            if self.reached.len() > MOST {
                self.reached.remove(1);
            }
        }
        let (_, now) = self.reached.last_mut().expect("one is under way");
        let done = piece(now);
        if let Some((number, now)) = self.reached.pop() {
            self.reached.retain(|(_, before)| *before > now);
            self.reached.push((number, now));
        }
        done
    }

    /// What has gone since a state was saved that knows of these, where `at` is how far the step has come: from where,
    /// if not from the beginning, and how far.
    pub(in crate::preprocess) fn since(&self, at: &Ends<R>) -> Option<(Option<R>, R)> {
        let later = at.reached.iter().find(|(number, _)| *number > self.begun).map(|(_, to)| (None, to));
        let here = self.reached.last().filter(|(number, _)| *number == self.begun).map(|(_, here)| here);
        let same = at.reached.iter().find(|(number, _)| *number == self.begun).map(|(_, to)| (here, to));
        let further = same.filter(|(here, to)| here.is_none_or(|here| to > &here));
        let furthest = later.into_iter().chain(further).max_by_key(|(_, to)| *to);
        furthest.map(|(from, to)| (from.cloned(), to.clone()))
    }

    /// From here on these are known.
    pub(in crate::preprocess) fn catch_up(&mut self, at: &Ends<R>) {
        if at.begun >= self.begun {
            (self.begun, self.reached) = (at.begun, at.reached.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process goes on from a state, less what has gone.
    fn resumed(state: &Ends<i32>, at: &Ends<i32>) -> Ends<i32> {
        let mut ends = state.clone();
        ends.catch_up(at);
        ends.going = false;
        ends
    }

    #[test]
    fn a_state_forgets_what_went_with_any_stop_behind_it() {
        let old = Ends::NOTHING;
        let mut first = old.clone();
        assert_eq!(old.since(&first), None);
        first.let_go(0, |to| *to = 10);
        first.let_go(0, |to| *to = 20);
        assert_eq!(old.since(&first), Some((None, 20)));
        let new = resumed(&old, &first);
        assert_eq!(new.since(&first), None, "what it has came behind the first");
        let mut second = new.clone();
        second.let_go(0, |to| *to = 7);
        assert_eq!((old.since(&second), new.since(&second)), (Some((None, 20)), Some((None, 7))));
        let mut third = resumed(&old, &second);
        third.let_go(0, |to| *to = 30);
        assert_eq!((old.since(&third), new.since(&third)), (Some((None, 30)), Some((None, 30))));
        assert_eq!(third.reached, [(3, 30)]);
        assert_eq!(third.since(&first), None, "no state is ahead of its position");
    }

    #[test]
    fn of_many_stops_the_furthest_is_known() {
        let mut ends = Ends::NOTHING;
        for to in (1..9).rev() {
            ends = resumed(&ends.clone(), &ends);
            ends.let_go(0, |at| *at = to);
        }
        assert_eq!((ends.reached.len(), Ends::NOTHING.since(&ends)), (MOST, Some((None, 8))));
    }

    #[test]
    fn a_state_of_the_midst_of_a_stop_forgets_the_rest() {
        let mut ends = Ends::NOTHING;
        ends.let_go(0, |to| *to = 5);
        let state = ends.clone();
        ends.let_go(0, |to| *to = 9);
        assert_eq!(state.since(&ends), Some((Some(5), 9)));
    }
}
