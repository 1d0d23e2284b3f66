//! Functions of numbers.

use super::{Call, Function, MANY, literal, ready};
use crate::data::{Type, Value};
use crate::expr::by_row::ByRow;
use crate::expr::collate;
use crate::expr::math;
use crate::expr::node::Node;
use crate::expr::operation::Operation;
use crate::expr::plan::{Placed, Planner};
use crate::expr::types;
use crate::params::Problem;
use std::f64::consts::{LN_2, PI};

macro_rules! real {
    ($name:literal, $also:expr, $about:literal, $example:expr, $f:expr) => {
        Function {
            name: $name,
            also: $also,
            usage: concat!($name, "(x)"),
            about: $about,
            example: $example,
            takes: 1..=1,
            plan: |planner, call| {
                reals(planner, call, ByRow::Real(|of, row| Some(($f)(of[0].floats().get(row)))))
            },
        }
    };
}

macro_rules! real_of_two {
    ($name:literal, $also:expr, $usage:literal, $about:literal, $example:expr, $f:expr) => {
        Function {
            name: $name,
            also: $also,
            usage: $usage,
            about: $about,
            example: $example,
            takes: 2..=2,
            plan: |planner, call| {
                let f = ByRow::Real(|of, row| Some(($f)(of[0].floats().get(row), of[1].floats().get(row))));
                reals(planner, call, f)
            },
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "abs",
        also: &[],
        usage: "abs(x)",
        about: "without its sign",
        example: ("abs(-3)", "3"),
        takes: 1..=1,
        plan: |planner, call| same(planner, call, math::Function::Abs),
    },
    Function {
        name: "sign",
        also: &[],
        usage: "sign(x)",
        about: "-1, 0 or 1",
        example: ("sign(-2.5)", "-1"),
        takes: 1..=1,
        plan: |planner, call| {
            let f = ByRow::Whole(|of, row| {
                let x = of[0].floats().get(row);
                Some(i64::from(x > 0.0) - i64::from(x < 0.0))
            });
            let of = types::cast(planner.number(call.name, call.args[0])?, Type::F64);
            Ok(Node::operation(Type::I64, Operation::ByRow(f), vec![of]))
        },
    },
    Function {
        name: "round",
        also: &[],
        usage: "round(x, decimals)",
        about: "to the nearest, half away from zero; without decimals to a whole number",
        example: ("round(2.567, 2)", "2.57"),
        takes: 1..=2,
        plan: |planner, call| {
            let mut operands = vec![types::cast(planner.number(call.name, call.args[0])?, Type::F64)];
            if let Some(places) = call.args.get(1) {
                operands.push(planner.typed(call.name, places, Type::I64)?);
            }
            Ok(Node::operation(Type::F64, Operation::Math(math::Function::Round), operands))
        },
    },
    Function {
        name: "ceil",
        also: &["ceiling"],
        usage: "ceil(x)",
        about: "the next whole number that is not below",
        example: ("ceil(1.2)", "2.0"),
        takes: 1..=1,
        plan: |planner, call| same(planner, call, math::Function::Ceil),
    },
    Function {
        name: "floor",
        also: &[],
        usage: "floor(x)",
        about: "the next whole number that is not above",
        example: ("floor(-1.2)", "-2.0"),
        takes: 1..=1,
        plan: |planner, call| same(planner, call, math::Function::Floor),
    },
    Function {
        name: "trunc",
        also: &[],
        usage: "trunc(x)",
        about: "without what is behind the point",
        example: ("trunc(-1.7)", "-1.0"),
        takes: 1..=1,
        plan: |planner, call| same(planner, call, math::Function::Trunc),
    },
    Function {
        name: "min",
        also: &["least"],
        usage: "min(a, b, …)",
        about: "the least of several numbers, texts, times or truths; NULL where one is",
        example: ("min(3, 1, 2)", "1"),
        takes: 2..=MANY,
        plan: |planner, call| extreme(planner, call, false),
    },
    Function {
        name: "max",
        also: &["greatest"],
        usage: "max(a, b, …)",
        about: "the greatest of several",
        example: ("max('a', 'b')", "b"),
        takes: 2..=MANY,
        plan: |planner, call| extreme(planner, call, true),
    },
    real!("exp", &[], "e to the power of x", ("exp(0)", "1.0"), f64::exp),
    real!(
        "ln",
        &[],
        "the natural logarithm; NULL unless x is above zero",
        ("ln(1)", "0.0"),
        positive(f64::ln)
    ),
    Function {
        name: "log",
        also: &[],
        usage: "log(x), log(base, x)",
        about: "the logarithm to base 10, or to a base of your own",
        example: ("log(2, 8)", "3.0"),
        takes: 1..=2,
        plan: |planner, call| {
            let f = match call.args.len() {
                1 => ByRow::Real(|of, row| Some(positive(f64::log10)(of[0].floats().get(row)))),
                _ => ByRow::Real(|of, row| log(of[0].floats().get(row), of[1].floats().get(row))),
            };
            reals(planner, call, f)
        },
    },
    real!("log10", &[], "the logarithm to base 10", ("log10(1000)", "3.0"), positive(f64::log10)),
    real!("log2", &[], "the logarithm to base 2", ("log2(8)", "3.0"), positive(f64::log2)),
    real!("sqrt", &[], "the square root", ("sqrt(9)", "3.0"), f64::sqrt),
    real_of_two!(
        "power",
        &["pow"],
        "power(x, y)",
        "x to the power of y",
        ("power(2, 10)", "1024.0"),
        f64::powf
    ),
    real_of_two!(
        "mod",
        &[],
        "mod(x, y)",
        "what is left of x / y, with decimals; `%` is one of whole numbers",
        ("mod(7.5, 2)", "1.5"),
        |x: f64, y: f64| x % y
    ),
    Function {
        name: "pi",
        also: &[],
        usage: "pi()",
        about: "3.14159…",
        example: ("round(pi(), 2)", "3.14"),
        takes: 0..=0,
        plan: |_, _| Ok(literal(Type::F64, Value::F64(PI))),
    },
    real!("degrees", &[], "radians as degrees", ("degrees(pi())", "180.0"), |x: f64| x * (180.0 / PI)),
    real!("radians", &[], "degrees as radians", ("radians(0)", "0.0"), |x: f64| x * (PI / 180.0)),
    real!("sin", &[], "the sine, x in radians", ("sin(0)", "0.0"), f64::sin),
    real!("cos", &[], "the cosine", ("cos(0)", "1.0"), f64::cos),
    real!("tan", &[], "the tangent", ("tan(0)", "0.0"), f64::tan),
    real!("asin", &[], "the angle of a sine", ("asin(0)", "0.0"), f64::asin),
    real!("acos", &[], "the angle of a cosine", ("acos(1)", "0.0"), f64::acos),
    real!("atan", &[], "the angle of a tangent", ("atan(0)", "0.0"), f64::atan),
    real_of_two!(
        "atan2",
        &[],
        "atan2(y, x)",
        "the angle of the point x, y",
        ("atan2(0, 1)", "0.0"),
        f64::atan2
    ),
    real!("sinh", &[], "the hyperbolic sine", ("sinh(0)", "0.0"), f64::sinh),
    real!("cosh", &[], "the hyperbolic cosine", ("cosh(0)", "1.0"), f64::cosh),
    real!("tanh", &[], "the hyperbolic tangent", ("tanh(0)", "0.0"), f64::tanh),
    real!("asinh", &[], "the inverse of sinh", ("asinh(0)", "0.0"), asinh),
    real!("acosh", &[], "the inverse of cosh", ("acosh(1)", "0.0"), acosh),
    real!("atanh", &[], "the inverse of tanh", ("atanh(0)", "0.0"), f64::atanh),
];

/// A function that gives what it takes, an i64 or an f64.
fn same(planner: &Planner<'_>, call: &Call<'_>, function: math::Function) -> Result<Node, Problem> {
    let node = planner.number(call.name, call.args[0])?;
    Ok(match node.of {
        None => node,
        Some(of) => Node::operation(of, Operation::Math(function), vec![node]),
    })
}

/// Numbers as f64, and an f64 of them.
fn reals(planner: &Planner<'_>, call: &Call<'_>, f: ByRow) -> Result<Node, Problem> {
    let numbers = call.args.iter().map(|arg| Ok(types::cast(planner.number(call.name, arg)?, Type::F64)));
    Ok(Node::operation(Type::F64, Operation::ByRow(f), numbers.collect::<Result<_, Problem>>()?))
}

/// So large that its square is beyond f64.
const HUGE: f64 = 1e150;

fn asinh(x: f64) -> f64 {
    if x.abs() > HUGE { (x.abs().ln() + LN_2).copysign(x) } else { x.asinh() }
}

fn acosh(x: f64) -> f64 {
    if x > HUGE { x.ln() + LN_2 } else { x.acosh() }
}

/// No logarithm of what is not above zero.
fn positive(f: fn(f64) -> f64) -> impl Fn(f64) -> f64 {
    move |x| if x > 0.0 { f(x) } else { f64::NAN }
}

fn log(base: f64, x: f64) -> Option<f64> {
    let below = base.ln();
    (base > 0.0 && below > 0.0 && x > 0.0).then(|| x.ln() / below)
}

fn extreme(planner: &Planner<'_>, call: &Call<'_>, greatest: bool) -> Result<Node, Problem> {
    let nodes = call.args.iter().map(|arg| Ok((*arg, planner.node(arg)?)));
    let nodes: Vec<Placed<'_>> = nodes.collect::<Result<_, Problem>>()?;
    let fold = collate::folding(call.args.iter().copied());
    let who = format!("{} can't choose among values", call.name);
    let (of, nodes) = types::unify(planner.source, &who, nodes)?;
    let Some(of) = of else { return Ok(Node::null(None)) };
    if of == Type::List {
        return Err(call.problem(planner, 0, format!("{} can't choose among lists", call.name)));
    }
    if let (Type::Str, Some(by)) = (of, fold) {
        return Ok(ready(Type::Str, collate::Extreme { greatest, by }, nodes));
    }
    let nodes = nodes.into_iter();
    let chosen = nodes.reduce(|a, b| Node::operation(of, Operation::Extreme(greatest), vec![a, b]));
    Ok(chosen.expect("there are two at least"))
}
