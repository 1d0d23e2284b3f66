//! A row as bytes, exactly: what waits in a step is saved and read back by them.
//!
//! Id and birth come first, then its columns as in a key (`key`), but each f64 with the bits that it has.

use super::{Batch, Column, Values, key};

/// Appends a row.
pub(crate) fn append(batch: &Batch, row: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&batch.id[row].to_le_bytes());
    out.extend_from_slice(&batch.born_ns[row].to_le_bytes());
    for column in &batch.columns {
        match &column.values {
            Values::F64(v) if column.valid.get(row) => {
                out.push(key::VALID);
                out.extend_from_slice(&v[row].to_le_bytes());
            }
            _ => key::append(column, row, out),
        }
    }
}

/// Reads a row back and adds it to a batch, and answers what is left behind it. `None` when the bytes are no such row:
/// the batch is of no use then.
pub(crate) fn read<'a>(mut bytes: &'a [u8], batch: &mut Batch) -> Option<&'a [u8]> {
    batch.id.push(u64::from_le_bytes(key::take(&mut bytes)?));
    batch.born_ns.push(u64::from_le_bytes(key::take(&mut bytes)?));
    batch.columns.iter_mut().try_for_each(|column: &mut Column| key::read_column(&mut bytes, column))?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::{batches, empty};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_comes_back_bit_by_bit((types, rows, _) in batches()) {
            let mut bytes = Vec::new();
            (0..rows.len()).for_each(|row| append(&rows, row, &mut bytes));
            let (mut back, mut rest) = (empty(&types), &bytes[..]);
            for _ in 0..rows.len() {
                rest = read(rest, &mut back).unwrap();
            }
            prop_assert!(rest.is_empty());
            prop_assert_eq!((&back.id, &back.born_ns), (&rows.id, &rows.born_ns));
            for (back, column) in back.columns.iter().zip(&rows.columns) {
                let bits = |column: &Column| match &column.values {
                    Values::F64(v) => v.iter().map(|x| x.to_bits()).collect(),
                    _ => Vec::new(),
                };
                prop_assert_eq!(bits(back), bits(column));
                prop_assert_eq!(&back.valid, &column.valid);
            }
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>, (types, ..) in batches()) {
            let _ = read(&bytes, &mut empty(&types));
        }
    }
}
