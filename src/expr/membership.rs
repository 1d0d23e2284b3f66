//! One value held against several: BETWEEN and IN. The value is found once.

use super::compare::{self, Compare};
use super::logic::{self, Join};
use super::node::Node;
use super::view::{bools, strict, zero_nulls};
use crate::data::{Batch, Column, Values};
use std::cmp::Ordering;

/// `value ⋛ test₁ AND value ⋛ test₂ …`, or with OR: BETWEEN, and IN over what is not literal.
#[derive(Clone)]
pub(super) struct Against {
    pub value: Node,
    pub tests: Vec<(Compare, Node)>,
    pub join: Join,
    pub scratch: Column,
}

impl Against {
    pub(super) fn operands(&self, see: &mut dyn FnMut(&Node)) {
        see(&self.value);
        self.tests.iter().for_each(|(_, test)| see(test));
    }

    pub(super) fn fill(&mut self, batch: &Batch, out: &mut Column) {
        let rows = batch.len();
        self.value.run(batch);
        for (i, (compare, test)) in self.tests.iter_mut().enumerate() {
            test.run(batch);
            let (value, test) = (self.value.view(batch), test.view(batch));
            if i == 0 {
                compare::apply(*compare, value, test, rows, out);
                continue;
            }
            self.scratch.clear();
            compare::apply(*compare, value, test, rows, &mut self.scratch);
            logic::join(self.join, out, super::view::View { column: &self.scratch, one: false });
        }
    }
}

/// `value IN (…)` over literals of the value's own type.
#[derive(Clone)]
pub(super) struct Within {
    pub value: Node,
    pub set: Set,
    /// The list holds a NULL: what is not found may or may not be equal to it.
    pub null: bool,
}

/// The literals, sorted.
#[derive(Clone)]
pub(super) enum Set {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<Box<str>>),
}

/// The order of floats that are no NaN.
fn by_value(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

impl Set {
    /// The values of one-row columns, NULLs left out; `None` for a type that is not searched for in a set.
    pub(super) fn of<'a>(literals: impl Iterator<Item = &'a Column> + Clone) -> Option<Set> {
        let valid = literals.clone().filter(|literal| literal.valid.get(0));
        let mut set = match &literals.clone().next()?.values {
            Values::I64(_) | Values::Time(_) => Set::Ints(Vec::new()),
            Values::F64(_) => Set::Floats(Vec::new()),
            Values::Str(_) => Set::Texts(Vec::new()),
            Values::Bool(_) | Values::List(_) => return None,
        };
        for literal in valid {
            match (&mut set, &literal.values) {
                (Set::Ints(set), Values::I64(of) | Values::Time(of)) => set.push(of[0]),
                (Set::Floats(set), Values::F64(of)) => set.push(of[0]),
                (Set::Texts(set), Values::Str(of)) => set.push(of.get(0).into()),
                _ => return None,
            }
        }
        match &mut set {
            Set::Ints(set) => set.sort_unstable(),
            Set::Floats(set) => set.sort_unstable_by(by_value),
            Set::Texts(set) => set.sort_unstable(),
        }
        Some(set)
    }
}

impl Within {
    pub(super) fn fill(&mut self, batch: &Batch, out: &mut Column) {
        let rows = batch.len();
        self.value.run(batch);
        let value = self.value.view(batch);
        let (values, valid) = bools(out);
        strict(&[value], rows, valid);
        match &self.set {
            Set::Ints(set) => {
                let of = value.ints();
                values.extend((0..rows).map(|row| set.binary_search(&of.get(row)).is_ok()));
            }
            Set::Floats(set) => {
                let of = value.floats();
                let found = |x: f64| set.binary_search_by(|of| by_value(of, &x)).is_ok();
                values.extend((0..rows).map(|row| found(of.get(row))));
            }
            Set::Texts(set) => {
                let found = |text: &str| set.binary_search_by(|of| of.as_ref().cmp(text)).is_ok();
                values.extend((0..rows).map(|row| found(value.text(row))));
            }
        }
        if self.null {
            (0..rows).filter(|row| !values[*row]).for_each(|row| valid.set(row, false));
        }
        zero_nulls(values, valid);
    }
}
