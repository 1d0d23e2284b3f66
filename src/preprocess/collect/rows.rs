//! The thing that a row brings, and the record that a basket becomes.

use super::open::Closed;
use crate::data::{Batch, Column, Value, Values, key};
use std::fmt::Write;

/// The thing of a row, as a text.
pub(super) fn thing<'a>(column: &'a Column, row: usize, text: &'a mut String) -> Option<&'a str> {
    if !column.valid.get(row) {
        return None;
    }
    match &column.values {
        Values::Str(texts) => Some(texts.get(row)),
        Values::I64(numbers) => {
            text.clear();
            write!(text, "{}", numbers[row]).expect("a string takes all");
            Some(text)
        }
        _ => panic!("things are texts or whole numbers: plan sees to that"),
    }
}

/// Adds the record of a basket.
pub(super) fn write(
    out: &mut Batch,
    timed: bool,
    width: usize,
    closed: &Closed<'_>,
    (id, born_ns): (u64, u64),
) {
    out.id.push(id);
    out.born_ns.push(born_ns);
    let first = usize::from(timed);
    if timed {
        let time = closed.basket.last;
        out.columns[0].push(if time == i64::MIN { Value::Null } else { Value::Time(time) });
    }
    let (keys, own) = out.columns[first..].split_at_mut(width);
    key::read(closed.key, keys).expect("the key was made of these columns");
    let Values::List(lists) = &mut own[0].values else { panic!("things are a list") };
    lists.push(closed.basket.things());
    own[0].valid.push(true);
    own[1].push(Value::I64(closed.basket.len() as i64));
}
