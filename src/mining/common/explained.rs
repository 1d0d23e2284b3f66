//! What a model says of itself instead of its scores: the nodes of its trees, how much each feature helps; and what led
//! a record to its answer.

use super::added::push_class;
use super::codes::{BEYOND, Codes};
use super::learner::Learner;
use super::lesson::{Explained, Given};
use super::tree::{Condition, Holds, NodeView};
use super::{Classifier, Row};
use crate::data::{Column, Schema, Type, Value};
use crate::params::{JsonSchema, Problem};
use serde::Deserialize;
use std::fmt::Write;

/// The parameters by which trees explain themselves.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Explain {
    /// What the report has instead of scores: the nodes of the trees, or how much each feature helps.
    explain: Option<Explained>,
    /// Each record gets a column "path": the conditions that led it to its leaf.
    #[serde(default)]
    path: bool,
}

/// The columns of a node; those of its class lie between.
const NODE: [(&str, Type); 7] = [
    ("tree", Type::I64),
    ("node", Type::I64),
    ("parent", Type::I64),
    ("depth", Type::I64),
    ("condition", Type::Str),
    ("feature", Type::Str),
    ("cut", Type::F64),
];
const CLASSES: [(&str, Type); 5] = [
    ("share", Type::F64),
    ("weight", Type::F64),
    ("weights", Type::Str),
    ("learns", Type::Bool),
    ("text", Type::Str),
];
const IMPORTANCE: [(&str, Type); 2] = [("feature", Type::Str), ("importance", Type::F64)];

impl Explain {
    /// Adds what was asked for to what is given; what is wrong with it to `problems`.
    pub(in crate::mining) fn check(&self, given: &mut Given, problems: &mut Vec<Problem>) {
        (given.explained, given.path) = (self.explain, self.path);
        if self.path {
            let name = format!("{}path", given.prefix);
            if given.output.index(&name).is_some() {
                let what =
                    format!("it adds a column \"{name}\", and there is one already (say prefix = \"…\")");
                problems.push(Problem::at("path", what));
            }
            given.output = given.output.clone().with(&name, Type::List);
        }
        let Some(explained) = self.explain else { return };
        if given.tells_classes() {
            let what = "the report has either that or what \"report\" says (leave one out)";
            problems.push(Problem::at("explain", what));
        }
        let ours = schema(explained, given.label_field.of, Schema::default());
        for field in given.keys.iter().flat_map(|keys| &keys.fields) {
            if ours.index(&field.name).is_some() || ["set", "worker"].contains(&&*field.name) {
                let what = format!("\"{}\" is a column of the report (rename it)", field.name);
                problems.push(Problem::at("per", what));
            }
        }
    }
}

/// The columns of the report, behind those of a key.
pub(super) fn schema(explained: Explained, label: Type, keys: Schema) -> Schema {
    let with = |schema: Schema, columns: &[(&str, Type)]| {
        columns.iter().fold(schema, |schema, (name, of)| schema.with(name, *of))
    };
    match explained {
        Explained::Importance => with(keys, &IMPORTANCE),
        Explained::Tree => with(with(keys, &NODE).with("class", label), &CLASSES),
    }
}

/// Adds rows of a model to the columns behind its key, `first` being called before each: `most` of them at most, from
/// the one of number `from`. Answers how many there are in all.
pub(super) fn write<C: Classifier>(
    learner: &Learner<C>,
    given: &Given,
    (explained, from, most): (Explained, usize, usize),
    columns: &mut [Column],
    mut first: impl FnMut(),
) -> usize {
    let names = Names { given, values: &learner.values, classes: &learner.classes };
    let mut rows = 0;
    let mut takes = || {
        rows += 1;
        (from..from.saturating_add(most)).contains(&(rows - 1))
    };
    match explained {
        Explained::Tree => learner.model.each_node(&mut |tree, node| {
            if takes() {
                first();
                names.node(tree, node, columns);
            }
        }),
        Explained::Importance => {
            for (name, share) in names.importance(&learner.model) {
                if takes() {
                    first();
                    columns[0].push(Value::Str(name));
                    columns[1].push(Value::F64(share));
                }
            }
        }
    }
    rows
}

/// Adds to a column of lists what led a record to its answer: of one tree its conditions, of several a text each.
pub(super) fn write_path<C: Classifier>(
    learner: &Learner<C>,
    given: &Given,
    row: Row<'_>,
    texts: &mut Vec<String>,
    column: &mut Column,
) {
    let names = Names { given, values: &learner.values, classes: &learner.classes };
    texts.clear();
    let mut last = None;
    learner.model.path(row, &mut |tree, condition| match texts.last_mut() {
        Some(text) if C::MANY && last == Some(tree) => {
            text.push_str(" AND ");
            names.condition(condition, text);
        }
        _ => {
            let mut text = if C::MANY { format!("tree {tree}: ") } else { String::new() };
            names.condition(condition, &mut text);
            texts.push(text);
            last = Some(tree);
        }
    });
    column.push(Value::List(texts.iter().map(String::as_str).collect()));
}

/// What numbers stand for.
struct Names<'a> {
    given: &'a Given,
    values: &'a [Codes],
    classes: &'a Codes,
}

impl<'a> Names<'a> {
    fn feature(&self, feature: usize) -> &'a str {
        let Given { features, nominal, records, .. } = self.given;
        let at = features.get(feature).or_else(|| nominal.get(feature - features.len()));
        at.map_or("", |at| &records.fields[*at].name)
    }

    fn value(&self, feature: usize, code: u32, text: &mut String) {
        let nominal = feature - self.given.features.len();
        if code == BEYOND {
            return text.push_str("(another)");
        }
        let of = self.given.records.fields[self.given.nominal[nominal]].of;
        written(of, self.values[nominal].bytes(code), text);
    }

    fn condition(&self, condition: Condition, text: &mut String) {
        let Condition { feature, holds } = condition;
        text.push_str(self.feature(feature));
        let (sign, code) = match holds {
            Holds::AtMost(cut) => (format!(" <= {cut}"), None),
            Holds::Above(cut) => (format!(" > {cut}"), None),
            Holds::Is(code) => (" = ".to_string(), Some(code)),
            Holds::IsNot(code) => (" <> ".to_string(), Some(code)),
        };
        text.push_str(&sign);
        if let Some(code) = code {
            self.value(feature, code, text);
        }
    }

    fn class(&self, class: usize, text: &mut String) {
        written(self.given.label_field.of, self.classes.bytes(class as u32), text);
    }

    fn node(&self, tree: usize, node: NodeView<'_>, columns: &mut [Column]) {
        let whole = |n: u32| Value::I64(i64::from(n));
        let condition = node.condition.map(|condition| {
            let mut text = String::new();
            self.condition(condition, &mut text);
            text
        });
        let (class, weight) = (node.class(), node.counts.iter().sum::<f64>());
        let share = class.map(|class| node.counts[class] / weight);
        let (weights, text) =
            (self.weights(node.counts), self.line(tree, &node, condition.as_deref(), weight));
        let (head, rest) = columns.split_at_mut(NODE.len());
        let values = [
            Value::I64(tree as i64),
            whole(node.node),
            node.parent.map_or(Value::Null, whole),
            whole(node.depth),
            condition.as_deref().map_or(Value::Null, Value::Str),
            node.asks.map_or(Value::Null, |(feature, _)| Value::Str(self.feature(feature))),
            node.asks.and_then(|(_, cut)| cut).map_or(Value::Null, Value::F64),
        ];
        head.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        match class {
            Some(class) => push_class(&mut rest[0], self.classes.bytes(class as u32)),
            None => rest[0].push_null(),
        }
        let values = [
            share.map_or(Value::Null, Value::F64),
            Value::F64(weight),
            Value::Str(&weights),
            Value::Bool(node.learns),
            Value::Str(&text),
        ];
        rest[1..].iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    /// The classes that a node has, and the weight of each.
    fn weights(&self, counts: &[f64]) -> String {
        let mut text = String::new();
        for (class, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            if !text.is_empty() {
                text.push_str(", ");
            }
            self.class(class, &mut text);
            let _ = write!(text, ": {count:.1}");
        }
        text
    }

    /// A node as a line of the tree as text.
    fn line(&self, tree: usize, node: &NodeView<'_>, condition: Option<&str>, weight: f64) -> String {
        let mut text = "  ".repeat(node.depth as usize);
        match condition {
            Some(condition) => text.push_str(condition),
            None => {
                let _ = write!(text, "tree {tree}");
            }
        }
        if let Some(class) = node.class() {
            text.push_str(": ");
            self.class(class, &mut text);
            let _ = write!(text, " ({:.1} % of {weight:.1})", 100.0 * node.counts[class] / weight);
        }
        text
    }

    /// How much each feature helps, as shares of all; the most helpful first.
    fn importance(&self, model: &impl Classifier) -> Vec<(&'a str, f64)> {
        let mut gains = vec![0.0; self.given.features.len() + self.given.nominal.len()];
        model.add_importance(&mut gains);
        let all: f64 = gains.iter().sum();
        let share = |gain: &f64| if all > 0.0 { gain / all } else { 0.0 };
        let mut shares: Vec<(&str, f64)> =
            gains.iter().enumerate().map(|(at, gain)| (self.feature(at), share(gain))).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }
}

/// A value that is known by its bytes, as a person reads it.
fn written(of: Type, bytes: &[u8], text: &mut String) {
    let mut column = Column::new(of);
    push_class(&mut column, bytes);
    let _ = match column.value(0) {
        Value::Str(value) => write!(text, "{value}"),
        Value::I64(value) => write!(text, "{value}"),
        Value::Bool(value) => write!(text, "{value}"),
        _ => Ok(()),
    };
}
