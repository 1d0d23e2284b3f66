//! What no column names of an object, as the text of an object of its own: values as they stood.

use super::walk::Key;
use crate::format::named::{Entry, Named};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Error;
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// Of one object after another.
#[derive(Clone, Default)]
pub(super) struct Left {
    text: String,
    /// Where the keys that no column names stand in it, of the objects that are not at their end.
    keys: Vec<Range<usize>>,
    twice: bool,
}

impl Left {
    /// Reads a text that is known to be an object.
    ///
    /// # Errors
    /// When a key stands twice, which `has_twice` says then, or a value can't be kept.
    pub(super) fn read(&mut self, text: &str, named: &Named) -> Result<(), Error> {
        self.text.clear();
        self.keys.clear();
        self.twice = false;
        self.object(text, named, 0)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn has_twice(&self) -> bool {
        self.twice
    }

    /// Appends what is left of the object that `node` stands for.
    fn object(&mut self, text: &str, named: &Named, node: usize) -> Result<(), Error> {
        let first = self.keys.len();
        self.text.push('{');
        Walk { named, node, left: self }.deserialize(&mut serde_json::Deserializer::from_str(text))?;
        self.text.push('}');
        let Left { text, keys, twice } = self;
        let of = |key: &Range<usize>| &text[key.clone()];
        keys[first..].sort_unstable_by(|one, other| of(one).cmp(of(other)));
        *twice = keys[first..].windows(2).any(|pair| of(&pair[0]) == of(&pair[1]));
        keys.truncate(first);
        if *twice { Err(Error::custom("a key stands twice")) } else { Ok(()) }
    }

    /// What a key leads to. It is written where something under it may be left.
    fn key(&mut self, key: &str, named: &Named, node: usize) -> Result<Option<Entry>, Error> {
        let entry = named.find(node, key, &mut 0);
        if entry.is_none_or(|entry| entry.child.is_some()) {
            let Left { text, keys, .. } = self;
            if !text.ends_with('{') {
                text.push(',');
            }
            let from = text.len();
            text.push_str(&serde_json::to_string(key)?);
            // One that leads to a column is known to stand there once.
            if entry.is_none() {
                keys.push(from..text.len());
            }
            text.push(':');
        }
        Ok(entry)
    }
}

struct Walk<'a> {
    named: &'a Named,
    node: usize,
    left: &'a mut Left,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Walk { named, node, left } = self;
        loop {
            let before = left.text.len();
            let Some(entry) = map.next_key_seed(Key(|text: &str| left.key(text, named, node)))? else {
                return Ok(());
            };
            let Some(Entry { column, child, .. }) = entry else {
                left.text.push_str(map.next_value::<&RawValue>()?.get());
                continue;
            };
            let Some(child) = child else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let text = map.next_value::<&RawValue>()?.get();
            let begin = left.text.len();
            if text.starts_with('{') {
                left.object(text, named, child).map_err(A::Error::custom)?;
            } else if column.is_none() {
                left.text.push_str(text);
                continue;
            }
            if left.text.len() <= begin + "{}".len() {
                left.text.truncate(before);
            }
        }
    }
}
