//! The columns of rules, as they come.

use super::rule::Rule;
use crate::data::{Batch, Schema, Type, Value, Values};
use crate::params::Problem;

/// Where the figures of a rule stand.
#[derive(Clone, Copy)]
pub(super) struct RuleColumns {
    pub antecedent: usize,
    pub consequent: usize,
    pub confidence: usize,
    pub lift: usize,
    pub set: Option<usize>,
    pub rows: Option<usize>,
}

/// A row of rules: without one, where something of it is missing.
pub(super) struct Read {
    pub rule: Option<Rule>,
    pub set: Option<i64>,
    pub rows: Option<i64>,
}

impl RuleColumns {
    pub(super) fn read(&self, batch: &Batch, row: usize) -> Read {
        let RuleColumns { antecedent, consequent, confidence, lift, set, rows } = *self;
        let column = |at: usize| &batch.columns[at];
        let is_there = |at: usize| column(at).valid.get(row);
        let list = |at: usize| {
            let Values::List(lists) = &column(at).values else { panic!("they are lists: plan sees to that") };
            lists.get(row).map(str::to_string).collect::<Vec<_>>()
        };
        let number = |at: Option<usize>| match at.map(|at| column(at).value(row)) {
            Some(Value::I64(n)) => Some(n),
            _ => None,
        };
        let figures = [confidence, lift].map(|at| column(at).number(row).unwrap_or(f64::NAN));
        let (antecedents, consequents) = (list(antecedent), list(consequent));
        let needed = [antecedent, consequent, confidence, lift];
        let is_whole = needed.into_iter().chain(set).chain(rows).all(is_there)
            && figures.iter().all(|figure| !figure.is_nan())
            && !antecedents.is_empty()
            && !consequents.is_empty();
        let [confidence, lift] = figures;
        let rule =
            is_whole.then_some(Rule { antecedent: antecedents, consequent: consequents, confidence, lift });
        Read { rule, set: number(set), rows: number(rows) }
    }
}

pub(super) fn rule_columns(schema: &Schema, problems: &mut Vec<Problem>) -> Option<RuleColumns> {
    let mut found = |name: &str, of: Type| match schema.index(name) {
        Some(at) if schema.fields[at].of == of => Some(at),
        Some(at) => {
            let is = schema.fields[at].of;
            problems
                .push(Problem::whole(format!("the rules have a column \"{name}\" of {is}: {of} is needed")));
            None
        }
        None => {
            let what = format!("the rules have no column \"{name}\" of {of} (there are: {schema})");
            problems.push(Problem::whole(what));
            None
        }
    };
    let lists = (found("antecedent", Type::List), found("consequent", Type::List));
    let figures = (found("confidence", Type::F64), found("lift", Type::F64));
    if schema.index("change").is_some() {
        let what = "these rules tell only what has changed: leave \"changes\" out where they are learned";
        problems.push(Problem::whole(what));
    }
    let number = |name: &str| schema.index(name).filter(|at| schema.fields[*at].of == Type::I64);
    let ((Some(antecedent), Some(consequent)), (Some(confidence), Some(lift))) = (lists, figures) else {
        return None;
    };
    let set = number("set");
    Some(RuleColumns { antecedent, consequent, confidence, lift, set, rows: set.and(number("rows")) })
}
