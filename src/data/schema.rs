//! Names and types of the columns of an edge, known before anything starts.

use crate::units::describes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
    pub(crate) fn is_numeric(self) -> bool {
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

describes!(Type, "type", { "type": "string", "enum": Type::NAMES });

/// Whose local times a column tells: what a person means who writes a time without an offset beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Zone {
    #[default]
    Utc,
    /// By its IANA name.
    Of(String),
    /// Streams of several zones have come together.
    Several,
}

impl Zone {
    fn is_utc(&self) -> bool {
        *self == Zone::Utc
    }
}

/// One column's name and type, whose local times it tells, and whether it is the event time of the stream. Who hands a
/// column on clones its field and keeps the mark; who makes or rewrites one makes a new field, without it. It is
/// written as JSON: what is not said there could not be told in a format without names.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub of: Type,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    event_time: bool,
    #[serde(default, skip_serializing_if = "Zone::is_utc")]
    zone: Zone,
    /// No value of it was seen when its type was guessed: it may be of any.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    open: bool,
}

/// How a type was found says nothing of what a column is.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        let Field { name, of, event_time, zone, open: _ } = self;
        (name, of, event_time, zone) == (&other.name, &other.of, &other.event_time, &other.zone)
    }
}

impl Field {
    pub fn new(name: &str, of: Type) -> Field {
        Field { name: name.to_string(), of, event_time: false, zone: Zone::Utc, open: false }
    }

    /// The same column under another name.
    pub fn renamed(&self, name: &str) -> Field {
        Field { name: name.to_string(), ..self.clone() }
    }

    /// The same column, of which no value was seen when its type was guessed.
    pub(crate) fn open(self) -> Field {
        Field { open: true, ..self }
    }

    /// Whether another type would do as well: no value was seen when it was guessed.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub fn is_event_time(&self) -> bool {
        self.event_time
    }

    /// The same column of a zone's local times, if it is one of times.
    pub(crate) fn in_zone(self, zone: &Zone) -> Field {
        Field { zone: if self.of == Type::Time { zone.clone() } else { Zone::Utc }, ..self }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.event_time { " (event time)" } else { "" };
        write!(f, "{} {}{mark}", self.name, self.of)
    }
}

/// The columns of an edge, in order; names are unique, and one of type time may be the event time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Field>", try_from = "Vec<Field>")]
pub struct Schema {
    pub fields: Vec<Field>,
}

impl From<Schema> for Vec<Field> {
    fn from(schema: Schema) -> Vec<Field> {
        schema.fields
    }
}

impl TryFrom<Vec<Field>> for Schema {
    type Error = &'static str;

    fn try_from(fields: Vec<Field>) -> Result<Schema, &'static str> {
        let mut marked = fields.iter().filter(|field| field.event_time);
        match (marked.next(), marked.next()) {
            (_, Some(_)) => Err("two columns are marked as the event time"),
            (Some(Field { of, .. }), _) if *of != Type::Time => {
                Err("the event time is of another type than time")
            }
            _ => Ok(Schema { fields }),
        }
    }
}

impl Schema {
    /// `Schema::of(&[("x", Type::F64)])`.
    pub fn of(fields: &[(&str, Type)]) -> Schema {
        fields.iter().fold(Schema::default(), |schema, (name, of)| schema.with(name, *of))
    }

    /// This schema and one column more, at the end.
    pub fn with(mut self, name: &str, of: Type) -> Schema {
        self.fields.push(Field::new(name, of));
        self
    }

    /// This schema with a column as its event time, instead of the one it had.
    ///
    /// # Panics
    /// When the column is not of type time: `plan` sees to that.
    pub fn with_time(mut self, column: usize) -> Schema {
        assert_eq!(self.fields[column].of, Type::Time, "an event time is a time");
        for (at, field) in self.fields.iter_mut().enumerate() {
            field.event_time = at == column;
        }
        self
    }

    /// The same columns, of which none is the event time.
    pub(crate) fn untimed(mut self) -> Schema {
        self.fields.iter_mut().for_each(|field| field.event_time = false);
        self
    }

    /// Whose local times its columns tell, where they say it.
    pub(crate) fn zone(&self) -> Zone {
        let said = self.fields.iter().map(|field| &field.zone).filter(|zone| !zone.is_utc());
        let both = |a: &'_ Zone, b: &'_ Zone| if a == b { a.clone() } else { Zone::Several };
        said.fold(Zone::Utc, |zone, of| if zone.is_utc() { of.clone() } else { both(&zone, of) })
    }

    /// Whether another has the same columns, whatever their zones.
    pub(crate) fn has_columns_of(&self, other: &Schema) -> bool {
        let bare = |field: &Field| Field { zone: Zone::Utc, ..field.clone() };
        self.fields.iter().map(bare).eq(other.fields.iter().map(bare))
    }

    /// Rows of another come among these, with the same columns: of each the zone is that of both, or several.
    pub(crate) fn join_zones(&mut self, other: &Schema) {
        for (field, other) in self.fields.iter_mut().zip(&other.fields) {
            if field.zone != other.zone {
                field.zone = Zone::Several;
            }
        }
    }

    /// The column that is the event time.
    pub fn time(&self) -> Option<usize> {
        self.fields.iter().position(Field::is_event_time)
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

    /// A fingerprint that both ends of a link compare: xxh3-64 of names and types in order, and of the mark.
    pub fn hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for field in &self.fields {
            hasher.update(field.name.as_bytes());
            hasher.update(&[0]);
            hasher.update(field.of.name().as_bytes());
            hasher.update(&[0]);
            if field.event_time {
                // One part more than pairs: no schema without a mark has such bytes.
                hasher.update(b"event time\0");
            }
        }
        hasher.digest()
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, field) in self.fields.iter().enumerate() {
            write!(f, "{}{field}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
