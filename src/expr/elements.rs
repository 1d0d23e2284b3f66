//! `any(list, condition)` and `all(list, condition)`: a condition held against each item of a list, for all lists of a
//! batch at once.

use super::logic::Join;
use super::node::Node;
use super::view::{bools, strict, zero_nulls};
use crate::data::{Batch, Column, Type, Value};

#[derive(Clone)]
pub(super) struct Elements {
    pub list: Node,
    /// Over the columns of the record and one more behind them: the item.
    pub test: Node,
    /// Or: any. And: all.
    pub join: Join,
    /// The columns of the record that the condition reads.
    beside: Vec<usize>,
    /// Items of several records, a row each.
    items: Batch,
    /// The record of each of them.
    of: Vec<u32>,
    /// One of them alone.
    one: Batch,
    /// Records of which an item had no answer.
    unsure: Vec<bool>,
}

/// So many items are looked at in one go; fewer where the texts beside them are long.
const ITEMS_MAX: usize = 1 << 16;
const BYTES_MAX: usize = 16 << 20;

impl Elements {
    /// `columns` are the types of the record's columns.
    pub(super) fn new(list: Node, test: Node, join: Join, columns: impl Iterator<Item = Type>) -> Elements {
        let mut items = Batch::default();
        items.columns.extend(columns.chain([Type::Str]).map(Column::new));
        let mut beside = Vec::new();
        test.columns(&mut beside);
        beside.retain(|column| *column < items.columns.len() - 1);
        beside.sort_unstable();
        let one = items.clone();
        Elements { list, test, join, beside, items, of: Vec::new(), one, unsure: Vec::new() }
    }

    pub(super) fn operands(&self, see: &mut dyn FnMut(&Node)) {
        see(&self.list);
        see(&self.test);
    }

    pub(super) fn fill(&mut self, batch: &Batch, out: &mut Column) {
        let rows = batch.len();
        self.list.run(batch);
        let (values, valid) = bools(out);
        // Nothing of an empty list is true, and all of it.
        values.resize(rows, self.join == Join::And);
        self.unsure.clear();
        self.unsure.resize(rows, false);
        let Elements { list, test, join, beside, items, of, one, unsure } = self;
        let lists = list.view(batch);
        strict(&[lists], rows, valid);
        let mut bytes = 0;
        for row in (0..rows).filter(|row| lists.valid(*row)) {
            for text in lists.list(row) {
                of.push(row as u32);
                bytes += take(items, batch, row, text, beside);
                if of.len() >= ITEMS_MAX || bytes >= BYTES_MAX {
                    judge(test, *join, items, of, one, values, unsure);
                    bytes = 0;
                }
            }
        }
        judge(test, *join, items, of, one, values, unsure);
        let open = unsure.iter().enumerate().filter(|(_, unsure)| **unsure);
        for (row, _) in open.filter(|(row, _)| values[*row] == (*join == Join::And)) {
            valid.set(row, false);
        }
        zero_nulls(values, valid);
    }
}

/// Makes a row of an item, with what the condition reads beside it; says how many bytes of text that may be.
fn take(items: &mut Batch, batch: &Batch, row: usize, text: &str, beside: &[usize]) -> usize {
    items.id.push(0);
    items.born_ns.push(0);
    let mut bytes = text.len();
    for column in beside {
        let of = &batch.columns[*column];
        items.columns[*column].extend(of, row, row + 1);
        bytes += match of.value(row) {
            Value::Str(text) => text.len(),
            Value::List(texts) => texts.iter().map(|text| text.len()).sum(),
            _ => 0,
        };
    }
    items.columns.last_mut().expect("the item is the last of them").push(Value::Str(text));
    bytes
}

/// Holds the condition against the items that were taken.
fn judge(
    test: &mut Node,
    join: Join,
    items: &mut Batch,
    of: &mut Vec<u32>,
    one: &mut Batch,
    values: &mut [bool],
    unsure: &mut [bool],
) {
    let decides = join == Join::Or;
    let mut answered = |row: u32, answer: Option<bool>| match answer {
        None => unsure[row as usize] = true,
        Some(answer) if answer == decides => values[row as usize] = decides,
        Some(_) => {}
    };
    test.run(items);
    if test.is_full() {
        // One by one, so that what is said of a record does not depend on those beside it.
        for (at, row) in of.iter().enumerate() {
            one.clear();
            one.id.push(0);
            one.born_ns.push(0);
            let both = one.columns.iter_mut().zip(&items.columns);
            both.filter(|(_, from)| !from.is_empty()).for_each(|(to, from)| to.extend(from, at, at + 1));
            test.run(one);
            let view = test.view(one);
            answered(*row, view.valid(0).then(|| view.bools().get(0)));
        }
    } else {
        let view = test.view(items);
        let answers = view.bools();
        for (at, row) in of.iter().enumerate() {
            answered(*row, view.valid(at).then(|| answers.get(at)));
        }
    }
    items.clear();
    of.clear();
}
