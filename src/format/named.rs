//! Fields that a record has by name, in objects within objects: what the formats share whose records say their names.
//!
//! A record is walked through once, and what columns name is kept. Nothing is allocated once the memory is warm.

mod paths;

pub(super) use paths::Entry;

use super::field::{Field, Items, Record};
use crate::data::{Schema, Text};
use paths::Paths;

/// What columns name of the record that is walked through.
#[derive(Clone)]
pub(super) struct Named {
    paths: Paths,
    slots: Vec<Slot>,
    /// By entry: in which record it was met last.
    met: Vec<u64>,
    record: u64,
    texts: String,
    items: Text,
}

/// The value of one column.
#[derive(Clone, Copy)]
struct Slot {
    found: Found,
    /// By how many keys it was found.
    keys: usize,
}

/// What stands where a column's value does.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Nothing,
    Bool(bool),
    I64(i64),
    F64(f64),
    Huge(f64),
    Time(i64),
    /// Where it lies among the texts.
    Text(usize, usize),
    /// Which of the items are its.
    List(usize, usize),
    Other(&'static str),
}

impl Found {
    /// A whole number as a column takes it.
    #[inline]
    pub(super) fn whole(number: u64) -> Found {
        i64::try_from(number).map_or(Found::Huge(number as f64), Found::I64)
    }
}

const NOTHING: Slot = Slot { found: Found::Nothing, keys: usize::MAX };

impl Named {
    /// Of records that are told by these columns, but for `rest`, which no name leads to.
    pub(super) fn new(schema: &Schema, rest: Option<usize>) -> Named {
        let paths = Paths::new(schema.names().enumerate().filter(|(at, _)| Some(*at) != rest));
        let met = vec![0; paths.len()];
        let slots = vec![NOTHING; schema.len()];
        Named { paths, slots, met, record: 0, texts: String::new(), items: Text::default() }
    }

    /// A record begins.
    pub(super) fn begin(&mut self) {
        self.record += 1;
        self.slots.fill(NOTHING);
        self.texts.clear();
        self.items.clear();
    }

    /// What a key of an object leads to. `node`: the object, the record itself is 0; `next`: a guess which key it is.
    #[inline]
    pub(super) fn find(&self, node: usize, key: &str, next: &mut usize) -> Option<Entry> {
        self.paths.find(node, key, next)
    }

    /// A key stands in the record. `false` if it stands there twice.
    #[inline]
    pub(super) fn meet(&mut self, entry: Entry) -> bool {
        std::mem::replace(&mut self.met[entry.number], self.record) != self.record
    }

    /// A value of a column was found, by so many keys. If it is there more than once, the fewest keys count.
    #[inline]
    pub(super) fn set(&mut self, column: usize, keys: usize, found: Found) {
        if keys < self.slots[column].keys {
            self.slots[column] = Slot { found, keys };
        }
    }

    /// Keeps a text.
    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Found {
        let from = self.texts.len();
        self.texts.push_str(text);
        Found::Text(from, self.texts.len())
    }

    /// The items of all lists so far; one that is new begins behind the last.
    pub(super) fn items(&mut self) -> &mut Text {
        &mut self.items
    }
}

impl Record for Named {
    #[inline]
    fn field(&mut self, at: usize) -> Field<'_> {
        match self.slots[at].found {
            Found::Nothing => Field::Null,
            Found::Bool(is) => Field::Bool(is),
            Found::I64(number) => Field::I64(number),
            Found::F64(number) => Field::F64(number),
            Found::Huge(number) => Field::Huge(number),
            Found::Time(ns) => Field::Time(ns),
            Found::Text(from, to) => Field::Str(&self.texts[from..to]),
            Found::List(from, to) => Field::List(Items { texts: &self.items, from, to }),
            Found::Other(what) => Field::Other(what),
        }
    }
}
