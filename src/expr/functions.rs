//! The functions by name: how many arguments they take, of which types, and what they give.

use super::choose::By;
use super::node::Node;
use super::operation::Operation;
use super::plan::Planner;
use super::types::{self, name};
use super::{math, text, time, tried};
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast;
use std::ops::RangeInclusive;

/// Every function and how many arguments it takes.
const FUNCTIONS: &[(&str, RangeInclusive<usize>)] = &[
    ("abs", 1..=1),
    ("ceil", 1..=1),
    ("coalesce", 2..=usize::MAX),
    ("date", 1..=2),
    ("exp", 1..=1),
    ("floor", 1..=1),
    ("hour", 1..=2),
    ("length", 1..=1),
    ("ln", 1..=1),
    ("lower", 1..=1),
    ("regexp", 2..=2),
    ("replace", 3..=3),
    ("round", 1..=2),
    ("sqrt", 1..=1),
    ("substr", 2..=3),
    ("trim", 1..=2),
    ("upper", 1..=1),
];

/// A call, or what is no expression of ours at all.
pub(super) fn plan(planner: &Planner<'_>, at: &ast::Expr) -> Result<Node, Problem> {
    match at {
        ast::Expr::Function(function) => match plain_call(function) {
            Some((name, args)) => call(planner, at, name, &args),
            None => Err(unknown(planner, at)),
        },
        _ => Err(unknown(planner, at)),
    }
}

fn unknown(planner: &Planner<'_>, at: &ast::Expr) -> Problem {
    let hint = match at {
        ast::Expr::CompoundIdentifier(_) => " (a column name with a point is written in double quotes)",
        ast::Expr::Cast { kind: ast::CastKind::DoubleColon, .. } => " (write CAST(x AS type))",
        ast::Expr::Function(_) => " (an expression is of one record: a step window counts and sums)",
        _ => "",
    };
    let mut text = at.to_string();
    if let Some((end, _)) = text.char_indices().nth(60) {
        text.replace_range(end.., "…");
    }
    planner.source.problem(at, format!("expressions know no such thing as {text}{hint}"))
}

/// Name and arguments of a call without DISTINCT, OVER and the like.
fn plain_call(function: &ast::Function) -> Option<(&str, Vec<&ast::Expr>)> {
    let [ast::ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    let more = function.over.is_some() || function.filter.is_some() || function.null_treatment.is_some();
    if more || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    let args = list.args.iter().map(|arg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(arg)) => Some(arg),
        _ => None,
    });
    Some((&name.value, args.collect::<Option<_>>()?))
}

fn call(planner: &Planner<'_>, at: &ast::Expr, word: &str, args: &[&ast::Expr]) -> Result<Node, Problem> {
    let lower = word.to_ascii_lowercase();
    let Some((name, takes)) = FUNCTIONS.iter().find(|(name, _)| *name == lower) else {
        if let Some(ours) = tried::function(&lower) {
            return Err(planner.source.problem(at, format!("there is no function \"{word}\": {ours}")));
        }
        let names = || FUNCTIONS.iter().map(|(name, _)| *name);
        let choices = names().collect::<Vec<_>>().join(", ");
        let what = format!("there is no function \"{word}\" (choose from {choices})");
        return Err(planner.source.problem(at, what).suggest(word, names()));
    };
    if !takes.contains(&args.len()) {
        let takes = match (*takes.start(), *takes.end()) {
            (1, 1) => "1 argument".to_string(),
            (n, end) if n == end => format!("{n} arguments"),
            (n, usize::MAX) => format!("{n} arguments or more"),
            (n, end) => format!("{n} or {end} arguments"),
        };
        return Err(planner.source.problem(at, format!("{name} takes {takes}, not {}", args.len())));
    }
    match *name {
        "abs" => same_number(planner, math::Function::Abs, name, args[0]),
        "ceil" => same_number(planner, math::Function::Ceil, name, args[0]),
        "floor" => same_number(planner, math::Function::Floor, name, args[0]),
        "exp" => float(planner, math::Function::Exp, name, args),
        "ln" => float(planner, math::Function::Ln, name, args),
        "sqrt" => float(planner, math::Function::Sqrt, name, args),
        "round" => float(planner, math::Function::Round, name, args),
        "lower" => string(planner, text::Function::Lower, name, args),
        "upper" => string(planner, text::Function::Upper, name, args),
        "trim" => string(planner, text::Function::Trim, name, args),
        "replace" => string(planner, text::Function::Replace, name, args),
        "substr" => {
            let mut operands = vec![planner.typed(name, args[0], Type::Str)?];
            for arg in &args[1..] {
                operands.push(planner.typed(name, arg, Type::I64)?);
            }
            Ok(Node::operation(Type::Str, Operation::Text(text::Function::Substr), operands))
        }
        "length" => length(planner, args[0]),
        "regexp" => planner.regexp(args[1], args[0]),
        "date" => of_time(planner, time::Function::Date, Type::Str, name, args),
        "hour" => of_time(planner, time::Function::Hour, Type::I64, name, args),
        "coalesce" => planner.choose(By::Valid, "COALESCE can't choose among values", args.iter().copied()),
        _ => unreachable!("every function of the table is planned"),
    }
}

/// A function of a time, in the zone that is named, or in that of the columns.
fn of_time(
    planner: &Planner<'_>,
    function: time::Function,
    gives: Type,
    who: &str,
    args: &[&ast::Expr],
) -> Result<Node, Problem> {
    let of = planner.typed(who, args[0], Type::Time)?;
    let zone = match args.get(1) {
        Some(zone) => Some(planner.zone(zone)?),
        None => planner.source.zone(args[0])?,
    };
    Ok(Node::operation(gives, Operation::Time(function, zone), vec![of]))
}

/// A function that gives what it takes, an i64 or an f64.
fn same_number(
    planner: &Planner<'_>,
    function: math::Function,
    who: &str,
    arg: &ast::Expr,
) -> Result<Node, Problem> {
    let node = planner.number(who, arg)?;
    Ok(match node.of {
        None => node,
        Some(of) => Node::operation(of, Operation::Math(function), vec![node]),
    })
}

/// A function of an f64; `round` also has a number of decimals.
fn float(
    planner: &Planner<'_>,
    function: math::Function,
    who: &str,
    args: &[&ast::Expr],
) -> Result<Node, Problem> {
    let mut operands = vec![types::cast(planner.number(who, args[0])?, Type::F64)];
    if let Some(places) = args.get(1) {
        operands.push(planner.typed(who, places, Type::I64)?);
    }
    Ok(Node::operation(Type::F64, Operation::Math(function), operands))
}

fn string(
    planner: &Planner<'_>,
    function: text::Function,
    who: &str,
    args: &[&ast::Expr],
) -> Result<Node, Problem> {
    let operands = args.iter().map(|arg| planner.typed(who, arg, Type::Str));
    let operands = operands.collect::<Result<_, _>>()?;
    Ok(Node::operation(Type::Str, Operation::Text(function), operands))
}

/// Characters of a string, items of a list.
fn length(planner: &Planner<'_>, arg: &ast::Expr) -> Result<Node, Problem> {
    let node = planner.node(arg)?;
    let node = match node.of {
        None | Some(Type::Str) => types::cast(node, Type::Str),
        Some(Type::List) => node,
        of => {
            let what = format!("length needs str or list<str>, this is {} ({})", name(of), types::CAST);
            return Err(planner.source.problem(arg, what));
        }
    };
    Ok(Node::operation(Type::I64, Operation::Text(text::Function::Length), vec![node]))
}
