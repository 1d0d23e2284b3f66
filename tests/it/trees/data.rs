//! The data sets that others' results are about, as records in their order.

use crate::data_sets::{Table, table};
use sluicebox::data::{Batch, Schema, Type, Value};

/// Records with numbers, names and a class.
pub struct Data {
    pub schema: Schema,
    /// A row's values as text, the class last.
    rows: Vec<Vec<String>>,
}

/// A data set; `None` after saying aloud that it is not there.
pub fn read(name: &str) -> Option<Data> {
    let Table { head, rows } = table(name)?;
    Some(Data::of(&head, rows))
}

impl Data {
    /// Columns are numbers where all their values are; the class is a text.
    pub fn of(head: &[String], rows: Vec<Vec<String>>) -> Data {
        let is_number = |at: usize| rows.iter().all(|row| row[at].parse::<f64>().is_ok());
        let schema = head.iter().enumerate().fold(Schema::default(), |schema, (at, name)| {
            let class = at + 1 == head.len();
            schema.with(name, if !class && is_number(at) { Type::F64 } else { Type::Str })
        });
        Data { schema, rows }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Records `from..to` as a batch.
    pub fn batch(&self, from: usize, to: usize) -> Batch {
        let mut batch = Batch::new(&self.schema);
        for (at, row) in self.rows[from..to].iter().enumerate() {
            batch.id.push((from + at) as u64);
            batch.born_ns.push(0);
            for (column, text) in batch.columns.iter_mut().zip(row) {
                let value = match column.of() {
                    Type::F64 => Value::F64(text.parse().unwrap()),
                    _ => Value::Str(text),
                };
                column.push(value);
            }
        }
        batch
    }
}
