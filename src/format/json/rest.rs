//! What no column names of an object, as the text of an object of its own: values as they stood.

use super::walk::Key;
use crate::format::named::{Entry, Named};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Error;
use serde_json::value::RawValue;
use std::fmt;

/// Appends it. The text is known to be an object.
pub(super) fn of(text: &str, named: &Named, out: &mut String) -> Result<(), Error> {
    object(text, named, 0, out)
}

/// The same of the object that `node` stands for.
fn object(text: &str, named: &Named, node: usize, out: &mut String) -> Result<(), Error> {
    out.push('{');
    Left { named, node, out }.deserialize(&mut serde_json::Deserializer::from_str(text))?;
    out.push('}');
    Ok(())
}

struct Left<'a> {
    named: &'a Named,
    node: usize,
    out: &'a mut String,
}

impl<'de> DeserializeSeed<'de> for Left<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Left<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Left { named, node, out } = self;
        loop {
            let before = out.len();
            let Some(entry) = map.next_key_seed(Key(|text: &str| key(text, named, node, out)))? else {
                return Ok(());
            };
            let Some(Entry { column, child, .. }) = entry else {
                out.push_str(map.next_value::<&RawValue>()?.get());
                continue;
            };
            let Some(child) = child else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let text = map.next_value::<&RawValue>()?.get();
            let begin = out.len();
            if text.starts_with('{') {
                object(text, named, child, out).map_err(serde::de::Error::custom)?;
            } else if column.is_none() {
                out.push_str(text);
                continue;
            }
            if out.len() <= begin + "{}".len() {
                out.truncate(before);
            }
        }
    }
}

/// What a key leads to. It is written where something under it may be left.
fn key(key: &str, named: &Named, node: usize, out: &mut String) -> Result<Option<Entry>, Error> {
    let entry = named.find(node, key, &mut 0);
    if entry.is_none_or(|entry| entry.child.is_some()) {
        if !out.ends_with('{') {
            out.push(',');
        }
        out.push_str(&serde_json::to_string(key)?);
        out.push(':');
    }
    Ok(entry)
}
