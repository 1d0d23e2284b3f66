//! A TOML text as a tree of plain values, and where each key and value of it stands.

use super::syntax::{self, Fault};
use config::{Map, Value, ValueKind};
use std::collections::HashMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Keys from the root to a value; the entries of a list are numbers: `["stage", "2", "steps", "0", "where"]`.
pub(super) type Path = Vec<String>;

/// `path` and the keys below it.
pub(super) fn under(path: &[String], keys: &[&str]) -> Path {
    path.iter().cloned().chain(keys.iter().map(|key| key.to_string())).collect()
}

/// Bytes of a value and of the key before it. Entries of a list have no key: there it is the value again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// Where everything stands.
pub(super) type Spans = HashMap<Path, Span>;

/// A text that could be read.
#[derive(Debug)]
pub(super) struct Read {
    pub table: Map<String, Value>,
    pub spans: Spans,
    /// Wrong all the same: keys that are set twice, numbers that are none.
    pub faults: Vec<Fault>,
}

/// Reads a TOML text. Dates come as strings: no key of a topology is a date, and `config` knows none.
///
/// # Errors
/// The first thing that is no TOML, for what follows is guessed, and every key before it that is set twice.
pub(super) fn read(text: &str) -> Result<Read, Vec<Fault>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let faults = syntax::faults(text, &errors);
    if errors.iter().any(|error| !syntax::is_duplicate(error)) {
        return Err(faults);
    }
    let mut walk = Walk { path: Path::new(), spans: Spans::new(), faults };
    let table = walk.table(document.into_inner());
    Ok(Read { table, spans: walk.spans, faults: walk.faults })
}

/// Reads one TOML value, as it stands behind a `=`.
pub(super) fn read_value(text: &str) -> Option<Value> {
    let value = DeValue::parse(text).ok()?.into_inner();
    let mut walk = Walk { path: Path::new(), spans: Spans::new(), faults: Vec::new() };
    let value = walk.value(value, 0..text.len());
    walk.faults.is_empty().then_some(value)
}

struct Walk {
    path: Path,
    spans: Spans,
    faults: Vec<Fault>,
}

impl Walk {
    fn table(&mut self, table: DeTable<'_>) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, value) in table {
            let (key_at, at) = (key.span(), value.span());
            let key = key.into_inner().into_owned();
            let value = self.entry(key.clone(), Span { key: key_at, value: at }, value.into_inner());
            map.insert(key, value);
        }
        map
    }

    fn entry(&mut self, key: String, span: Span, value: DeValue<'_>) -> Value {
        let at = span.value.clone();
        self.path.push(key);
        self.spans.insert(self.path.clone(), span);
        let value = self.value(value, at);
        self.path.pop();
        value
    }

    fn value(&mut self, value: DeValue<'_>, at: Range<usize>) -> Value {
        let kind = match value {
            DeValue::String(text) => ValueKind::String(text.into_owned()),
            DeValue::Boolean(flag) => ValueKind::Boolean(flag),
            DeValue::Datetime(date) => ValueKind::String(date.to_string()),
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix()).map_or_else(
                |_| self.fault(at, format!("a whole number goes from {} to {}", i64::MIN, i64::MAX)),
                ValueKind::I64,
            ),
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => ValueKind::Float(number),
                _ => self.fault(at, "a number must be finite".to_string()),
            },
            DeValue::Array(values) => {
                let entries = values.into_iter().enumerate().map(|(index, value)| {
                    let span = Span { key: value.span(), value: value.span() };
                    self.entry(index.to_string(), span, value.into_inner())
                });
                ValueKind::Array(entries.collect())
            }
            DeValue::Table(table) => ValueKind::Table(self.table(table)),
        };
        Value::new(None, kind)
    }

    fn fault(&mut self, at: Range<usize>, what: String) -> ValueKind {
        self.faults.push(Fault { at, what, value: Some(self.path.clone()) });
        ValueKind::I64(0)
    }
}

/// A value of the tree as TOML's own type, the one that operators read.
pub(super) fn to_toml(value: Value) -> toml::Value {
    match value.kind {
        ValueKind::Boolean(flag) => toml::Value::Boolean(flag),
        ValueKind::I64(number) => toml::Value::Integer(number),
        ValueKind::Float(number) => toml::Value::Float(number),
        ValueKind::String(text) => toml::Value::String(text),
        ValueKind::Array(values) => toml::Value::Array(values.into_iter().map(to_toml).collect()),
        ValueKind::Table(table) => toml::Value::Table(to_table(table)),
        ValueKind::Nil | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            unreachable!("layers are made of TOML values only")
        }
    }
}

pub(super) fn to_table(table: Map<String, Value>) -> toml::Table {
    table.into_iter().map(|(key, value)| (key, to_toml(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_value_has_its_place() {
        let text = "a.b = 5\n[[stage]]\nname = \"x\"\nsteps = [ { operator = 'f', where = \"y\" } ]\n";
        let spans = read(text).unwrap().spans;
        let found = |keys: &[&str]| {
            let span = &spans[&under(&[], keys)];
            (&text[span.key.clone()], &text[span.value.clone()])
        };
        assert_eq!(found(&["a", "b"]), ("b", "5"));
        assert_eq!(found(&["stage", "0"]), ("[[stage]]", "[[stage]]"));
        assert_eq!(found(&["stage", "0", "steps", "0", "where"]), ("where", "\"y\""));
    }

    #[test]
    fn what_is_no_toml_is_told_where_it_is() {
        let Read { table, faults, .. } = read("a = 1\na = 2\nb = 1\nb = 2\n").unwrap();
        assert_eq!(faults.iter().map(|fault| fault.at.start).collect::<Vec<_>>(), [6, 18]);
        assert_eq!((faults[0].what.as_str(), table.len()), ("a is set twice in one table", 2));
        assert_eq!(table["a"].clone().into_int().unwrap(), 1, "the first one counts");
        assert_eq!(read("a = 9223372036854775808\nb = nan\nc = 1e999").unwrap().faults.len(), 3);
        let faults = read("a = 1\na = 2\nb =\n").unwrap_err();
        assert_eq!(faults.len(), 2, "what is no TOML ends the reading: {faults:?}");
        assert_eq!(faults[1].what.split(':').next(), Some("not valid TOML"));
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        let deep = [
            format!("x={}", "[".repeat(20_000)),
            format!("x={}", "{a=".repeat(20_000)),
            format!("{}a=1", "a.".repeat(200_000)),
            format!("[{}a]", "a.".repeat(200_000)),
            format!("[[{}a]]", "a.".repeat(200_000)),
            format!("x={}1{}", "[".repeat(81), "]".repeat(81)),
        ];
        for text in deep {
            let faults = read(&text).unwrap_err();
            assert!(faults[0].what.contains("nested too deeply"), "{}", faults[0].what);
            assert!(read_value(&text[2..]).is_none());
        }
    }
}
