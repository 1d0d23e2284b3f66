//! One value of any type, kept beyond the batch that it came with.

use crate::data::{Column, Type, Value, Values};
use serde::{Deserialize, Serialize};

/// A value that owns its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess) enum Cell {
    #[default]
    Null,
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(String),
    Time(i64),
    List(Vec<String>),
}

impl Cell {
    /// Its type; `None` for NULL, which may be of any.
    pub(in crate::preprocess) fn of(&self) -> Option<Type> {
        Some(match self {
            Cell::Null => return None,
            Cell::Bool(_) => Type::Bool,
            Cell::I64(_) => Type::I64,
            Cell::F64(_) => Type::F64,
            Cell::Str(_) => Type::Str,
            Cell::Time(_) => Type::Time,
            Cell::List(_) => Type::List,
        })
    }

    /// The same as a value of a column.
    pub(in crate::preprocess) fn value(&self) -> Value<'_> {
        match self {
            Cell::Null => Value::Null,
            Cell::Bool(x) => Value::Bool(*x),
            Cell::I64(x) => Value::I64(*x),
            Cell::F64(x) => Value::F64(*x),
            Cell::Str(x) => Value::Str(x),
            Cell::Time(x) => Value::Time(*x),
            Cell::List(x) => Value::List(x.iter().map(String::as_str).collect()),
        }
    }

    /// Takes the value of a row, in the memory that it has; NULL where the texts of that value take more than
    /// `bytes_max`.
    pub(in crate::preprocess) fn take(&mut self, column: &Column, row: usize, bytes_max: usize) {
        if !column.valid.get(row) {
            *self = Cell::Null;
            return;
        }
        match &column.values {
            Values::Bool(v) => *self = Cell::Bool(v[row]),
            Values::I64(v) => *self = Cell::I64(v[row]),
            Values::F64(v) => *self = Cell::F64(v[row]),
            Values::Time(v) => *self = Cell::Time(v[row]),
            Values::Str(v) if v.get(row).len() > bytes_max => *self = Cell::Null,
            Values::Str(v) => match self {
                Cell::Str(text) => {
                    text.clear();
                    text.push_str(v.get(row));
                }
                _ => *self = Cell::Str(v.get(row).to_string()),
            },
            Values::List(v) if v.get(row).map(str::len).sum::<usize>() > bytes_max => *self = Cell::Null,
            Values::List(v) => *self = Cell::List(v.get(row).map(str::to_string).collect()),
        }
    }

    /// How many bytes its texts have.
    pub(in crate::preprocess) fn bytes(&self) -> usize {
        match self {
            Cell::Str(text) => text.len(),
            Cell::List(items) => items.iter().map(String::len).sum(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_as_it_was_and_a_long_text_is_not() {
        for value in [
            Value::Null,
            Value::Bool(true),
            Value::I64(-3),
            Value::F64(-0.0),
            Value::Str("ab"),
            Value::Time(5),
            Value::List(vec!["a", "b"]),
        ] {
            let of = match &value {
                Value::Bool(_) => Type::Bool,
                Value::F64(_) => Type::F64,
                Value::Str(_) => Type::Str,
                Value::Time(_) => Type::Time,
                Value::List(_) => Type::List,
                _ => Type::I64,
            };
            let mut column = Column::new(of);
            column.push(value.clone());
            let mut cell = Cell::Str("before".to_string());
            cell.take(&column, 0, 2);
            assert_eq!(format!("{:?}", cell.value()), format!("{value:?}"));
            assert_eq!(cell.of(), Some(of).filter(|_| value != Value::Null));
            let texts = matches!(of, Type::Str | Type::List);
            cell.take(&column, 0, 1);
            assert_eq!(cell.bytes(), 0);
            assert_eq!(cell == Cell::Null, texts || value == Value::Null);
        }
    }
}
