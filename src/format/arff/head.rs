//! The head of a file: its attributes, line by line, up to `@data`.

use super::words::{is_over, word};
use crate::data::{Field, Schema, Type};

/// What stands above the records.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Relation {
    pub(super) attributes: Vec<Attribute>,
    /// `@data` was read: records follow.
    whole: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attribute {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Real,
    Integer,
    Text,
    /// With a pattern of its own, if it has one.
    Date(Option<String>),
    /// One of these, of which `first` stands first in the head.
    Nominal {
        first: String,
        sorted: Vec<String>,
    },
}

/// So many attributes are read, as many columns as anybody works with.
const ATTRIBUTES_MAX: usize = 100_000;
/// Patterns of dates that are times as we read them.
const PATTERNS: [&str; 4] =
    ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd", "yyyy-MM-dd HH:mm"];

impl Kind {
    fn of(&self) -> Type {
        match self {
            Kind::Real => Type::F64,
            Kind::Integer => Type::I64,
            Kind::Date(None) => Type::Time,
            Kind::Date(Some(pattern)) if PATTERNS.contains(&pattern.as_str()) => Type::Time,
            Kind::Text | Kind::Nominal { .. } | Kind::Date(_) => Type::Str,
        }
    }
}

impl Relation {
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The columns.
    pub(crate) fn schema(&self) -> Schema {
        let field = |attribute: &Attribute| Field::new(&attribute.name, attribute.kind.of());
        Schema { fields: self.attributes.iter().map(field).collect() }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.attributes.iter().map(|attribute| attribute.name.clone()).collect()
    }

    /// Takes a line of the head in.
    ///
    /// # Errors
    /// Why it is none, as a clause.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<(), String> {
        let line =
            str::from_utf8(line).map_err(|_| "is not in UTF-8 (say what it is in encoding)".to_string())?;
        let line = line.trim();
        if is_over(line) {
            return Ok(());
        }
        let end = line.find(|c: char| c.is_whitespace()).unwrap_or(line.len());
        let (key, rest) = line.split_at(end);
        match key.to_ascii_lowercase().as_str() {
            "@relation" => Ok(()),
            "@attribute" => self.attribute(rest).map_err(|why| format!("{why} in the line {line:?}")),
            "@data" if self.attributes.is_empty() => Err("has no @attribute before @data".to_string()),
            "@data" => {
                self.whole = true;
                Ok(())
            }
            _ => {
                let shown: String = line.chars().take(40).collect();
                Err(format!("has a line that is no @relation, @attribute or @data: {shown:?}"))
            }
        }
    }

    fn attribute(&mut self, text: &str) -> Result<(), String> {
        let mut name = String::new();
        let unclosed = || "has a quote that is never closed".to_string();
        let (_, rest) = word(text, |c| c.is_whitespace() || c == '{', &mut name).ok_or_else(unclosed)?;
        if name.is_empty() {
            return Err("has an attribute without a name".to_string());
        }
        if self.attributes.iter().any(|other| other.name == name) {
            return Err(format!("names \"{name}\" twice"));
        }
        if self.attributes.len() == ATTRIBUTES_MAX {
            return Err(format!("has more than {ATTRIBUTES_MAX} attributes"));
        }
        let kind = kind(rest.trim())?;
        self.attributes.push(Attribute { name, kind });
        Ok(())
    }
}

/// The type of an attribute.
fn kind(text: &str) -> Result<Kind, String> {
    if let Some(values) = text.strip_prefix('{') {
        return nominal(values);
    }
    let mut word_of = String::new();
    let unclosed = || "has a quote that is never closed".to_string();
    let (_, rest) = word(text, char::is_whitespace, &mut word_of).ok_or_else(unclosed)?;
    match word_of.to_ascii_lowercase().as_str() {
        "numeric" | "real" => Ok(Kind::Real),
        "integer" => Ok(Kind::Integer),
        "string" => Ok(Kind::Text),
        "date" if is_over(rest) => Ok(Kind::Date(None)),
        "date" => {
            let mut pattern = String::new();
            word(rest, |_| false, &mut pattern).ok_or_else(unclosed)?;
            Ok(Kind::Date(Some(pattern)))
        }
        "relational" => Err("has an attribute that is a relation, which is no column".to_string()),
        other => Err(format!(
            "has the type {other:?}, which is none (numeric, real, integer, string, date and {{a, b}} are)"
        )),
    }
}

fn nominal(mut text: &str) -> Result<Kind, String> {
    let mut values = Vec::new();
    loop {
        let mut value = String::new();
        let ends = |c| matches!(c, ',' | '}');
        let unclosed = || "has a quote that is never closed".to_string();
        let (of, rest) = word(text, ends, &mut value).ok_or_else(unclosed)?;
        if !value.is_empty() || of.quoted {
            values.push(value);
        }
        match rest.as_bytes().first() {
            Some(b',') => text = &rest[1..],
            Some(b'}') if values.is_empty() => return Err("has an attribute without values".to_string()),
            Some(b'}') => {
                let first = values[0].clone();
                values.sort();
                return Ok(Kind::Nominal { first, sorted: values });
            }
            _ => return Err("has values that no } ends".to_string()),
        }
    }
}
