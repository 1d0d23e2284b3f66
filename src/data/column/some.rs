//! Rows by their index, where some have none: what a join hands on of the side that lacks.

use super::{Column, NO_ROW, Values};

impl Column {
    /// Adds rows of a column of the same type by their index; `NO_ROW` is NULL.
    pub(crate) fn gather_some(&mut self, other: &Column, rows: &[u32]) {
        if !rows.contains(&NO_ROW) {
            return self.gather(other, rows);
        }
        match (&mut self.values, &other.values) {
            (Values::Bool(v), Values::Bool(o)) => take(v, o, rows),
            (Values::I64(v), Values::I64(o)) | (Values::Time(v), Values::Time(o)) => take(v, o, rows),
            (Values::F64(v), Values::F64(o)) => take(v, o, rows),
            (Values::Str(v), Values::Str(o)) => {
                rows.iter().for_each(|row| v.push(if *row == NO_ROW { "" } else { o.get(*row as usize) }));
            }
            (Values::List(v), Values::List(o)) => rows.iter().for_each(|row| match *row {
                NO_ROW => v.push([]),
                row => v.push(o.get(row as usize)),
            }),
            _ => panic!("columns of {} and {} don't mix", self.of(), other.of()),
        }
        rows.iter().for_each(|row| self.valid.push(*row != NO_ROW && other.valid.get(*row as usize)));
    }
}

fn take<T: Copy + Default>(values: &mut Vec<T>, other: &[T], rows: &[u32]) {
    match other {
        // Not a row is there: all that are named are none.
        [] => values.extend(rows.iter().map(|_| T::default())),
        _ => values
            .extend(rows.iter().map(|row| if *row == NO_ROW { T::default() } else { other[*row as usize] })),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::batch::tests::batches;
    use super::*;
    use crate::data::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_that_is_none_is_null((types, rows, _) in batches(), picks: Vec<(bool, u8)>) {
            let n = rows.len();
            let picks: Vec<u32> = picks
                .iter()
                .map(|(some, at)| if *some && n > 0 { u32::from(*at) % n as u32 } else { NO_ROW })
                .collect();
            for (of, column) in types.iter().zip(&rows.columns) {
                let mut out = Column::new(*of);
                out.gather_some(column, &picks);
                prop_assert_eq!(out.len(), picks.len());
                for (at, pick) in picks.iter().enumerate() {
                    let due = if *pick == NO_ROW { Value::Null } else { column.value(*pick as usize) };
                    // NaN is not itself.
                    prop_assert_eq!(format!("{:?}", out.value(at)), format!("{due:?}"));
                }
            }
        }
    }
}
