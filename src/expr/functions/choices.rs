//! Functions that choose among values, and what says of which type they are.

use super::{Call, Function, as_text, literal};
use crate::data::{Type, Value};
use crate::expr::by_row::ByRow;
use crate::expr::choose::By;
use crate::expr::node::Node;
use crate::expr::operation::Operation;
use crate::expr::plan::Planner;
use crate::expr::types::name;
use crate::params::Problem;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "coalesce",
        also: &["ifnull", "nvl"],
        usage: "coalesce(a, b, …)",
        about: "the first that is not NULL",
        example: ("coalesce(NULL, 2, 3)", "2"),
        takes: 2..=usize::MAX,
        plan: |planner, call| {
            planner.choose(By::Valid, "COALESCE can't choose among values", call.args.iter().copied())
        },
    },
    Function {
        name: "iif",
        also: &["if"],
        usage: "iif(condition, a, b)",
        about: "a where the condition is true, else b; more conditions and values may follow, as in CASE; \
                NULL without b",
        example: ("iif(2 > 1, 'more', 'less')", "more"),
        takes: 2..=usize::MAX,
        plan: iif,
    },
    Function {
        name: "nullif",
        also: &[],
        usage: "nullif(a, b)",
        about: "a, but NULL where both are equal",
        example: ("nullif(5, -1)", "5"),
        takes: 2..=2,
        plan: |planner, call| planner.nullif(call.args[0], call.args[1]),
    },
    Function {
        name: "likely",
        also: &["unlikely"],
        usage: "likely(x)",
        about: "x itself, as in SQLite",
        example: ("likely(TRUE)", "true"),
        takes: 1..=1,
        plan: |planner, call| planner.node(call.args[0]),
    },
    Function {
        name: "typeof",
        also: &[],
        usage: "typeof(x)",
        about: "the type of the expression as text; 'null' where it is NULL",
        example: ("typeof(1.5)", "f64"),
        takes: 1..=1,
        plan: type_of,
    },
    Function {
        name: "quote",
        also: &[],
        usage: "quote(x)",
        about: "the value as it is written in SQL",
        example: ("quote('it''s')", "'it''s'"),
        takes: 1..=1,
        plan: quote,
    },
];

/// CASE by another name: conditions and values in turn, and perhaps one value more.
fn iif(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let pairs = call.args.chunks_exact(2);
    let otherwise = pairs.remainder().first().copied();
    let tests = pairs.clone().map(|pair| planner.typed(call.name, pair[0], Type::Bool));
    let by = By::Tests(tests.collect::<Result<_, _>>()?);
    let branches = pairs.map(|pair| pair[1]).chain(otherwise);
    planner.choose(by, "iif can't give values", branches)
}

fn type_of(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let node = planner.node(call.args[0])?;
    let word = |text| literal(Type::Str, Value::Str(text));
    let of = name(node.of);
    if node.of.is_none() {
        return Ok(word("null"));
    }
    let null = Node::operation(Type::Bool, Operation::IsNull(true), vec![node]);
    Ok(planner.chosen(By::Tests(vec![null]), Type::Str, vec![word("null"), word(of)]))
}

fn quote(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let text = planner.node(call.args[0])?;
    let quoted: ByRow = match text.of {
        Some(Type::Str | Type::Time) => ByRow::Any(|of, row, out| {
            if !of[0].valid(row) {
                out.push_str("NULL");
                return Some(());
            }
            out.push('\'');
            for piece in of[0].text(row).split_inclusive('\'') {
                out.push_str(piece);
                if piece.ends_with('\'') {
                    out.push('\'');
                }
            }
            out.push('\'');
            Some(())
        }),
        _ => ByRow::Any(|of, row, out| {
            match of[0].valid(row).then(|| of[0].text(row)) {
                None => out.push_str("NULL"),
                Some("Inf") => out.push_str("9.0e+999"),
                Some("-Inf") => out.push_str("-9.0e+999"),
                Some(text) => out.push_str(text),
            }
            Some(())
        }),
    };
    let text = as_text(planner, call.name, call.args[0])?;
    Ok(Node::operation(Type::Str, Operation::ByRow(quoted), vec![text]))
}
