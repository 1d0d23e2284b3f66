//! Every way to move rows of a batch against the slowest one: one row after the other.

use crate::data::{Batch, Column, Type, Value};
use proptest::prelude::*;

pub(crate) fn empty(types: &[Type]) -> Batch {
    let mut batch = Batch::default();
    batch.columns.extend(types.iter().map(|of| Column::new(*of)));
    batch
}

/// Two batches of the same columns, of every type; some values are NULL, some rows are late.
pub(crate) fn batches() -> impl Strategy<Value = (Vec<Type>, Batch, Batch)> {
    let types = prop::collection::vec(prop::sample::select(&Type::ALL[..]), 0..5);
    let row =
        (any::<u64>(), prop::sample::select(vec![0, 0, 1, u64::MAX]), prop::collection::vec(0..40u64, 5));
    let rows = prop::collection::vec(row, 0..40);
    (types, rows, 0..40usize, any::<bool>()).prop_map(|(types, rows, cut, timed)| {
        let (mut first, mut second) = (empty(&types), empty(&types));
        for (at, (id, late_ns, cells)) in rows.iter().enumerate() {
            let batch = if at < cut { &mut first } else { &mut second };
            batch.late_ns.set(batch.len(), if timed { *late_ns } else { 0 });
            batch.id.push(*id);
            batch.born_ns.push(!*id);
            batch.columns.iter_mut().zip(cells).for_each(|(column, cell)| push(column, *cell));
        }
        (types, first, second)
    })
}

fn push(column: &mut Column, cell: u64) {
    const TEXTS: [&str; 4] = ["", "a", "äb", "a\0"];
    column.push(match column.of() {
        _ if cell.is_multiple_of(7) => Value::Null,
        Type::Bool => Value::Bool(cell.is_multiple_of(2)),
        Type::I64 => Value::I64(cell as i64 - 20),
        Type::F64 => Value::F64(cell as f64 / 3.0),
        Type::Str => Value::Str(TEXTS[cell as usize % 4]),
        Type::Time => Value::Time(cell as i64),
        Type::List => Value::List(TEXTS[..cell as usize % 4].to_vec()),
    });
}

/// Row after row, by the values.
fn row_by_row(from: &Batch, rows: impl IntoIterator<Item = usize>, to: &mut Batch) {
    for row in rows {
        to.late_ns.set(to.len(), from.late(row));
        to.id.push(from.id[row]);
        to.born_ns.push(from.born_ns[row]);
        to.columns.iter_mut().zip(&from.columns).for_each(|(to, from)| to.push(from.value(row)));
    }
}

proptest! {
    #[test]
    fn rows_come_the_same_by_range_by_index_and_one_by_one(
        (_, first, second) in batches(),
        picked in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        keep in prop::collection::vec(any::<bool>(), 40),
    ) {
        let (mut extended, mut gathered, mut by_row) = (first.clone(), first.clone(), first.clone());
        let half = second.len() / 2;
        extended.extend(&second, half, second.len());
        row_by_row(&second, half..second.len(), &mut by_row);
        prop_assert_eq!(&extended, &by_row);
        gathered.gather(&second, &(half as u32..second.len() as u32).collect::<Vec<_>>());
        prop_assert_eq!(&gathered, &by_row);

        if !second.is_empty() {
            let picked: Vec<u32> = picked.iter().map(|at| at.index(second.len()) as u32).collect();
            gathered.gather(&second, &picked);
            row_by_row(&second, picked.into_iter().map(|row| row as usize), &mut by_row);
        }
        prop_assert_eq!(&gathered, &by_row);

        let keep: Vec<bool> = keep.into_iter().cycle().take(gathered.len()).collect();
        let mut kept = gathered.clone();
        kept.clear();
        row_by_row(&gathered, (0..keep.len()).filter(|row| keep[*row]), &mut kept);
        gathered.retain(&keep);
        prop_assert_eq!(&gathered, &kept);
    }
}

#[test]
fn a_batch_in_order_carries_no_lateness_and_one_that_is_emptied_none_either() {
    let mut batch = empty(&[]);
    batch.id.extend([1, 2, 3]);
    batch.born_ns.extend([1, 2, 3]);
    batch.late_ns.set(1, 0);
    assert!(batch.late_ns.is_empty());
    batch.late_ns.set(1, 5);
    assert_eq!((0..3).map(|row| batch.late(row)).collect::<Vec<_>>(), [0, 5, 0]);
    let mut other = batch.clone();
    other.retain(&[true, false, true]);
    assert!(other.late_ns.is_empty(), "only rows that are not late are left");
    other.extend(&batch, 0, 3);
    assert_eq!(other.late_ns.as_slice(), [0, 0, 0, 5]);
    batch.late_ns.set(1, 0);
    assert!(batch.late_ns.is_empty());
    other.clear();
    assert!(other.late_ns.is_empty());
}
