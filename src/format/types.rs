//! Types of columns by name, in the order in which they are written.

use crate::data::Type;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A table of a topology that says types: of a format whose columns are those it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(pub Vec<(String, Type)>);

impl Serialize for Types {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, of)| (name, of)))
    }
}

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Types, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Types;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of types")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Types, A::Error> {
                let mut types = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    types.push(entry);
                }
                Ok(Types(types))
            }
        }
        from.deserialize_map(Table)
    }
}
