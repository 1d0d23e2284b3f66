//! What a classifier's stage says about itself: how good its answers were, and what became of its records.

use crate::data::{Batch, Column, Schema, Type, Value, key};
use crate::mining::common::Classifier;
use crate::mining::common::added::push_class;
use crate::mining::common::explained;
use crate::mining::common::late::Late;
use crate::mining::common::learner::Learner;
use crate::mining::common::lesson::{DRIFT, Given, LATE, OURS, Told};
use crate::mining::common::scores;

/// The columns of the report.
pub(super) fn report<C: Classifier>(given: &Given) -> Schema {
    let keys = given.keys.iter().flat_map(|keys| keys.fields.clone());
    let keys = Schema { fields: keys.collect() };
    let with = |report: Schema, fields: &[(&str, Type)]| {
        fields.iter().fold(report, |report, (name, of)| report.with(name, *of))
    };
    if let Some(explained) = given.explained {
        return explained::schema(explained, given.label_field.of, keys);
    }
    if given.told == Told::Classes {
        return with(keys.with("class", given.label_field.of), &scores::BY_CLASS);
    }
    let mut report = with(with(keys, &scores::FIELDS), &OURS);
    report = C::COUNTS.iter().fold(report, |report, name| report.with(name, Type::I64));
    if given.on_drift.is_some() {
        report = with(report, &DRIFT);
    }
    if given.labels.is_some() {
        report = with(report, &LATE);
    }
    report
}

/// Adds a model's rows to the report, each beginning with the model's key: a tree's from one row on, so many at most.
/// Answers how many there are in all.
pub(super) fn tell<C: Classifier>(
    learner: &Learner<C>,
    (given, late): (&Given, Option<&Late>),
    out: &mut Batch,
    (key, from, most): (&[u8], usize, usize),
) -> usize {
    let width = given.keys.as_ref().map_or(0, |keys| keys.fields.len());
    let (keys, rest) = out.columns.split_at_mut(width);
    let mut name = || {
        key::read(key, keys).expect("the key was made of these columns");
    };
    if let Some(explained) = given.explained {
        return explained::write(learner, given, (explained, from, most), rest, name);
    }
    let Learner { classes, scores, told, .. } = learner;
    if given.told == Told::Classes {
        let (class, rest) = rest.split_first_mut().expect("a row names its class");
        scores::write_classes(scores, rest, |code| {
            name();
            push_class(class, classes.bytes(code));
        });
        return 0;
    }
    name();
    let (scored, rest) = rest.split_at_mut(scores::FIELDS.len());
    scores.write(scored);
    let whole = |n: u64| Value::I64(n as i64);
    let mut row: Vec<Value<'_>> =
        [classes.len() as u64, told.learned, told.incomplete, told.beyond].map(whole).to_vec();
    row.extend(learner.model.counts().into_iter().map(whole));
    if given.on_drift.is_some() {
        let at = if told.drifts == 0 { Value::Null } else { whole(told.drift_at) };
        row.extend([whole(told.drifts), at]);
    }
    if let Some(late) = late {
        let counts = late.counts();
        row.extend([late.waiting() as u64, counts.in_vain[0], counts.in_vain[1]].map(whole));
    }
    push(rest, row);
    0
}

fn push(columns: &mut [Column], row: Vec<Value<'_>>) {
    columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
}
