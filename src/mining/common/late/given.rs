//! What a topology says of labels that come later than their records, by an inlet of their own.

use crate::data::{Field, Schema, Type};
use crate::operator::column;
use crate::params::{JsonSchema, Names, Problem};
use crate::units::Span;
use serde::Deserialize;

/// How long is waited.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Wait {
    /// So many wait at most; with one more the oldest is let go.
    #[serde(default = "records")]
    #[schemars(range(min = 1, max = 100000000))]
    records: usize,
    /// So long in event time, "7d" if absent; without event time they wait however long it takes.
    time: Option<Span>,
}

fn records() -> usize {
    100_000
}

const WEEK: u64 = 7 * 86_400_000;

/// What is said of them.
#[derive(Clone, Copy)]
pub(in crate::mining::common) struct Asked<'a> {
    pub(in crate::mining::common) key: Option<&'a Names>,
    pub(in crate::mining::common) label_key: Option<&'a Names>,
    pub(in crate::mining::common) wait: Option<Wait>,
    /// What stands before the name of the prediction.
    pub(in crate::mining::common) prefix: &'a str,
}

/// The same, checked against the columns of both inlets.
#[derive(Clone)]
pub(in crate::mining::common) struct Labels {
    pub(super) label: usize,
    /// The columns of the key: of records, and of labels.
    pub(super) record_key: Vec<usize>,
    pub(super) label_key: Vec<usize>,
    /// The columns of event time, where there is one.
    pub(super) record_time: Option<usize>,
    pub(super) label_time: Option<usize>,
    pub(super) records_max: usize,
    pub(super) time_max: u64,
    /// Rows of records that got no label, and of labels that found no record.
    pub(in crate::mining::common) unlabelled: Schema,
    pub(in crate::mining::common) late: Schema,
}

impl Labels {
    /// `None` where labels come with their records, or something is wrong with them.
    pub(in crate::mining::common) fn check(
        asked: Asked<'_>,
        records: &Schema,
        labels: Option<&Schema>,
        label: Option<usize>,
        problems: &mut Vec<Problem>,
    ) -> Option<Labels> {
        let (Some(labels), Some(key)) = (labels, asked.key) else {
            missing(asked, labels.is_some(), problems);
            return None;
        };
        let record_key = columns("key", key, records, problems);
        let (name, names) = match asked.label_key {
            Some(names) => ("label_key", names),
            None => ("key", key),
        };
        let label_key = columns(name, names, labels, problems);
        is_label(name, names, label_key.as_deref(), label, problems);
        let types = |schema: &Schema, key: &[usize]| -> Vec<Type> {
            key.iter().map(|at| schema.fields[*at].of).collect()
        };
        let (ours, theirs) = (types(records, &record_key?), types(labels, &label_key.clone()?));
        if ours != theirs {
            let shown = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
            let what = format!(
                "a label finds its record by the same values, and they are {} of the records and {} of the labels \
                 (name as many columns of the same types, or cast one)",
                shown(&ours),
                shown(&theirs)
            );
            problems.push(Problem::at(name, what));
        }
        let time = asked.wait.and_then(|wait| wait.time);
        if time.is_some() && records.time().is_none() {
            let what = "records have no event time to wait by: name its column at their source with time = \"…\", or \
                        leave this out";
            let path = vec!["wait".to_string(), "time".to_string()];
            problems.push(Problem { path, ..Problem::whole(what) });
        }
        let record_key = columns("key", key, records, &mut Vec::new())?;
        let label_key = label_key?;
        let field = |schema: &Schema, at: usize| Field::new(&schema.fields[at].name, schema.fields[at].of);
        let keyed = |schema: &Schema, key: &[usize]| Schema {
            fields: key.iter().map(|at| field(schema, *at)).collect(),
        };
        let label = label?;
        let of = labels.fields[label].of;
        Some(Labels {
            label,
            record_time: records.time(),
            label_time: labels.time(),
            records_max: asked.wait.map_or(records_max(), |wait| wait.records),
            time_max: time.unwrap_or(Span::from_ms(WEEK)).ns,
            unlabelled: keyed(records, &record_key).with(&format!("{}predicted", asked.prefix), of),
            late: keyed(labels, &label_key).with(&labels.fields[label].name, of),
            record_key,
            label_key,
        })
    }
}

impl Labels {
    /// By which columns a label finds its record, and how long both wait.
    pub(in crate::mining::common) fn told(&self) -> String {
        let names = |schema: &Schema| {
            let (_, key) = schema.fields.split_last().expect("a row has a class");
            key.iter().map(Field::to_string).collect::<Vec<_>>().join(", ")
        };
        let (ours, theirs) = (names(&self.unlabelled), names(&self.late));
        let time = Span { ns: self.time_max };
        format!("key {ours} as {theirs}, wait {} or {time}", self.records_max)
    }
}

fn records_max() -> usize {
    records()
}

/// Labels without a key, or what only labels that come later have use for.
fn missing(asked: Asked<'_>, later: bool, problems: &mut Vec<Problem>) {
    if later {
        let what = "labels come by an inlet of their own: say key = \"…\", the columns by which a label finds its \
                    record";
        problems.push(Problem::whole(what));
    }
    let given = [
        ("key", asked.key.is_some()),
        ("label_key", asked.label_key.is_some()),
        ("wait", asked.wait.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(key, given)| *given && !(later && *key != "key")) {
        let what = "labels come with their records here: leave it out, or say which stage they come from, as in \
                    from = { records = \"…\", labels = \"…\" }";
        problems.push(Problem::at(key, what));
    }
}

/// A label that is part of its own key would tell what is to be foretold.
fn is_label(
    name: &str,
    names: &Names,
    key: Option<&[usize]>,
    label: Option<usize>,
    problems: &mut Vec<Problem>,
) {
    if let Some(at) = key.and_then(|key| key.iter().position(|column| Some(*column) == label)) {
        let what = format!("\"{}\" is the label, which is what is to be foretold", names.all()[at]);
        problems.push(Problem { path: names.path(name, at), ..Problem::whole(what) });
    }
}

/// The columns of a key; `None` when one is not there.
fn columns(key: &str, names: &Names, schema: &Schema, problems: &mut Vec<Problem>) -> Option<Vec<usize>> {
    let told = problems.len();
    let mut columns = Vec::new();
    for (at, name) in names.all().iter().enumerate() {
        match column(schema, key, name) {
            Ok(found) if columns.contains(&found) => {
                let what = format!("\"{name}\" is named twice");
                problems.push(Problem { path: names.path(key, at), ..Problem::whole(what) });
            }
            Ok(found) => columns.push(found),
            Err(problem) => problems.push(Problem { path: names.path(key, at), ..problem }),
        }
    }
    if names.all().is_empty() {
        problems.push(Problem::at(key, "no column is named"));
    }
    (problems.len() == told).then_some(columns)
}
