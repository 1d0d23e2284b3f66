//! What is done with a record and with a label: test, then train.

use super::{Frame, NO_KEY, NO_LABEL};
use crate::data::Batch;
use crate::mining::common::added::Added;
use crate::mining::common::explained;
use crate::mining::common::late::Late;
use crate::mining::common::learner::{Desk, Learner, bytes_of};
use crate::mining::common::lesson::{Given, OnDrift};
use crate::mining::common::scores::Answer;
use crate::mining::common::{Classifier, Row};
use crate::operator::{Cx, States};

/// What a record is worked on with, besides its learner.
struct Tools<'a, C> {
    given: &'a Given,
    fresh: &'a C,
    desk: &'a mut Desk,
    added: &'a mut Added,
}

impl<C: Classifier> Tools<'_, C> {
    /// Answers one record and learns it, its label being a column.
    #[inline]
    fn at_once(&mut self, learner: &mut Learner<C>, (batch, row): (&Batch, usize), numeric: Option<&[f64]>) {
        let Tools { given, fresh, desk, added } = self;
        if given.is_drift(batch, row) {
            learner.drifted(0, (given, fresh));
        }
        let Some(numeric) = numeric.filter(|_| learner.code(batch, row, given, &mut desk.codes)) else {
            learner.told.incomplete += 1;
            return added.nothing();
        };
        let record = Row { numeric, nominal: &desk.codes };
        let predicted = learner.answer(record, &mut desk.shares);
        if let Some(path) = added.path(predicted, given) {
            explained::write_path(learner, given, record, &mut desk.texts, path);
        }
        let mut number = [0; 8];
        let label = given.label.and_then(|at| bytes_of(&batch.columns[at], row, &mut number));
        let answer =
            Answer { predicted, shares: &desk.shares, ranked: true, baselines: learner.scores.baselines() };
        let correct = label.and_then(|label| learner.learn(record, label, answer, (given, fresh)));
        added.answer(predicted, &desk.shares, correct, &learner.classes, given);
    }

    /// Answers one record, whose label comes later, or has come before it.
    fn later(
        &mut self,
        learner: &mut Learner<C>,
        (batch, row): (&Batch, usize),
        numeric: Option<&[f64]>,
        late: &mut Late,
        cx: &mut Cx,
    ) {
        let Tools { given, fresh, desk, added } = self;
        if given.is_drift(batch, row) {
            learner.drifted(0, (given, fresh));
        }
        let labelled = late.record(batch, row, cx);
        let Some(numeric) = numeric.filter(|_| learner.code(batch, row, given, &mut desk.codes)) else {
            learner.told.incomplete += 1;
            added.nothing();
            if !labelled {
                late.wait(batch, row, cx);
            }
            return;
        };
        let record = Row { numeric, nominal: &desk.codes };
        let predicted = learner.answer(record, &mut desk.shares);
        if let Some(path) = added.path(predicted, given) {
            explained::write_path(learner, given, record, &mut desk.texts, path);
        }
        let baselines = learner.scores.baselines();
        let mut correct = None;
        if labelled {
            let label = late.found.class().expect("a label has a class");
            let answer = Answer { predicted, shares: &desk.shares, ranked: true, baselines };
            correct = learner.learn(record, label, answer, (given, fresh));
        } else {
            let found = &mut late.found;
            if let Some(class) = predicted {
                found.set_class(learner.classes.bytes(class));
            }
            (found.predicted, found.baselines, found.born) = (predicted, baselines, learner.born);
            found.cells.extend_from_slice(numeric);
            found.cells.extend(desk.codes.iter().map(|code| f64::from(*code)));
            found.cells.extend_from_slice(&desk.shares);
            late.wait(batch, row, cx);
        }
        added.answer(predicted, &desk.shares, correct, &learner.classes, given);
    }

    /// Learns a record that has waited, whose label has come.
    fn at_last(&mut self, learner: &mut Learner<C>, label: &[u8], late: &mut Late) {
        let Tools { given, fresh, desk, .. } = self;
        let found = &late.found;
        let Some((numeric, rest)) = found.cells.split_at_checked(given.features.len()) else { return };
        let Some((codes, shares)) = rest.split_at_checked(given.nominal.len()) else { return };
        desk.codes.clear();
        desk.codes.extend(codes.iter().map(|code| *code as u32));
        let answer = Answer { predicted: found.predicted, shares, ranked: true, baselines: found.baselines };
        learner.learn(Row { numeric, nominal: &desk.codes }, label, answer, (given, fresh));
    }
}

impl<C: Classifier> Frame<C> {
    /// Records come: each is answered, and learned from where its label is known.
    pub(super) fn records(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let Frame { given, fresh, states, features, desk, added, late, lots, .. } = self;
        features.gather(batch, &given.features);
        added.begin(batch, given);
        // What depends on the model as it is before each record is not for several threads.
        let alone =
            given.threads == 1 || given.path || late.is_some() || given.on_drift == Some(OnDrift::Reset);
        if let (States::One(learner), false) = (&mut *states, alone) {
            lots.work(learner, (batch, features), (given, fresh), desk, added);
            return added.end(batch);
        }
        let mut tools = Tools { given, fresh, desk, added };
        let gone = states.begin(cx);
        for (row, point) in features.points().enumerate() {
            let learner = states.state(batch, row);
            let Some(late) = late else {
                tools.at_once(learner, (batch, row), point);
                continue;
            };
            if learner.born == 0 {
                learner.born = late.new_born();
            }
            tools.later(learner, (batch, row), point, late, cx);
        }
        states.tell_gone(gone, cx);
        added.end(batch);
    }

    /// Labels come: each is learned with its record, or waits for it. None goes on.
    pub(super) fn labels(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let Frame { given, fresh, states, desk, added, late, .. } = self;
        let late = late.as_mut().expect("labels come where the plan has them");
        let mut tools = Tools { given, fresh, desk, added };
        let mut number = [0; 8];
        let mut rejected = 0;
        for row in 0..batch.len() {
            let label = bytes_of(&batch.columns[late.label()], row, &mut number);
            let reason = if label.is_none() { NO_LABEL } else { NO_KEY };
            let Some(label) = label.filter(|_| late.has_key(batch, row)) else {
                cx.reject(batch, row, reason);
                rejected += 1;
                continue;
            };
            if !late.label_for(batch, row, label, cx) {
                continue;
            }
            let learner = match states {
                States::One(learner) => Some(learner),
                States::Each(each) => each.known(&late.found.of),
            };
            match learner.filter(|learner| learner.born == late.found.born || late.found.cells.is_empty()) {
                Some(learner) => tools.at_last(learner, label, late),
                None => late.in_vain(label, cx),
            }
        }
        cx.absorbed(batch.len() as u64 - rejected);
        batch.reset(&given.output);
    }
}
