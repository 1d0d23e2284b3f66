//! The canonical bytes of a key: one form by which routing, key state and joins tell keys apart.
//!
//! A byte for each column says valid or NULL, then comes the value; texts come with their length and lists with how
//! many items they have, so that `ab`, `c` is not `a`, `bc`. NULL is a key of its own, both zeros of f64 are one,
//! and so is every NaN. The bytes can be read back, so who keeps them keeps the values of the key.

use super::{Batch, Column, Values};
use xxhash_rust::xxh3::xxh3_64;

/// Whether the keys of two rows are the same, without making their bytes. Columns stand beside those of the same type.
pub(crate) fn same(
    a: &Batch,
    a_columns: &[usize],
    a_row: usize,
    b: &Batch,
    b_columns: &[usize],
    b_row: usize,
) -> bool {
    let mut pairs = a_columns.iter().zip(b_columns);
    pairs.all(|(a_at, b_at)| same_value(&a.columns[*a_at], a_row, &b.columns[*b_at], b_row))
}

fn same_value(a: &Column, a_row: usize, b: &Column, b_row: usize) -> bool {
    let valid = a.valid.get(a_row);
    if valid != b.valid.get(b_row) {
        return false;
    }
    !valid
        || match (&a.values, &b.values) {
            (Values::Str(a), Values::Str(b)) => a.get(a_row) == b.get(b_row),
            (Values::List(a), Values::List(b)) => a.get(a_row).eq(b.get(b_row)),
            (Values::Bool(a), Values::Bool(b)) => a[a_row] == b[b_row],
            (Values::I64(a), Values::I64(b)) | (Values::Time(a), Values::Time(b)) => a[a_row] == b[b_row],
            (Values::F64(a), Values::F64(b)) => one_form(a[a_row]).to_bits() == one_form(b[b_row]).to_bits(),
            _ => false,
        }
}

/// Makes the keys of rows, in memory of its own.
#[derive(Clone, Debug, Default)]
pub struct KeyOf {
    columns: Vec<usize>,
    bytes: Vec<u8>,
}

impl KeyOf {
    /// Keys of these columns.
    pub fn new(columns: Vec<usize>) -> KeyOf {
        KeyOf { columns, bytes: Vec::new() }
    }

    /// The columns that it is made of.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Whether a row has a value in each of them: who says that NULL equals nothing asks first.
    #[inline]
    pub(crate) fn is_whole(&self, batch: &Batch, row: usize) -> bool {
        self.columns.iter().all(|at| batch.columns[*at].valid.get(row))
    }

    /// The key of a row.
    #[inline]
    pub fn of(&mut self, batch: &Batch, row: usize) -> &[u8] {
        self.bytes.clear();
        self.columns.iter().for_each(|at| append(&batch.columns[*at], row, &mut self.bytes));
        &self.bytes
    }

    /// The key of a row, and bytes behind it that are the caller's.
    #[inline]
    pub(crate) fn of_with(&mut self, batch: &Batch, row: usize, behind: &[u8]) -> &[u8] {
        self.of(batch, row);
        self.bytes.extend_from_slice(behind);
        &self.bytes
    }

    /// The key of a row at a time, as if that were a column more: which of its windows.
    #[inline]
    pub(crate) fn of_at(&mut self, batch: &Batch, row: usize, time: i64) -> &[u8] {
        self.of(batch, row);
        self.bytes.push(VALID);
        self.bytes.extend_from_slice(&time.to_le_bytes());
        &self.bytes
    }
}

const NULL: u8 = 0;
pub(super) const VALID: u8 = 1;

/// A key as a number: xxh3-64 with seed 0.
#[inline]
pub fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

/// Appends what a column adds to the key of a row.
pub(super) fn append(column: &Column, row: usize, out: &mut Vec<u8>) {
    if !column.valid.get(row) {
        return out.push(NULL);
    }
    out.push(VALID);
    match &column.values {
        Values::Str(v) => append_text(v.get(row), out),
        Values::List(v) => {
            let items = v.get(row);
            out.extend_from_slice(&(items.len() as u64).to_le_bytes());
            items.for_each(|item| append_text(item, out));
        }
        Values::Bool(v) => out.push(u8::from(v[row])),
        Values::I64(v) | Values::Time(v) => out.extend_from_slice(&v[row].to_le_bytes()),
        Values::F64(v) => out.extend_from_slice(&one_form(v[row]).to_le_bytes()),
    }
}

pub(super) fn append_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn one_form(x: f64) -> f64 {
    match x {
        0.0 => 0.0,
        _ if x.is_nan() => f64::NAN,
        _ => x,
    }
}

/// Reads a key back: adds a value to each of `columns`, and answers what is left behind them. `None` when the bytes
/// are no such key; some of the columns may have grown then.
pub fn read<'a>(mut key: &'a [u8], columns: &mut [Column]) -> Option<&'a [u8]> {
    columns.iter_mut().try_for_each(|column| read_column(&mut key, column))?;
    Some(key)
}

pub(super) fn read_column(key: &mut &[u8], column: &mut Column) -> Option<()> {
    match take::<1>(key)? {
        [NULL] => {
            column.push_null();
            return Some(());
        }
        [VALID] => {}
        _ => return None,
    }
    match &mut column.values {
        Values::Str(v) => v.push(take_text(key)?),
        Values::List(v) => {
            let (items, mut rest) = (u64::from_le_bytes(take(key)?), *key);
            (0..items).try_for_each(|_| take_text(&mut rest).map(|_| ()))?;
            v.push((0..items).filter_map(|_| take_text(key)));
        }
        Values::Bool(v) => v.push(match take::<1>(key)? {
            [truth @ 0..=1] => truth == 1,
            _ => return None,
        }),
        Values::I64(v) | Values::Time(v) => v.push(i64::from_le_bytes(take(key)?)),
        Values::F64(v) => v.push(f64::from_le_bytes(take(key)?)),
    }
    column.valid.push(true);
    Some(())
}

pub(super) fn take<const N: usize>(key: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = key.split_first_chunk::<N>()?;
    *key = rest;
    Some(*taken)
}

fn take_text<'a>(key: &mut &'a [u8]) -> Option<&'a str> {
    let len = usize::try_from(u64::from_le_bytes(take(key)?)).ok()?;
    let (text, rest) = key.split_at_checked(len)?;
    *key = rest;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::batch::tests::{batches, empty};
    use super::*;
    use crate::data::{Schema, Type, Value};
    use proptest::prelude::*;

    fn one(values: &[Value<'_>], types: &[Type]) -> Vec<u8> {
        let mut batch = empty(types);
        batch.id.push(0);
        batch.born_ns.push(0);
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value.clone()));
        KeyOf::new((0..types.len()).collect()).of(&batch, 0).to_vec()
    }

    #[test]
    fn the_bytes_are_those_that_routing_has_always_had() {
        let key = one(
            &[Value::Str("ab"), Value::I64(-2), Value::Null, Value::Bool(true)],
            &[Type::Str, Type::I64, Type::F64, Type::Bool],
        );
        let expected = [&[1, 2, 0, 0, 0, 0, 0, 0, 0][..], b"ab", &[1, 0xfe], &[0xff; 7], &[0, 1, 1]].concat();
        assert_eq!(key, expected);
        // As `xxhsum -H3` has it of the same bytes.
        assert_eq!(hash(b""), 0x2d06_8005_38d3_94c2);
    }

    #[test]
    fn what_is_equal_is_one_key_and_nothing_else_is() {
        let f64 = |x: f64| one(&[Value::F64(x)], &[Type::F64]);
        assert_eq!(f64(0.0), f64(-0.0));
        assert_eq!(f64(f64::NAN), f64(-f64::NAN));
        assert_ne!(f64(1.0), f64(f64::MIN_POSITIVE));
        let texts = |a, b| one(&[Value::Str(a), Value::Str(b)], &[Type::Str; 2]);
        assert_ne!(texts("ab", "c"), texts("a", "bc"));
        let lists = |a: &[&'static str], b: &[&'static str]| {
            one(&[Value::List(a.to_vec()), Value::List(b.to_vec())], &[Type::List; 2])
        };
        assert_ne!(lists(&["a"], &["b", "c"]), lists(&["a", "b"], &["c"]));
        assert_ne!(one(&[Value::Null], &[Type::Str]), one(&[Value::Str("")], &[Type::Str]));
    }

    #[test]
    fn a_time_makes_another_key_of_the_same_columns() {
        let mut batch = Batch::new(&Schema::of(&[("a", Type::Str)]));
        batch.id.push(0);
        batch.born_ns.push(0);
        batch.columns[0].push(Value::Str("x"));
        let mut key = KeyOf::new(vec![0]);
        let (first, second) = (key.of_at(&batch, 0, 60).to_vec(), key.of_at(&batch, 0, 120).to_vec());
        assert_ne!(first, second);
        let mut columns = [Column::new(Type::Str), Column::new(Type::Time)];
        assert_eq!(read(&second, &mut columns), Some(&[][..]));
        assert_eq!((columns[0].value(0), columns[1].value(0)), (Value::Str("x"), Value::Time(120)));
        assert_eq!(read(&second, &mut columns[..1]).map(<[u8]>::len), Some(9), "the columns alone");
    }

    proptest! {
        /// Two rows have one key just when their values are equal, and the key tells the values.
        #[test]
        fn a_key_is_its_values((types, rows, more) in batches()) {
            let mut all = rows.clone();
            all.extend(&more, 0, more.len());
            let mut key = KeyOf::new((0..types.len()).collect());
            let keys: Vec<Vec<u8>> = (0..all.len()).map(|row| key.of(&all, row).to_vec()).collect();
            let mut back = empty(&types);
            for key in &keys {
                prop_assert_eq!(read(key, &mut back.columns), Some(&[][..]));
            }
            prop_assert_eq!(&back.columns, &all.columns);
            let values = |row: usize| -> Vec<_> { all.columns.iter().map(|column| column.value(row)).collect() };
            let columns: Vec<usize> = (0..types.len()).collect();
            for (a, b) in (0..keys.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
                prop_assert_eq!(keys[a] == keys[b], values(a) == values(b));
                prop_assert_eq!(keys[a] == keys[b], same(&all, &columns, a, &all, &columns, b));
            }
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>, (types, ..) in batches()) {
            let _ = read(&bytes, &mut empty(&types).columns);
        }
    }
}
