//! Names and types of the columns of an edge, known before anything starts.

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// The type of a column. Every type also has NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Bool,
    I64,
    F64,
    Str,
    /// Nanoseconds since 1970-01-01 UTC, as i64.
    Time,
    /// A list of strings.
    List,
}

impl Type {
    pub const ALL: [Type; 6] = [Type::Bool, Type::I64, Type::F64, Type::Str, Type::Time, Type::List];

    /// The words for them in a topology, and everywhere else; in the order of `ALL`.
    const NAMES: [&'static str; 6] = ["bool", "i64", "f64", "str", "time", "list<str>"];

    pub fn name(self) -> &'static str {
        Type::NAMES[self as usize]
    }

    pub fn parse(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Whether arithmetic and distances make sense on it.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::I64 | Type::F64)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Type, D::Error> {
        let name = String::deserialize(from)?;
        Type::parse(&name).ok_or_else(|| serde::de::Error::unknown_variant(&name, &Type::NAMES))
    }
}

impl JsonSchema for Type {
    fn schema_name() -> Cow<'static, str> {
        "type".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({ "type": "string", "enum": Type::NAMES })
    }
}

/// One column's name and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub of: Type,
}

/// The columns of an edge, in order; names are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    pub fields: Vec<Field>,
}

impl Schema {
    /// `Schema::of(&[("x", Type::F64)])`.
    pub fn of(fields: &[(&str, Type)]) -> Schema {
        fields.iter().fold(Schema::default(), |schema, (name, of)| schema.with(name, *of))
    }

    /// This schema and one column more, at the end.
    pub fn with(mut self, name: &str, of: Type) -> Schema {
        self.fields.push(Field { name: name.to_string(), of });
        self
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The index of a column by its exact name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// A fingerprint that both ends of a link compare: xxh3-64 of names and types in order.
    pub fn hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for field in &self.fields {
            hasher.update(field.name.as_bytes());
            hasher.update(&[0]);
            hasher.update(field.of.name().as_bytes());
            hasher.update(&[0]);
        }
        hasher.digest()
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, field) in self.fields.iter().enumerate() {
            write!(f, "{}{} {}", if i > 0 { ", " } else { "" }, field.name, field.of)?;
        }
        Ok(())
    }
}
