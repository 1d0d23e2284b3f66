//! The different texts of a window, in the order of the records that had them first; at most so many.

use super::Place;
use crate::numeric::beginning;
use crate::preprocess::common::Things;
use serde::{Deserialize, Serialize};

/// Texts, each with the place of its first record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct Listed {
    things: Things,
    places: Vec<Place>,
}

impl Listed {
    /// Takes a text. When there are `most`, the one whose first record is the last goes for an earlier one, so that
    /// what is there is the same whatever the order of arrival.
    pub(super) fn take(&mut self, text: &str, place: Place, most: usize) {
        let text = beginning(text);
        match self.things.find(text) {
            Some(at) => self.places[at] = self.places[at].min(place),
            None if self.things.len() < most => self.put(text, place),
            None => {
                let last = self.places.iter().enumerate().max_by_key(|(_, place)| **place);
                if let Some((at, _)) = last.filter(|(_, last)| place < **last) {
                    self.things.remove(at);
                    self.places.remove(at);
                    self.put(text, place);
                }
            }
        }
    }

    fn put(&mut self, text: &str, place: Place) {
        self.things.push(text);
        self.places.push(place);
    }

    pub(super) fn merge(&mut self, other: &Listed, most: usize) {
        other.things.iter().zip(&other.places).for_each(|(text, place)| self.take(text, *place, most));
    }

    pub(super) fn in_order(&self) -> Vec<&str> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_unstable_by_key(|at| self.places[*at]);
        order.iter().map(|at| self.things.get(*at)).collect()
    }

    pub(super) fn held(&self) -> usize {
        2 * (self.things.bytes() + size_of::<Place>() * self.places.len())
    }

    pub(super) fn is_sound(&self) -> bool {
        self.things.is_sound() && self.things.len() == self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_full_keeps_those_that_came_first() {
        let mut listed = Listed::default();
        for (text, time) in [("d", 4), ("c", 3), ("b", 2), ("a", 1), ("d", 9), ("c", 0)] {
            listed.take(text, (time, 0), 2);
        }
        assert_eq!(listed.in_order(), ["c", "a"]);
        assert!(listed.is_sound());
    }
}
