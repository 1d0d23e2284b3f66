//! The columns of rules, as they come.

use crate::data::{Schema, Type};
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
