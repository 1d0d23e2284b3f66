//! One value of a test as that of a column.

use crate::data::{Batch, Column, Field, Schema, Type, Zone, time};
use crate::params::shown;
use crate::topology::reader::Reader;
use crate::topology::spans::{Path, under};
use toml::{Table, Value};

/// What the columns of a stream hold, as a test writes it.
pub(super) struct Cells<'a> {
    pub schema: &'a Schema,
    /// The text that means NULL.
    pub null: &'a str,
}

impl Cells<'_> {
    /// Adds a row of these columns. Answers which of them it names.
    pub(super) fn add(
        &self,
        reader: &mut Reader<'_>,
        row: &Table,
        at: &Path,
        rows: &mut Batch,
    ) -> Vec<usize> {
        for name in row.keys().filter(|name| self.schema.index(name).is_none()) {
            let quoted = shown(&Value::String(name.clone()));
            let what = format!("there is no column {quoted} (there are: {})", self.schema);
            let what = reader.sentence(&what);
            reader.findings.key(&under(at, &[name]), what).suggest(name, self.schema.names());
        }
        let mut named = Vec::new();
        for (number, (field, column)) in self.schema.fields.iter().zip(&mut rows.columns).enumerate() {
            let Some(value) = row.get(&field.name) else {
                column.push_null();
                continue;
            };
            named.push(number);
            if !self.push(field, value, column) {
                column.push_null();
                let must = must(field.of);
                let quoted = shown(&Value::String(field.name.clone()));
                let what = format!("column {quoted} is {}: {must}, not {}", field.of, shown(value));
                let what = reader.sentence(&what);
                reader.findings.value(&under(at, &[&field.name]), what);
            }
        }
        rows.id.push(0);
        rows.born_ns.push(0);
        named
    }

    /// Adds a value; false where it is none of that type.
    fn push(&self, field: &Field, value: &Value, column: &mut Column) -> bool {
        use crate::data::Value as Cell;
        let cell = match (field.of, value) {
            (_, Value::String(text)) if text == self.null => Cell::Null,
            (Type::Bool, Value::Boolean(flag)) => Cell::Bool(*flag),
            (Type::I64, Value::Integer(n)) => Cell::I64(*n),
            (Type::F64, Value::Float(x)) => Cell::F64(*x),
            (Type::F64, Value::Integer(n)) => Cell::F64(*n as f64),
            // TOML's own words for these are no numbers of a topology.
            (Type::F64, Value::String(text)) if ["inf", "-inf", "nan"].contains(&text.as_str()) => {
                Cell::F64(text.parse().unwrap_or(f64::NAN))
            }
            (Type::Str, Value::String(text)) => Cell::Str(text),
            (Type::Time, Value::String(text)) => match self.time(text) {
                Some(ns) => Cell::Time(ns),
                None => return false,
            },
            (Type::List, Value::Array(items)) if items.iter().all(Value::is_str) => {
                column.push(Cell::List(items.iter().filter_map(Value::as_str).collect()));
                return true;
            }
            _ => return false,
        };
        column.push(cell);
        true
    }

    fn time(&self, text: &str) -> Option<i64> {
        let zone = match self.schema.zone() {
            Zone::Of(name) => time::zone(&name),
            Zone::Utc | Zone::Several => None,
        };
        time::parse(text, zone.as_ref())
    }
}

/// What must stand there.
fn must(of: Type) -> &'static str {
    match of {
        Type::Bool => "say true or false",
        Type::I64 => "say a whole number",
        Type::F64 => "say a number",
        Type::Str => "say a text in quotes",
        Type::Time => "say a time in quotes such as \"2013-01-01T05:15:00Z\"",
        Type::List => "say a list of texts",
    }
}

/// The tables of a list, each with its path; what is none is told.
pub(super) fn tables<'a>(reader: &mut Reader<'_>, value: &'a Value, at: &Path) -> Vec<(&'a Table, Path)> {
    let Value::Array(entries) = value else {
        let what = format!("rows are a list of tables such as [ {{ x = 1 }} ], not {}", shown(value));
        reader.findings.value(at, reader.sentence(&what));
        return Vec::new();
    };
    let mut tables = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let at = under(at, &[&number.to_string()]);
        match entry {
            Value::Table(table) => tables.push((table, at)),
            _ => {
                let what = format!("a row is a table such as {{ x = 1 }}, not {}", shown(entry));
                reader.findings.value(&at, reader.sentence(&what));
            }
        }
    }
    tables
}
