//! The walk through one object. What no column names is passed over, and must be JSON all the same.

use crate::data::Text;
use crate::format::named::{Entry, Found, Named};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// An object whose keys matter: the record itself, or one in it.
pub(super) struct Object<'a> {
    pub named: &'a mut Named,
    /// Set where a key stands twice.
    pub twice: &'a mut bool,
    pub node: usize,
    /// How many keys lead to what stands in it.
    pub keys: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { named, twice, node, keys } = self;
        let mut next = 0;
        while let Some(found) = map.next_key_seed(Key(|key: &str| Ok(named.find(node, key, &mut next))))? {
            let Some(entry) = found else {
                map.next_value_seed(Skip)?;
                continue;
            };
            if !named.meet(entry) {
                *twice = true;
                return Err(A::Error::custom("a key stands twice"));
            }
            map.next_value_seed(Value { named, twice, entry, keys })?;
        }
        Ok(())
    }
}

/// A key of an object, and what it leads to, as the function says.
pub(super) struct Key<F>(pub F);

impl<'de, F: FnOnce(&str) -> Result<Option<Entry>, serde_json::Error>> DeserializeSeed<'de> for Key<F> {
    type Value = Option<Entry>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<Entry>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<F: FnOnce(&str) -> Result<Option<Entry>, serde_json::Error>> Visitor<'_> for Key<F> {
    type Value = Option<Entry>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<Option<Entry>, E> {
        (self.0)(key).map_err(E::custom)
    }
}

/// A value that a column names, or in which one names something.
struct Value<'a> {
    named: &'a mut Named,
    twice: &'a mut bool,
    entry: Entry,
    keys: usize,
}

impl Value<'_> {
    #[inline]
    fn set<E>(self, found: Found) -> Result<(), E> {
        if let Some(column) = self.entry.column {
            self.named.set(column, self.keys, found);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, is: bool) -> Result<(), E> {
        self.set(Found::Bool(is))
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.set(Found::I64(number))
    }
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.set(Found::whole(number))
    }
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.set(Found::F64(number))
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.entry.column.is_none() {
            return Ok(());
        }
        let text = self.named.text(text);
        self.set(text)
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.set(Found::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (from, mut texts) = (self.named.items().len(), true);
        while let Some(text) = seq.next_element_seed(Item(self.named.items()))? {
            texts &= text;
        }
        let to = self.named.items().len();
        self.set(if texts {
            Found::List(from, to)
        } else {
            Found::Other("a list of other things than texts")
        })
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Value { named, twice, entry: Entry { column, child, .. }, keys } = self;
        match (child, column) {
            (Some(node), _) => Object { named, twice, node, keys: keys + 1 }.visit_map(map),
            (None, Some(column)) => {
                named.set(column, keys, Found::Other("an object"));
                Skip.visit_map(map)
            }
            (None, None) => Skip.visit_map(map),
        }
    }
}

/// One item of a list: whether it is a text, which is kept.
struct Item<'a>(&'a mut Text);

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        self.0.push(text);
        Ok(true)
    }
    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<bool, A::Error> {
        Skip.visit_seq(seq).map(|()| false)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        Skip.visit_map(map).map(|()| false)
    }
}

/// Any value, which is of no interest. Not serde's `IgnoredAny`: that takes what is no JSON, at any depth.
pub(super) struct Skip;

impl<'de> DeserializeSeed<'de> for Skip {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Skip)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Skip)?.is_some() {
            map.next_value_seed(Skip)?;
        }
        Ok(())
    }
}
