//! Rows with a step that is full: what is called, when, and how much comes to it.

use super::*;
use crate::data::{Type, Value};
use crate::operator::{Account, Cx};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Wants to be called at this time, and makes so many records at its end, one a call.
#[derive(Clone)]
struct Makes {
    at: u64,
    left: usize,
}

impl Operator for Makes {
    fn process(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        Ok(Next::At(self.at))
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        self.left -= 1;
        batch.id.push(cx.new_id());
        batch.born_ns.push(0);
        batch.columns[0].push(Value::I64(1));
        Ok(Next::Again)
    }
}

/// Holds what comes, lets one go with each call that brings nothing, and is full with two.
#[derive(Clone)]
struct Holds {
    held: usize,
    most: Arc<AtomicUsize>,
}

impl Operator for Holds {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.held = if batch.is_empty() { self.held.saturating_sub(1) } else { self.held + batch.len() };
        self.most.fetch_max(self.held, Ordering::Relaxed);
        batch.clear();
        Ok(if self.held < 2 { Next::Wait } else { Next::Full(500) })
    }

    fn finish(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.held = self.held.saturating_sub(1);
        Ok(if self.held > 0 { Next::Again } else { Next::End })
    }
}

fn row(makes: Makes, most: &Arc<AtomicUsize>) -> (Steps, Batch, Desk) {
    let schema = Schema::of(&[("x", Type::I64)]);
    let holds = Holds { held: 0, most: most.clone() };
    let inputs = [Input::new("input", schema.clone())];
    let makes = Planned::new(schema.clone(), move || makes.clone());
    let holds = Planned::new(schema.clone(), move || holds.clone());
    let steps = Steps::of(vec![
        Made::new("makes", &makes, &inputs, Place::Middle),
        Made::new("holds", &holds, &inputs, Place::Middle),
    ]);
    (steps, Batch::new(&schema), Desk::new(Cx::new("run", "stage", Account::new(2, 0, 2))))
}

#[test]
fn a_time_that_a_step_before_a_full_one_wants_is_not_waited_for() {
    let (mut steps, mut batch, mut desk) = row(Makes { at: 100, left: 0 }, &Arc::default());
    steps.process(0, &mut batch, &mut desk).unwrap();
    assert_eq!((steps.full(), steps.due_ns(), steps.due(0, 100)), (None, 100, Some(0)));
    for _ in 0..2 {
        batch.id.push(0);
        batch.born_ns.push(0);
        batch.columns[0].push(Value::I64(1));
    }
    steps.process(0, &mut batch, &mut desk).unwrap();
    assert_eq!((steps.full(), steps.due_ns(), steps.due(1, 100)), (Some(1), 500, None));
}

#[test]
fn a_step_that_finishes_does_not_fill_one_that_is_full() {
    let most = Arc::default();
    let (mut steps, mut batch, mut desk) = row(Makes { at: 100, left: 50 }, &most);
    let (mut calls, mut waits) = (0, 0);
    while steps.finish(&mut batch, &mut desk).unwrap() {
        calls += 1;
        waits += usize::from(steps.full_behind() == Some(1));
        assert!(calls < 1000, "it comes to its end");
    }
    assert_eq!(most.load(Ordering::Relaxed), 2, "no more than it takes");
    assert!(waits > 40, "it was waited for: {waits}");
}
