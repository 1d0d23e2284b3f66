//! What a column seems to be, by its name, its type and the values that were looked at.

use crate::data::{Column, Field, Type, Value, render};
use std::collections::BTreeSet;

/// Of more different values it is only known that they are many.
const DISTINCT_MAX: usize = 1_000;
/// So many of them are shown.
const SHOWN: usize = 3;
/// A longer one is cut.
const SHOWN_CHARS: usize = 20;

/// What to do with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A measure: near values mean like things.
    Feature,
    /// Why it is none, in a word or two.
    Other(&'static str),
}

/// What was seen of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub rows: usize,
    pub nulls: usize,
    distinct: BTreeSet<String>,
    many: bool,
    /// The first values, as texts.
    first: Vec<String>,
    /// Each number, or time, is greater than the one before.
    pub rising: bool,
    /// None is less.
    pub in_order: bool,
    last: Option<f64>,
}

impl Seen {
    pub(super) fn new() -> Seen {
        Seen { rising: true, in_order: true, ..Seen::default() }
    }

    /// Looks at rows more.
    pub(super) fn look(&mut self, column: &Column) {
        for row in 0..column.len() {
            self.rows += 1;
            let value = column.value(row);
            let number = match value {
                Value::Null => {
                    self.nulls += 1;
                    continue;
                }
                Value::I64(n) | Value::Time(n) => Some(n as f64),
                Value::F64(x) => Some(x),
                _ => None,
            };
            if let Some(number) = number {
                self.rising &= self.last.is_none_or(|last| number > last);
                self.in_order &= self.last.is_none_or(|last| number >= last);
                self.last = Some(number);
            }
            if self.distinct.len() < DISTINCT_MAX {
                let mut text = Vec::new();
                render::text_value(&value, &mut text);
                let text = String::from_utf8_lossy(&text).into_owned();
                if self.first.len() < SHOWN && !self.first.contains(&text) {
                    self.first.push(text.clone());
                }
                self.distinct.insert(text);
            } else {
                self.many = true;
            }
        }
    }

    /// The first values, as texts.
    pub(super) fn first(&self) -> &[String] {
        &self.first
    }

    /// Whether another, of a record more, had no values besides; not known where there were too many.
    pub(super) fn has_all_of(&self, other: &Seen) -> bool {
        !other.many && self.distinct == other.distinct
    }

    /// `14 values: UA, B6, DL …`.
    pub(super) fn words(&self) -> String {
        if self.nulls == self.rows {
            return "no value was seen".to_string();
        }
        let cut = |text: &String| -> String {
            let mut cut: String = text.chars().take(SHOWN_CHARS).collect();
            if text.chars().count() > SHOWN_CHARS {
                cut.push('…');
            }
            cut.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        };
        let shown: Vec<String> = self.first.iter().map(cut).collect();
        let more = if self.distinct.len() > shown.len() { " …" } else { "" };
        let nulls = match self.nulls {
            0 => String::new(),
            n => format!(", {n} of {} are NULL", self.rows),
        };
        format!("{}{more}{nulls}", shown.join(", "))
    }

    /// What it seems to be.
    pub(super) fn kind(&self, field: &Field) -> Kind {
        let words = words(&field.name);
        let is = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let there = self.rows - self.nulls;
        match field.of {
            Type::Time => return Kind::Other("a time"),
            Type::Str => return Kind::Other("a text"),
            Type::Bool => return Kind::Other("true or false"),
            Type::List => return Kind::Other("a list"),
            Type::I64 | Type::F64 => {}
        }
        if there == 0 || 2 * there < self.rows {
            Kind::Other("mostly NULL")
        } else if is(IDS) || (field.of == Type::I64 && self.rising && there > 2) {
            Kind::Other("an id")
        } else if is(CODES) {
            Kind::Other("a code")
        } else if field.of == Type::I64 && is(TIMES) {
            Kind::Other("a time")
        } else if self.distinct.len() <= 2 && !self.many {
            Kind::Other("hardly varies")
        } else {
            Kind::Feature
        }
    }
}

const IDS: &[&str] =
    &["id", "ids", "uid", "uuid", "guid", "key", "no", "nr", "number", "index", "idx", "row", "pk", "sku"];
const CODES: &[&str] = &[
    "code", "zip", "zipcode", "postcode", "postal", "phone", "tel", "flight", "class", "label", "type",
    "status", "category", "cluster", "target", "isbn", "ean", "barcode", "port", "pid", "version",
];
const TIMES: &[&str] = &[
    "time",
    "ts",
    "timestamp",
    "date",
    "datetime",
    "year",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "epoch",
];

/// The words of a name in small letters: `customerId`, `customer_id` and `Customer ID` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && small) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, of: Type, values: &[Value<'_>]) -> Kind {
        let mut column = Column::new(of);
        values.iter().for_each(|value| column.push(value.clone()));
        let mut seen = Seen::new();
        seen.look(&column);
        seen.kind(&Field::new(name, of))
    }

    #[test]
    fn measures_are_told_from_ids_codes_and_times() {
        let ints: Vec<Value<'_>> = [5, 3, 8, 3, 9].into_iter().map(Value::I64).collect();
        let floats: Vec<Value<'_>> = [0.5, 1.5, 2.5].into_iter().map(Value::F64).collect();
        let rising: Vec<Value<'_>> = [1, 2, 3, 4].into_iter().map(Value::I64).collect();
        assert_eq!(kind("amount", Type::I64, &ints), Kind::Feature);
        assert_eq!(kind("paid", Type::F64, &floats), Kind::Feature, "nobody counts in halves");
        assert_eq!(kind("time", Type::F64, &floats), Kind::Feature, "it lasts so long");
        for name in ["id", "customer_id", "CustomerId", "Invoice No"] {
            assert_eq!(kind(name, Type::I64, &ints), Kind::Other("an id"), "{name}");
        }
        assert_eq!(kind("n", Type::I64, &rising), Kind::Other("an id"));
        assert_eq!(kind("zip-code", Type::I64, &ints), Kind::Other("a code"));
        assert_eq!(kind("dep_time", Type::I64, &ints), Kind::Other("a time"));
        assert_eq!(kind("x", Type::I64, &ints[..2]), Kind::Other("hardly varies"));
        assert_eq!(
            kind("x", Type::F64, &[Value::Null, Value::Null, Value::F64(1.0)]),
            Kind::Other("mostly NULL")
        );
        assert_eq!(kind("x", Type::F64, &[]), Kind::Other("mostly NULL"));
    }
}
