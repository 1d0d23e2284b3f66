//! The windows of a key that are not full, one behind the other.
//!
//! Each of them holds all parts from one on, so what it holds is that of the next with some parts before it. To keep
//! all would take too much memory, and to merge all parts for each window too long: what is kept are some stops on the
//! way, as many as there are windows between two of them.

use super::{OfKey, Part};
use crate::preprocess::window::rows::State;

/// Memory for these, used again.
#[derive(Clone, Default)]
pub(super) struct Stops {
    /// What all parts hold from one on that a stop begins with.
    held: Vec<State>,
}

impl Stops {
    /// Tells the windows of a key as they are: start, end, and what each holds.
    pub(super) fn let_out(
        &mut self,
        of: &OfKey,
        bounds: (u64, u64),
        whole: &mut State,
        tell: &mut impl FnMut(i64, i64, &State),
    ) {
        let (first, open) = of.open(bounds);
        let starts = |n: u64| first + n * bounds.1;
        let from = |n: u64| of.parts.partition_point(|part| part.last < starts(n));
        let apart = open.isqrt().max(1);
        let stops = open.div_ceil(apart);
        self.held.resize_with(self.held.len().max(stops as usize), State::default);
        let mut behind = of.parts.len();
        for stop in (1..stops).rev() {
            let at = from(stop * apart);
            let (held, later) = self.held[stop as usize..].split_first_mut().expect("it has so many");
            let later = later.first().filter(|_| stop + 1 < stops);
            held.clone_from(put_together(&of.parts[at..behind], later, whole));
            behind = at;
        }
        for n in 0..open {
            let stop = n / apart + 1;
            let (behind, later) = match stop < stops {
                true => (from(stop * apart), Some(&self.held[stop as usize])),
                false => (of.parts.len(), None),
            };
            let state = put_together(&of.parts[from(n)..behind], later, whole);
            tell(starts(n) as i64, of.records as i64, state);
        }
    }
}

/// What some parts hold, and all that come behind them.
fn put_together<'a>(parts: &'a [Part], behind: Option<&'a State>, whole: &'a mut State) -> &'a State {
    let mut states = parts.iter().map(|part| &part.state).chain(behind);
    let (Some(first), second) = (states.next(), states.next()) else { return whole };
    let Some(second) = second else { return first };
    whole.clone_from(first);
    whole.merge(second);
    states.for_each(|state| whole.merge(state));
    whole
}
