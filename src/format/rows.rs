//! Fields of records as rows of columns: the half of reading that all formats share.

use super::field::{Field, Record};
use super::typing::Typing;
use super::value::ValueParser;
use crate::data::{Batch, Column, Schema};

/// Makes rows of one schema out of records.
pub(crate) struct Rows {
    values: ValueParser,
    /// By column: its type was guessed, so digits with a leading zero are no number.
    strict: Vec<bool>,
    /// By row since `begin`: whether all its fields are values of their columns.
    keep: Vec<bool>,
}

impl Rows {
    pub(crate) fn new(typing: &Typing, schema: &Schema) -> Rows {
        let strict = schema.names().map(|name| typing.given(name).is_none()).collect();
        Rows { values: typing.values(), strict, keep: Vec::new() }
    }

    /// A batch begins, without rows.
    pub(crate) fn begin(&mut self) {
        self.keep.clear();
    }

    /// Adds a record as a row, whose id and birth are the caller's to add.
    ///
    /// # Errors
    /// The first column whose type its field is not of. There is a row all the same, which `end` takes out.
    #[inline]
    pub(crate) fn add(
        &mut self,
        record: &mut impl Record,
        columns: &mut [Column],
    ) -> std::result::Result<(), usize> {
        let mut misfit = None;
        for (at, column) in columns.iter_mut().enumerate() {
            let field = if misfit.is_none() { record.field(at) } else { Field::Null };
            let fits = match field {
                Field::Text(text) => self.values.push(text, self.strict[at], column),
                Field::Quoted(text) => self.values.push_quoted(text, self.strict[at], column),
                Field::Null => {
                    column.push_null();
                    true
                }
                value => self.values.push_typed(value, self.strict[at], column),
            };
            if !fits {
                misfit = Some(at);
                column.push_null();
            }
        }
        self.keep.push(misfit.is_none());
        misfit.map_or(Ok(()), Err)
    }

    /// The batch ends: its rows are those that fit.
    pub(crate) fn end(&mut self, batch: &mut Batch) {
        batch.retain(&self.keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};
    use crate::format::TypingParams;

    struct Parted(&'static [Option<&'static str>]);

    impl Record for Parted {
        fn field(&mut self, at: usize) -> Field<'_> {
            self.0[at].map_or(Field::Null, Field::Text)
        }
    }

    #[test]
    fn a_record_with_one_wrong_field_is_no_row_and_the_others_stay() {
        let schema = Schema::of(&[("n", Type::I64), ("s", Type::Str), ("x", Type::F64)]);
        let usual = toml::from_str("").unwrap();
        let typing = TypingParams::default().check(usual, &mut Vec::new()).unwrap();
        let mut rows = Rows::new(&typing, &schema);
        let mut batch = Batch::new(&schema);
        for _ in 0..2 {
            batch.clear();
            rows.begin();
            let records: [&[Option<&str>]; 4] = [
                &[Some("1"), Some("a"), Some("0.5")],
                &[Some("x"), Some("b"), Some("y")],
                &[None, None, None],
                &[Some("2"), Some(""), Some("z")],
            ];
            let fits = records.map(|fields| {
                batch.id.push(0);
                batch.born_ns.push(0);
                rows.add(&mut Parted(fields), &mut batch.columns)
            });
            assert_eq!(fits, [Ok(()), Err(0), Ok(()), Err(2)]);
            rows.end(&mut batch);
            let column =
                |at: usize| (0..batch.len()).map(|row| batch.columns[at].value(row)).collect::<Vec<_>>();
            assert_eq!(column(0), [Value::I64(1), Value::Null]);
            assert_eq!(column(1), [Value::Str("a"), Value::Null]);
            assert_eq!(column(2), [Value::F64(0.5), Value::Null]);
        }
    }
}
