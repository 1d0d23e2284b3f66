//! The categories of a column: those that were named, or the first that come.

use crate::data::key::hash;
use crate::operator::Index;
use crate::params::JsonSchema;
use serde::Deserialize;

/// What a topology says of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Asked {
    /// The first so many that come.
    First(#[schemars(range(min = 1, max = 1000))] u64),
    /// These.
    These(Vec<String>),
}

/// A longer text is none of the first that come.
const TEXT_MAX: usize = 1000;

/// Categories by their place.
#[derive(Clone)]
pub(super) struct Categories {
    all: Vec<String>,
    index: Index,
    /// How many there may be; those that were named are all.
    room: usize,
    learns: bool,
}

impl Categories {
    /// The categories that are asked for, or why they can't be.
    pub(super) fn new(asked: &Asked) -> Result<Categories, String> {
        let (named, room) = match asked {
            Asked::First(0) => return Err("at least one category is needed".to_string()),
            Asked::First(n) => (&[][..], *n as usize),
            Asked::These(named) if named.is_empty() => return Err("name at least one category".to_string()),
            Asked::These(named) => (named.as_slice(), named.len()),
        };
        let learns = matches!(asked, Asked::First(_));
        let mut categories = Categories { all: Vec::new(), index: Index::default(), room, learns };
        for name in named {
            if categories.find(name).is_some() {
                return Err(format!("the category \"{name}\" is named twice"));
            }
            categories.add(name.clone());
        }
        Ok(categories)
    }

    pub(super) fn learns(&self) -> bool {
        self.learns
    }

    pub(super) fn all(&self) -> &[String] {
        &self.all
    }

    /// The place of a category; one that is new gets one while there is room.
    #[inline]
    pub(super) fn place(&mut self, category: &str) -> Option<usize> {
        let found = self.find(category);
        if found.is_some() || self.all.len() == self.room || category.len() > TEXT_MAX {
            return found;
        }
        self.add(category.to_string());
        Some(self.all.len() - 1)
    }

    #[inline]
    fn find(&self, category: &str) -> Option<usize> {
        let found = self.index.find(hash(category.as_bytes()), |at| self.all[at as usize] == category);
        found.map(|at| at as usize)
    }

    fn add(&mut self, category: String) {
        self.index.insert(hash(category.as_bytes()), self.all.len() as u32);
        self.all.push(category);
    }

    /// Takes what was saved; false when it can't be of these.
    pub(super) fn load(&mut self, all: Vec<String>) -> bool {
        if !self.learns {
            return all == self.all;
        }
        let mut loaded = Categories { all: Vec::new(), index: Index::default(), ..*self };
        let fits = all.len() <= self.room
            && all.into_iter().all(|category| {
                let fits = category.len() <= TEXT_MAX && loaded.find(&category).is_none();
                loaded.add(category);
                fits
            });
        if fits {
            *self = loaded;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_come_have_a_place_and_no_more() {
        let mut first = Categories::new(&Asked::First(2)).unwrap();
        let long = "x".repeat(TEXT_MAX + 1);
        let places = ["a", &long, "b", "c", "a", "b"].map(|category| first.place(category));
        assert_eq!(places, [Some(0), None, Some(1), None, Some(0), Some(1)]);
        let mut fresh = Categories::new(&Asked::First(2)).unwrap();
        assert!(
            fresh.load(first.all().to_vec()) && fresh.place("b") == Some(1) && fresh.place("c").is_none()
        );
        for wrong in [vec!["a", "a"], vec!["a", "b", "c"], vec![long.as_str()]] {
            assert!(!fresh.load(wrong.into_iter().map(str::to_string).collect()));
        }
        assert_eq!(fresh.all(), ["a", "b"], "what does not fit changes nothing");
        assert!(Categories::new(&Asked::These(vec!["a".to_string(), "a".to_string()])).is_err());
    }
}
