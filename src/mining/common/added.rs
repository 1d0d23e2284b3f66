//! The columns that a classifier adds to its records, while a batch is worked on.

use super::codes::Codes;
use super::lesson::Given;
use crate::data::{Batch, Column, Type, Value};

/// Adds a class to a column of its type, from the bytes by which it is known.
pub(in crate::mining) fn push_class(column: &mut Column, class: &[u8]) {
    let value = match column.of() {
        Type::Str => std::str::from_utf8(class).ok().map(Value::Str),
        Type::I64 => class.try_into().ok().map(|bytes| Value::I64(i64::from_le_bytes(bytes))),
        _ => class.first().map(|truth| Value::Bool(*truth == 1)),
    };
    column.push(value.expect("the bytes were made of a value of this type"));
}

/// `predicted`, `probability`, `correct`, and the probabilities that were asked for.
#[derive(Clone, Default)]
pub(super) struct Added {
    columns: Vec<Column>,
}

impl Added {
    pub(super) fn begin(&mut self, batch: &mut Batch, given: &Given) {
        let added = &given.output.fields[given.records.len()..];
        self.columns.extend(added.iter().map(|field| batch.new_column(field.of)));
    }

    /// A record that is not answered.
    pub(super) fn nothing(&mut self) {
        self.columns.iter_mut().for_each(Column::push_null);
    }

    #[inline]
    pub(super) fn answer(
        &mut self,
        predicted: Option<u32>,
        shares: &[f64],
        correct: Option<bool>,
        classes: &Codes,
        given: &Given,
    ) {
        let Some(class) = predicted else { return self.nothing() };
        let [label, probability, right, rest @ ..] = self.columns.as_mut_slice() else {
            panic!("begin makes them");
        };
        push_class(label, classes.bytes(class));
        probability.push(Value::F64(shares[class as usize]));
        right.push(correct.map_or(Value::Null, Value::Bool));
        for (column, class) in rest.iter_mut().zip(&given.probabilities) {
            // A class that never came has no probability yet.
            let share = classes.known(class).and_then(|class| shares.get(class as usize));
            column.push(Value::F64(share.copied().unwrap_or(0.0)));
        }
    }

    /// The column in which the way to an answer is told, where there is one and it is asked for.
    #[inline]
    pub(super) fn path(&mut self, predicted: Option<u32>, given: &Given) -> Option<&mut Column> {
        predicted.and(if given.path { self.columns.last_mut() } else { None })
    }

    pub(super) fn end(&mut self, batch: &mut Batch) {
        batch.columns.append(&mut self.columns);
    }
}
