//! The windows of one key, one after the other.

use super::{Pane, Slides};
use crate::preprocess::window::rows::State;

#[derive(Default)]
pub(super) struct Run<'a> {
    /// By the first window that they belong to.
    panes: &'a [Pane<'a>],
    /// So many have come, and the last window that one of these belongs to.
    come: usize,
    reach: i64,
    /// Those that may not be over, as of the last block that began.
    active: Vec<usize>,
    block: Option<i64>,
    /// Those that came before this block and end in it, the last to end first: what each holds and all before it.
    ending: Vec<(i64, Held)>,
    /// Those that come in this block and end in it.
    brief: Vec<usize>,
    /// Those that end in a later block: the first, how many they are, and what they hold together.
    coming: (usize, usize, State),
    /// Memory for what is held, and for those that come before this block, or end behind it, as it begins.
    spare: Vec<State>,
    early: Vec<usize>,
    later: Vec<usize>,
}

enum Held {
    /// What one pane holds.
    Pane(usize),
    Together(State),
}

impl<'a> Run<'a> {
    /// Begins with the panes of a key.
    pub(super) fn begin(&mut self, panes: &'a [Pane<'a>]) {
        (self.panes, self.come, self.reach, self.block) = (panes, 0, i64::MIN, None);
        self.active.clear();
    }

    pub(super) fn key(&self) -> &'a [u8] {
        self.panes[0].key
    }

    /// What the window holds that begins there; each comes behind the one before it, and `last` is the last of all.
    pub(super) fn at<'s>(
        &'s mut self,
        start: i64,
        (last, slides): (i64, Slides),
        whole: &'s mut State,
    ) -> &'s State {
        let before = self.come;
        while let Some(pane) = self.panes.get(self.come).filter(|pane| pane.from <= start) {
            self.reach = self.reach.max(pane.to);
            self.come += 1;
        }
        self.active.extend(before..self.come);
        let block = slides.block(start);
        if self.block != Some(block) {
            self.block = Some(block);
            self.begin_block((start, last), slides);
        } else {
            for at in before..self.come {
                match slides.block(self.panes[at].last()) > block {
                    true => self.comes(at),
                    false => self.brief.push(at),
                }
            }
        }
        let Run { panes, ending, brief, coming, spare, .. } = self;
        while let Some((_, held)) = ending.pop_if(|(last, _)| *last < start) {
            held.leave_to(spare);
        }
        brief.retain(|at| panes[*at].last() >= start);
        let ending = ending.last().map(|(_, held)| match held {
            Held::Pane(at) => panes[*at].state,
            Held::Together(state) => state,
        });
        let coming = match coming.1 {
            0 => None,
            1 => Some(panes[coming.0].state),
            _ => Some(&coming.2),
        };
        let mut parts = ending.into_iter().chain(brief.iter().map(|at| panes[*at].state)).chain(coming);
        let first = parts.next().expect("a window that goes out has a pane");
        let Some(second) = parts.next() else { return first };
        whole.clone_from(first);
        whole.merge(second);
        parts.for_each(|part| whole.merge(part));
        whole
    }

    /// A block begins with a window, or is gone on with.
    fn begin_block(&mut self, (start, last): (i64, i64), slides: Slides) {
        let Run { panes, active, ending, brief, spare, .. } = self;
        ending.drain(..).for_each(|(_, held)| held.leave_to(spare));
        brief.clear();
        self.coming.1 = 0;
        active.retain(|at| panes[*at].to >= start);
        let block = slides.block(start);
        let (mut early, mut later) = (std::mem::take(&mut self.early), std::mem::take(&mut self.later));
        early.clear();
        later.clear();
        for at in active.iter() {
            match (slides.block(panes[*at].last()), slides.block(panes[*at].first(slides))) {
                (end, _) if end > block => later.push(*at),
                (_, begin) if begin < block => early.push(*at),
                _ => brief.push(*at),
            }
        }
        let in_order = |at: &usize| (panes[*at].first(slides), panes[*at].place);
        brief.sort_unstable_by_key(in_order);
        later.sort_unstable_by_key(in_order);
        early.sort_unstable_by_key(|at| std::cmp::Reverse(panes[*at].place));
        self.merge_ending(&early, last);
        later.iter().for_each(|at| self.comes(*at));
        (self.early, self.later) = (early, later);
    }

    /// Merges those that end in this block from its end on, and keeps what windows up to `last` hold of them.
    fn merge_ending(&mut self, early: &[usize], last: i64) {
        let Run { panes, ending, spare, .. } = self;
        let Some((first, rest)) = early.split_first() else { return };
        let mut all = Held::Pane(*first);
        let mut ends = panes[*first].last();
        for at in rest {
            let next = panes[*at].last();
            if next < ends && next < last {
                ending.push((ends, all.copy(spare)));
            }
            all = all.with(panes, *at, spare);
            ends = next;
        }
        ending.push((ends, all));
    }

    /// One comes that ends in a later block.
    fn comes(&mut self, at: usize) {
        let Run { panes, coming: (first, n, state), .. } = self;
        match *n {
            0 => *first = at,
            1 => {
                state.clone_from(panes[*first].state);
                state.merge(panes[at].state);
            }
            _ => state.merge(panes[at].state),
        }
        *n += 1;
    }

    /// Where the window begins that comes behind one.
    pub(super) fn behind(&self, start: i64, next: impl FnOnce(i64) -> i64) -> Option<i64> {
        if self.reach > start { Some(next(start)) } else { Some(self.panes.get(self.come)?.from) }
    }
}

impl Held {
    fn leave_to(self, spare: &mut Vec<State>) {
        if let Held::Together(state) = self {
            spare.push(state);
        }
    }

    fn copy(&self, spare: &mut Vec<State>) -> Held {
        match self {
            Held::Pane(at) => Held::Pane(*at),
            Held::Together(state) => Held::Together(copy(state, spare)),
        }
    }

    fn with(self, panes: &[Pane<'_>], at: usize, spare: &mut Vec<State>) -> Held {
        let mut state = match self {
            Held::Pane(first) => copy(panes[first].state, spare),
            Held::Together(state) => state,
        };
        state.merge(panes[at].state);
        Held::Together(state)
    }
}

fn copy(state: &State, spare: &mut Vec<State>) -> State {
    let mut copy = spare.pop().unwrap_or_default();
    copy.clone_from(state);
    copy
}
