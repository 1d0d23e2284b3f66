//! The first value, or the last, by the time of its record and then by the record's id, whatever the order of arrival.

use super::Place;
use serde::{Deserialize, Serialize};

/// A value of fixed size, as its bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct Pick {
    place: Place,
    bits: u64,
}

/// No record has such an id.
const NOBODY: u64 = u64::MAX;

impl Default for Pick {
    fn default() -> Pick {
        Pick { place: (0, NOBODY), bits: 0 }
    }
}

impl Pick {
    #[inline]
    pub(super) fn take(&mut self, bits: u64, place: Place, first: bool) {
        if self.place.1 == NOBODY || (if first { place < self.place } else { place > self.place }) {
            *self = Pick { place, bits };
        }
    }

    pub(super) fn merge(&mut self, other: &Pick, first: bool) {
        if other.place.1 != NOBODY {
            self.take(other.bits, other.place, first);
        }
    }

    pub(super) fn bits(&self) -> Option<u64> {
        (self.place.1 != NOBODY).then_some(self.bits)
    }
}

/// A text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct PickText {
    pub place: Place,
    pub text: String,
}

impl PickText {
    pub(super) fn take(pick: &mut Option<Box<PickText>>, text: &str, place: Place, first: bool) {
        match pick {
            None => *pick = Some(Box::new(PickText { place, text: text.to_string() })),
            Some(pick) if (if first { place < pick.place } else { place > pick.place }) => {
                pick.place = place;
                pick.text.clear();
                pick.text.push_str(text);
            }
            Some(_) => {}
        }
    }

    pub(super) fn held(&self) -> usize {
        size_of::<PickText>() + self.text.capacity()
    }
}
