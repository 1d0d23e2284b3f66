//! CASE and COALESCE: for each row the value of one of several branches. All branches are found for whole
//! columns; nothing in an expression can fail, so finding too much does no harm.

use super::compare::{self, Compare};
use super::node::Node;
use super::text::ROOM;
use super::view::View;
use crate::data::{Batch, Column, Values};

#[derive(Clone)]
pub(super) struct Choose {
    pub by: By,
    /// One for each test, and one more for ELSE.
    pub branches: Vec<Node>,
    /// The branch of each row.
    pub chosen: Vec<usize>,
}

/// What chooses a branch: the first test that is true.
#[derive(Clone)]
pub(super) enum By {
    /// CASE WHEN test THEN …
    Tests(Vec<Node>),
    /// CASE value WHEN of THEN …
    Value { value: Box<Node>, of: Vec<Node>, equal: Column },
    /// COALESCE: the branch is not NULL.
    Valid,
}

/// Rows for which no test was true yet.
const NONE: usize = usize::MAX;

impl Choose {
    pub(super) fn operands(&self, see: &mut dyn FnMut(&Node)) {
        match &self.by {
            By::Tests(tests) => tests.iter().for_each(&mut *see),
            By::Value { value, of, .. } => {
                see(value);
                of.iter().for_each(&mut *see);
            }
            By::Valid => {}
        }
        self.branches.iter().for_each(see);
    }

    pub(super) fn fill(&mut self, batch: &Batch, out: &mut Column) {
        self.branches.iter_mut().for_each(|branch| branch.run(batch));
        self.choose(batch);
        for (row, branch) in self.chosen.iter().enumerate() {
            match self.branches.get(*branch) {
                Some(branch) => {
                    let View { column, one } = branch.view(batch);
                    let at = if one { 0 } else { row };
                    out.extend_within(ROOM, column, at, at + 1);
                }
                None => out.push_null(),
            }
        }
    }

    fn choose(&mut self, batch: &Batch) {
        self.chosen.clear();
        self.chosen.resize(batch.len(), NONE);
        let chosen = &mut self.chosen;
        let tests = match &mut self.by {
            By::Tests(tests) => {
                for (i, test) in tests.iter_mut().enumerate() {
                    test.run(batch);
                    take(chosen, i, test.view(batch));
                }
                tests.len()
            }
            By::Value { value, of, equal } => {
                value.run(batch);
                for (i, of) in of.iter_mut().enumerate() {
                    of.run(batch);
                    equal.clear();
                    compare::apply(Compare::Eq, value.view(batch), of.view(batch), batch.len(), equal);
                    take(chosen, i, View { column: equal, one: false });
                }
                of.len()
            }
            By::Valid => {
                for (i, branch) in self.branches.iter().enumerate() {
                    let branch = branch.view(batch);
                    let open = chosen.iter_mut().enumerate().filter(|(_, at)| **at == NONE);
                    open.filter(|(row, _)| branch.valid(*row)).for_each(|(_, at)| *at = i);
                }
                return;
            }
        };
        // ELSE, where there is one: else no branch has this index.
        chosen.iter_mut().filter(|at| **at == NONE).for_each(|at| *at = tests);
    }
}

/// Gives the branch `i` to the rows that have none yet and whose test is true; the slot of a NULL holds false.
fn take(chosen: &mut [usize], i: usize, test: View<'_>) {
    assert!(matches!(test.column.values, Values::Bool(_)), "a test of CASE is planned as bool");
    let test = test.bools();
    let open = chosen.iter_mut().enumerate().filter(|(_, at)| **at == NONE);
    open.filter(|(row, _)| test.get(*row)).for_each(|(_, at)| *at = i);
}
