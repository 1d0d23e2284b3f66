//! The stage around a classifier: it answers each record, then learns it where its label is known.

use super::Classifier;
use super::Row;
use super::added::{Added, push_class};
use super::learner::{Desk, Learner, bytes_of};
use super::lesson::{Given, Told};
use super::scores::{self, Answer};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value, key};
use crate::error::{Error, Result};
use crate::numeric::Features;
use crate::operator::{Cx, Next, Operator, Planned, States};

const STATE_VERSION: u16 = 1;

/// What a report says besides scores.
const OURS: [(&str, Type); 4] =
    [("classes", Type::I64), ("learned", Type::I64), ("incomplete", Type::I64), ("beyond", Type::I64)];

/// A classifier as a step of a stage; `model` is what every key begins with.
pub(in crate::mining) fn planned<C: Classifier>(given: Given, model: C) -> Planned {
    let report = report(&given);
    let output = given.output.clone();
    let key = given.keys.as_ref().map_or(Vec::new(), |keys| keys.columns.clone());
    let warnings = given.warnings.clone();
    let frame = Frame {
        states: States::new(given.keys.clone(), Learner::new(model.clone(), &given)),
        names: given.names(),
        planned: model,
        features: Features::default(),
        desk: Desk::default(),
        added: Added::default(),
        given,
    };
    Planned {
        stateful: true,
        per: key,
        report: Some(report),
        warnings,
        ..Planned::new(output, move || frame.clone())
    }
}

fn report(given: &Given) -> Schema {
    let keys = given.keys.iter().flat_map(|keys| keys.fields.clone());
    let mut report = Schema { fields: keys.collect() };
    if given.told == Told::Classes {
        report = report.with("class", given.label_field.of);
        return scores::BY_CLASS.iter().fold(report, |report, (name, of)| report.with(name, *of));
    }
    let all = scores::FIELDS.iter().chain(&OURS);
    all.fold(report, |report, (name, of)| report.with(name, *of))
}

#[derive(Clone)]
struct Frame<C: Classifier> {
    given: Given,
    names: Vec<String>,
    /// A model that has learned nothing.
    planned: C,
    states: States<Learner<C>>,
    features: Features,
    desk: Desk,
    added: Added,
}

/// Answers one record and learns it.
#[inline]
fn work<C: Classifier>(
    learner: &mut Learner<C>,
    (batch, row): (&Batch, usize),
    numeric: Option<&[f64]>,
    given: &Given,
    desk: &mut Desk,
    added: &mut Added,
) {
    let Some(numeric) = numeric.filter(|_| learner.code(batch, row, given, &mut desk.codes)) else {
        learner.told.incomplete += 1;
        return added.nothing();
    };
    let record = Row { numeric, nominal: &desk.codes };
    let predicted = learner.answer(record, &mut desk.shares);
    let mut number = [0; 8];
    let label = bytes_of(&batch.columns[given.label], row, &mut number);
    let answer = Answer { predicted, shares: &desk.shares, baselines: learner.scores.baselines() };
    let correct = label.and_then(|label| learner.learn(record, label, answer, given));
    added.answer(predicted, &desk.shares, correct, &learner.classes, given);
}

impl<C: Classifier> Operator for Frame<C> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Frame { given, states, features, desk, added, .. } = self;
        features.gather(batch, &given.features);
        added.begin(batch, given);
        match states {
            States::One(learner) => {
                for (row, point) in features.points().enumerate() {
                    work(learner, (batch, row), point, given, desk, added);
                }
            }
            States::Each(each) => {
                let gone = each.begin(cx);
                for (row, point) in features.points().enumerate() {
                    work(each.state(batch, row), (batch, row), point, given, desk, added);
                }
                each.tell_gone(gone, cx);
            }
        }
        added.end(batch);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.given.output);
        self.states.report_all();
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let told = self.given.told;
        match &mut self.states {
            States::One(learner) => tell(learner, told, out, &[]),
            States::Each(each) => {
                while let Some((key, learner)) = each.next_unreported() {
                    tell(learner, told, out, key);
                    if out.columns[0].len() >= cx.records_max {
                        return Ok(Next::Again);
                    }
                }
            }
        }
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.names, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let Frame { given, planned, states, names, .. } = self;
        if states.load(STATE_VERSION, names, from, |learner| learner.fits(planned, given))? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other columns, keys or parameters than the topology says, which learns {} (start without \
             it)",
            names.join(", ")
        )))
    }
}

/// Adds a model's rows to its report, each beginning with the model's key.
fn tell<C: Classifier>(learner: &Learner<C>, told: Told, out: &mut Batch, key: &[u8]) {
    let Learner { classes, scores, told: tally, .. } = learner;
    let row = match told {
        Told::Classes => 1 + scores::BY_CLASS.len(),
        Told::Scores => scores::FIELDS.len() + OURS.len(),
    };
    let width = out.columns.len() - row;
    let (keys, rest) = out.columns.split_at_mut(width);
    let mut name = || {
        key::read(key, keys).expect("the key was made of these columns");
    };
    match told {
        Told::Classes => {
            let (class, rest) = rest.split_first_mut().expect("a row names its class");
            scores::write_classes(scores, rest, |code| {
                name();
                push_class(class, classes.bytes(code));
            });
        }
        Told::Scores => {
            name();
            let (scored, ours) = rest.split_at_mut(scores::FIELDS.len());
            scores.write(scored);
            let counts = [classes.len() as u64, tally.learned, tally.incomplete, tally.beyond];
            ours.iter_mut().zip(counts).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
    }
}
