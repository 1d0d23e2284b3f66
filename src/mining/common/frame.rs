//! The stage around a classifier: it answers each record, then learns it where its label is known.

use super::Classifier;
use super::Row;
use super::added::{Added, push_class};
use super::explained;
use super::learner::{Desk, Learner, bytes_of};
use super::lesson::{Given, Told};
use super::lots::Lots;
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
    let report = report::<C>(&given);
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
        told: 0,
        lots: Lots::default(),
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

fn report<C: Classifier>(given: &Given) -> Schema {
    let keys = given.keys.iter().flat_map(|keys| keys.fields.clone());
    let mut report = Schema { fields: keys.collect() };
    if let Some(explained) = given.explained {
        return explained::schema(explained, given.label_field.of, report);
    }
    if given.told == Told::Classes {
        report = report.with("class", given.label_field.of);
        return scores::BY_CLASS.iter().fold(report, |report, (name, of)| report.with(name, *of));
    }
    let all = scores::FIELDS.iter().chain(&OURS);
    let report = all.fold(report, |report, (name, of)| report.with(name, *of));
    C::COUNTS.iter().fold(report, |report, name| report.with(name, Type::I64))
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
    /// How many rows of a long report were told.
    told: usize,
    lots: Lots,
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
    if let Some(path) = added.path(predicted, given) {
        explained::write_path(learner, given, record, &mut desk.texts, path);
    }
    let mut number = [0; 8];
    let label = bytes_of(&batch.columns[given.label], row, &mut number);
    let answer = Answer { predicted, shares: &desk.shares, baselines: learner.scores.baselines() };
    let correct = label.and_then(|label| learner.learn(record, label, answer, given));
    added.answer(predicted, &desk.shares, correct, &learner.classes, given);
}

impl<C: Classifier> Operator for Frame<C> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Frame { given, states, features, desk, added, lots, .. } = self;
        features.gather(batch, &given.features);
        added.begin(batch, given);
        match states {
            // The way to an answer is known before the record is learned only.
            States::One(learner) if given.threads > 1 && !given.path => {
                lots.work(learner, (batch, features), given, desk, added);
            }
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
        let Frame { given, states, told, .. } = self;
        match states {
            States::One(learner) => {
                let rows = tell(learner, given, out, (&[], *told, cx.records_max));
                *told += cx.records_max;
                if *told < rows {
                    return Ok(Next::Again);
                }
                *told = 0;
            }
            States::Each(each) => {
                while let Some((key, learner)) = each.next_unreported() {
                    tell(learner, given, out, (key, 0, usize::MAX));
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

/// Adds a model's rows to its report, each beginning with the model's key: a tree's from one row on, so many at most.
/// Answers how many there are in all.
fn tell<C: Classifier>(
    learner: &Learner<C>,
    given: &Given,
    out: &mut Batch,
    (key, from, most): (&[u8], usize, usize),
) -> usize {
    let Learner { classes, scores, told: tally, .. } = learner;
    let width = given.keys.as_ref().map_or(0, |keys| keys.columns.len());
    let (keys, rest) = out.columns.split_at_mut(width);
    let mut name = || {
        key::read(key, keys).expect("the key was made of these columns");
    };
    if let Some(explained) = given.explained {
        return explained::write(learner, given, (explained, from, most), rest, name);
    }
    match given.told {
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
            let counts = counts.into_iter().chain(learner.model.counts());
            ours.iter_mut().zip(counts).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        }
    }
    0
}
