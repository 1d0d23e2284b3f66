//! One key of a topology: what it may hold, in a user's words and as a JSON Schema.

use crate::params::schema::describe;
use crate::params::words;
use crate::units::{Bytes, Rate, Share, Span};
use serde_json::{Value, json};

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// What it is about, in a word: those of one group stand together.
    pub group: &'static str,
    pub kind: Kind,
    /// What it holds where nobody says another thing, as TOML.
    pub default: Option<&'static str>,
    pub about: &'static str,
    /// Else it is refused with that sentence.
    pub built: bool,
}

/// What may stand behind the `=`.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Of a topology, a stage, a process.
    Name,
    Operator,
    Flag,
    Whole(u64, u64),
    Size(u64, u64),
    Time(Span, Span),
    Rate,
    Share,
    Choice(&'static [&'static str]),
    /// One or a list, or a table in which each role has its own.
    Columns,
    Streams,
    Processors,
    Steps,
    Stages,
    /// Tables in a list, each of these keys.
    Tests(&'static [Key]),
    Text,
    /// Of stages, in an order.
    Names,
    /// Records as tables of columns; also so by role.
    Rows,
    /// Records as tables of columns.
    Records,
    /// Records by the name of the port that they leave by.
    RowsByPort,
    /// A file, or one for each role or port.
    Files,
    /// A number from 0 to 1.
    Tolerance,
    /// Counts by name.
    Counts,
    Table(&'static [Key]),
    Either(&'static [Kind]),
}

/// A name as a pattern: safe in paths, tables and topics.
const NAME: &str = "[a-z][a-z0-9_-]{0,40}";

impl Kind {
    /// "a whole number from 1 to 64".
    pub fn words(&self) -> String {
        match self {
            Kind::Name => "a name".to_string(),
            Kind::Operator => "an operator's name".to_string(),
            Kind::Rate => "a rate above zero such as \"20k/s\"".to_string(),
            Kind::Share => "a share from 0 to 1 such as \"1%\" or 0.01".to_string(),
            Kind::Time(least, most) => format!("a time from \"{least}\" to \"{most}\""),
            Kind::Columns => "a column's name in quotes, a list of them, or a table of roles".to_string(),
            Kind::Streams => "a name in quotes, a list of them, or a table of roles".to_string(),
            Kind::Processors => "a processor's number such as 0, or a list of them".to_string(),
            Kind::Steps => {
                "a list of tables such as { operator = \"filter\", where = \"x > 1\" }".to_string()
            }
            Kind::Stages => "tables, each begun with [[stage]]".to_string(),
            Kind::Tests(_) => "tables, each begun with [[test]]".to_string(),
            Kind::Text => "a text in quotes".to_string(),
            Kind::Names => "a list of names in quotes".to_string(),
            Kind::Rows => "a list of tables such as { x = 1 }, or a table of such lists by role".to_string(),
            Kind::Records => "a list of tables such as { x = 1 }".to_string(),
            Kind::RowsByPort => "a table of ports, each with a list of tables such as { x = 1 }".to_string(),
            Kind::Files => "a file's path in quotes, or a table of several by name".to_string(),
            Kind::Tolerance => "a number from 0 to 1".to_string(),
            Kind::Counts => "a table of whole numbers such as { no_time = 1 }".to_string(),
            Kind::Table(keys) => {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                format!("a table {{ {} }}", names.join(", "))
            }
            Kind::Either(kinds) => kinds.iter().map(Kind::words).collect::<Vec<_>>().join(", or "),
            _ => words::words(&self.schema()),
        }
    }

    /// The JSON Schema of it, draft-07. That of steps and stages is made where operators are known.
    pub fn schema(&self) -> Value {
        match self {
            Kind::Name => json!({ "type": "string", "pattern": format!("^{NAME}$") }),
            Kind::Operator => json!({ "type": "string" }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Kind::Size(least, most) => with(describe::<Bytes>(), &[("minimum", *least), ("maximum", *most)]),
            Kind::Time(..) => describe::<Span>(),
            Kind::Rate => describe::<Rate>(),
            Kind::Share => describe::<Share>(),
            Kind::Choice(choices) => json!({ "type": "string", "enum": choices }),
            Kind::Columns | Kind::Streams => {
                let table =
                    json!({ "type": "object", "additionalProperties": self.plain(), "minProperties": 1 });
                json!({ "anyOf": [self.plain(), table] })
            }
            Kind::Processors => one_or_many(json!({ "type": "integer", "minimum": 0 })),
            Kind::Steps | Kind::Stages => json!({ "type": "array", "minItems": 1 }),
            Kind::Tests(keys) => json!({ "type": "array", "minItems": 1, "items": table(keys) }),
            Kind::Text => json!({ "type": "string", "minLength": 1 }),
            Kind::Names => {
                let name = json!({ "type": "string", "pattern": format!("^{NAME}$") });
                json!({ "type": "array", "items": name, "minItems": 1, "uniqueItems": true })
            }
            Kind::Rows => json!({ "anyOf": [rows(), by_name(rows())] }),
            Kind::Records => rows(),
            Kind::RowsByPort => by_name(rows()),
            Kind::Files => json!({ "anyOf": [{ "type": "string" }, by_name(json!({ "type": "string" }))] }),
            Kind::Tolerance => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Kind::Counts => by_name(json!({ "type": "integer", "minimum": 0 })),
            Kind::Table(keys) => table(keys),
            Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(Kind::schema).collect::<Vec<_>>() }),
        }
    }

    /// The JSON Schema of columns or streams without roles.
    pub fn plain(&self) -> Value {
        match self {
            Kind::Streams => {
                one_or_many(json!({ "type": "string", "pattern": format!("^{NAME}(/[a-z0-9_-]+)*$") }))
            }
            _ => one_or_many(json!({ "type": "string" })),
        }
    }

    /// The keys of the table that it may be.
    pub fn inner(&self) -> &'static [Key] {
        match self {
            Kind::Table(keys) | Kind::Tests(keys) => keys,
            Kind::Either(kinds) => kinds.iter().map(Kind::inner).find(|keys| !keys.is_empty()).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// The first of the kinds that it may be which answers.
    pub fn find<T>(&self, answer: impl Fn(&Kind) -> Option<T> + Copy) -> Option<T> {
        match self {
            Kind::Either(kinds) => kinds.iter().find_map(|kind| kind.find(answer)),
            kind => answer(kind),
        }
    }
}

/// A key that holds this.
pub const fn key(group: &'static str, name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, group, kind, default: None, about, built: true }
}

impl Key {
    pub(crate) const fn usually(self, default: &'static str) -> Key {
        Key { default: Some(default), ..self }
    }

    pub const fn later(self) -> Key {
        Key { built: false, ..self }
    }

    /// The JSON Schema of what it may hold.
    pub fn schema(&self) -> Value {
        let mut schema = self.kind.schema();
        schema["description"] = self.about.into();
        if let Some(default) = self.default() {
            schema["default"] = default;
        }
        schema
    }

    fn default(&self) -> Option<Value> {
        let table: toml::Table = format!("x = {}", self.default?).parse().ok()?;
        serde_json::to_value(&table["x"]).ok()
    }
}

/// A closed table of these keys, but for those that are not built yet.
pub fn table(keys: &[Key]) -> Value {
    let built = keys.iter().filter(|key| key.built);
    let properties: serde_json::Map<String, Value> =
        built.map(|key| (key.name.to_string(), key.schema())).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// Records: columns by name.
fn rows() -> Value {
    json!({ "type": "array", "items": { "type": "object" } })
}

fn by_name(each: Value) -> Value {
    json!({ "type": "object", "additionalProperties": each })
}

fn one_or_many(one: Value) -> Value {
    let many = json!({ "type": "array", "items": one, "minItems": 1, "uniqueItems": true });
    json!({ "anyOf": [one, many] })
}

fn with(mut schema: Value, bounds: &[(&str, u64)]) -> Value {
    bounds.iter().for_each(|(key, bound)| schema[*key] = json!(bound));
    schema
}

/// The names of keys.
pub fn names(keys: &'static [Key]) -> impl Iterator<Item = &'static str> {
    keys.iter().map(|key| key.name)
}

/// Whether one of the keys has this name.
pub fn has(keys: &[Key], name: &str) -> bool {
    keys.iter().any(|key| key.name == name)
}

/// The defaults of keys, as TOML.
pub(crate) fn defaults(keys: &'static [Key]) -> impl Iterator<Item = (&'static str, &'static str)> {
    keys.iter().filter_map(|key| Some((key.name, key.default?)))
}

/// The keys as a person reads them, those of a table within behind it.
pub fn pages(keys: &'static [Key]) -> Vec<(String, &'static Key)> {
    let mut pages = Vec::new();
    for key in keys {
        pages.push((key.name.to_string(), key));
        pages.extend(key.kind.inner().iter().map(|inner| (format!("{}.{}", key.name, inner.name), inner)));
    }
    pages
}
