//! A record as bytes, kept beyond its batch: just as it was, unlike the bytes of a key, where equal values are one.

use crate::data::{Batch, Column, Values};

const NULL: u8 = 0;
const VALID: u8 = 1;

/// Appends the values of a row.
pub(in crate::preprocess) fn pack(batch: &Batch, row: usize, out: &mut Vec<u8>) {
    for Column { values, valid } in &batch.columns {
        if !valid.get(row) {
            out.push(NULL);
            continue;
        }
        out.push(VALID);
        match values {
            Values::Bool(v) => out.push(u8::from(v[row])),
            Values::I64(v) | Values::Time(v) => out.extend_from_slice(&v[row].to_le_bytes()),
            Values::F64(v) => out.extend_from_slice(&v[row].to_bits().to_le_bytes()),
            Values::Str(v) => pack_text(v.get(row), out),
            Values::List(v) => {
                let items = v.get(row);
                out.extend_from_slice(&(items.len() as u32).to_le_bytes());
                items.for_each(|item| pack_text(item, out));
            }
        }
    }
}

fn pack_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Adds the values of a packed row to columns of its types; `None` when the bytes are no such row. Some of the columns
/// may have grown then.
pub(in crate::preprocess) fn unpack(mut bytes: &[u8], columns: &mut [Column]) -> Option<()> {
    let rest = &mut bytes;
    for column in columns {
        match take::<1>(rest)? {
            [NULL] => {
                column.push_null();
                continue;
            }
            [VALID] => {}
            _ => return None,
        }
        match &mut column.values {
            Values::Bool(v) => v.push(match take::<1>(rest)? {
                [truth @ 0..=1] => truth == 1,
                _ => return None,
            }),
            Values::I64(v) | Values::Time(v) => v.push(i64::from_le_bytes(take(rest)?)),
            Values::F64(v) => v.push(f64::from_bits(u64::from_le_bytes(take(rest)?))),
            Values::Str(v) => v.push(take_text(rest)?),
            Values::List(v) => {
                let items = u32::from_le_bytes(take(rest)?);
                let mut all = *rest;
                (0..items).try_for_each(|_| take_text(&mut all).map(|_| ()))?;
                v.push((0..items).filter_map(|_| take_text(rest)));
            }
        }
        column.valid.push(true);
    }
    rest.is_empty().then_some(())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let len = u32::from_le_bytes(take(bytes)?) as usize;
    let (text, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Schema, Type, Value};
    use proptest::prelude::*;

    const TYPES: [(&str, Type); 6] = [
        ("a", Type::Bool),
        ("b", Type::I64),
        ("c", Type::F64),
        ("d", Type::Str),
        ("e", Type::Time),
        ("f", Type::List),
    ];

    #[test]
    fn a_row_comes_back_as_it_was() {
        let mut batch = Batch::new(&Schema::of(&TYPES));
        for values in [
            [
                Value::Bool(true),
                Value::I64(-1),
                Value::F64(-0.0),
                Value::Str("ä"),
                Value::Time(7),
                Value::List(vec!["", "x"]),
            ],
            [const { Value::Null }; 6],
            [
                Value::Bool(false),
                Value::I64(0),
                Value::F64(f64::NAN),
                Value::Str(""),
                Value::Time(0),
                Value::List(vec![]),
            ],
        ] {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        let mut back = Batch::new(&Schema::of(&TYPES));
        for row in 0..3 {
            let mut bytes = Vec::new();
            pack(&batch, row, &mut bytes);
            unpack(&bytes, &mut back.columns).unwrap();
            bytes.push(0);
            assert_eq!(unpack(&bytes, &mut Batch::new(&Schema::of(&TYPES)).columns), None);
        }
        assert_eq!(format!("{:?}", back.columns), format!("{:?}", batch.columns));
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
            let _ = unpack(&bytes, &mut Batch::new(&Schema::of(&TYPES)).columns);
        }
    }
}
