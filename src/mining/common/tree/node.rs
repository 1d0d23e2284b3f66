//! The nodes of a tree: leaves, and branches with a way for every record.

use super::leaf::Leaf;
use super::observers::Observers;
use super::slots::Slots;
use super::split::{Candidate, Question};
use crate::mining::common::{BEYOND, Row};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Node {
    Leaf(Box<Leaf>),
    Branch(Box<Branch>),
    /// Nobody's place.
    Free,
}

/// A test, and a child for each of its outcomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Branch {
    /// The number of its feature: numeric ones first, then the nominal ones.
    pub(super) feature: u32,
    /// How many numeric features there are.
    pub(super) numeric: u32,
    pub(super) routes: Routes,
    pub(super) children: Vec<u32>,
    /// The classes when it was split.
    pub(super) counts: Vec<f64>,
    pub(super) depth: u32,
    /// What the split has gained: its merit times the weight that it was of.
    pub(super) gain: f64,
}

/// Which child a record goes to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Routes {
    /// The first, if the number is at most this one, else the second.
    AtMost(f64),
    /// The first, if it is this value, else the second.
    Is(u32),
    Which(Values),
}

/// A child for each value of a nominal feature.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Values {
    pub(super) slots: Slots,
    /// How many have gone to each child.
    taken: Vec<f64>,
    /// The child that most have gone to.
    heaviest: u32,
}

impl Values {
    /// Whether what was read is whole: so many children, each with its value.
    pub(super) fn is_sound(&self, children: usize) -> bool {
        self.slots.is_sound()
            && self.slots.len() == children
            && self.taken.len() == children
            && (self.heaviest as usize) < children
    }

    fn add(&mut self, code: u32, weight: f64) {
        let slot = self.slots.add(code);
        self.taken.push(0.0);
        self.count(slot, weight);
    }

    #[inline]
    fn count(&mut self, slot: usize, weight: f64) {
        self.taken[slot] += weight;
        if self.taken[slot] > self.taken[self.heaviest as usize] {
            self.heaviest = slot as u32;
        }
    }
}

impl Routes {
    /// The ways of a split that begins with these distributions.
    pub(super) fn of(observers: &Observers, chosen: &Candidate, children: &[Vec<f64>]) -> Routes {
        let nominal = chosen.observer.checked_sub(observers.numeric.len()).map(|at| &observers.nominal[at]);
        match (&chosen.question, nominal) {
            (Question::AtMost(cut), _) => Routes::AtMost(*cut),
            (Question::Is(code), _) => Routes::Is(*code),
            (Question::Which, nominal) => {
                let mut routes = Values::default();
                for (slot, counts) in children.iter().enumerate() {
                    let code = nominal.map_or(BEYOND, |nominal| nominal.slots.code(slot));
                    routes.add(code, counts.iter().sum());
                }
                Routes::Which(routes)
            }
        }
    }
}

impl Branch {
    #[inline]
    fn code(&self, row: Row<'_>) -> u32 {
        row.nominal[(self.feature - self.numeric) as usize]
    }

    /// The child that a record goes to.
    #[inline]
    pub(super) fn child(&self, row: Row<'_>) -> u32 {
        self.children[self.slot(row)]
    }

    /// Which of the children that is.
    #[inline]
    pub(super) fn slot(&self, row: Row<'_>) -> usize {
        match &self.routes {
            Routes::AtMost(cut) => usize::from(row.numeric[self.feature as usize] > *cut),
            Routes::Is(code) => usize::from(self.code(row) != *code),
            Routes::Which(values) => values.slots.get(self.code(row)).unwrap_or(values.heaviest as usize),
        }
    }

    /// As `child`, and counts the record; `None` when its value has no child.
    #[inline]
    pub(super) fn take(&mut self, row: Row<'_>) -> Option<u32> {
        let code = if let Routes::Which(_) = &self.routes { self.code(row) } else { 0 };
        let Routes::Which(values) = &mut self.routes else { return Some(self.child(row)) };
        let slot = values.slots.get(code)?;
        values.count(slot, 1.0);
        Some(self.children[slot])
    }

    /// Gives the value of a record this child; without one it goes where most have gone.
    pub(super) fn grow(&mut self, row: Row<'_>, leaf: Option<u32>) -> u32 {
        let code = self.code(row);
        let Routes::Which(values) = &mut self.routes else { return self.child(row) };
        match leaf {
            Some(leaf) => {
                values.add(code, 1.0);
                self.children.push(leaf);
                leaf
            }
            None => {
                let heaviest = values.heaviest as usize;
                values.count(heaviest, 1.0);
                self.children[heaviest]
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let routes = match &self.routes {
            Routes::Which(values) => values.taken.len() * 8 + values.slots.bytes(),
            _ => 0,
        };
        size_of::<Branch>() + self.children.len() * 4 + self.counts.len() * 8 + routes
    }
}

impl Node {
    pub(super) fn bytes(&self) -> usize {
        size_of::<Node>()
            + match self {
                Node::Leaf(leaf) => leaf.bytes(),
                Node::Branch(branch) => branch.bytes(),
                Node::Free => 0,
            }
    }

    pub(super) fn depth(&self) -> u32 {
        match self {
            Node::Leaf(leaf) => leaf.depth,
            Node::Branch(branch) => branch.depth,
            Node::Free => 0,
        }
    }
}
