//! Functions of texts.

use super::{Call, Function, MANY, as_text, ready};
use crate::data::Type;
use crate::expr::by_row::ByRow;
use crate::expr::node::Node;
use crate::expr::operation::Operation;
use crate::expr::plan::Planner;
use crate::expr::printf::Printf;
use crate::expr::text::{self, put};
use crate::expr::types::{self, CAST, name};
use crate::params::Problem;

use Type::{Bool, I64, Str};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "length",
        also: &["len"],
        usage: "length(s)",
        about: "characters of a text, items of a list",
        example: ("length('né')", "2"),
        takes: 1..=1,
        plan: length,
    },
    Function {
        name: "octet_length",
        also: &[],
        usage: "octet_length(s)",
        about: "bytes of a text",
        example: ("octet_length('né')", "3"),
        takes: 1..=1,
        plan: |planner, call| {
            call.by_row(planner, &[Str], I64, ByRow::Whole(|of, row| Some(of[0].text(row).len() as i64)))
        },
    },
    made("lower", "lower(s)", "ASCII letters made small", ("lower('ABC')", "abc"), 1, |planner, call| {
        made_of(planner, call, text::Function::Lower)
    }),
    made("upper", "upper(s)", "ASCII letters made capital", ("upper('abc')", "ABC"), 1, |planner, call| {
        made_of(planner, call, text::Function::Upper)
    }),
    trimmed(
        "trim",
        "trim(s, chars)",
        "without spaces, or these characters, at both ends",
        ("trim(' a ')", "a"),
    ),
    trimmed("ltrim", "ltrim(s, chars)", "the same at its beginning", ("ltrim('xxa', 'x')", "a")),
    trimmed("rtrim", "rtrim(s, chars)", "the same at its end", ("rtrim('a  ')", "a")),
    Function {
        name: "substr",
        also: &["substring"],
        usage: "substr(s, start, count)",
        about: "characters from a place on, counted from 1, or from the end by a negative one",
        example: ("substr('beer', 2, 2)", "ee"),
        takes: 2..=3,
        plan: |planner, call| {
            let operands = call.typed(planner, &[Str, I64])?;
            Ok(Node::operation(Str, Operation::Text(text::Function::Substr), operands))
        },
    },
    made(
        "replace",
        "replace(s, from, to)",
        "all places where one text stands, by another",
        ("replace('a-b-c', '-', '+')", "a+b+c"),
        3,
        |planner, call| made_of(planner, call, text::Function::Replace),
    ),
    Function {
        name: "instr",
        also: &["strpos"],
        usage: "instr(s, part)",
        about: "where the part begins, counted in characters from 1; 0 where it is not",
        example: ("instr('beer', 'er')", "3"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = |of: &[super::super::view::View<'_>], row: usize| {
                let (text, part) = (of[0].text(row), of[1].text(row));
                Some(text.find(part).map_or(0, |at| text[..at].chars().count() as i64 + 1))
            };
            call.by_row(planner, &[Str], I64, ByRow::Whole(f))
        },
    },
    Function {
        name: "starts_with",
        also: &["startswith"],
        usage: "starts_with(s, part)",
        about: "whether it begins so; letters count as they are, unlike in LIKE",
        example: ("starts_with('beer', 'be')", "true"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = ByRow::Truth(|of, row| Some(of[0].text(row).starts_with(of[1].text(row))));
            call.by_row(planner, &[Str], Bool, f)
        },
    },
    Function {
        name: "ends_with",
        also: &["endswith"],
        usage: "ends_with(s, part)",
        about: "whether it ends so",
        example: ("ends_with('a.csv', '.csv')", "true"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = ByRow::Truth(|of, row| Some(of[0].text(row).ends_with(of[1].text(row))));
            call.by_row(planner, &[Str], Bool, f)
        },
    },
    Function {
        name: "concat",
        also: &[],
        usage: "concat(a, b, …)",
        about: "values of any type as one text; what is NULL is left out, unlike by `||`",
        example: ("concat('a', NULL, 1)", "a1"),
        takes: 1..=MANY,
        plan: |planner, call| {
            let f = ByRow::Any(|of, row, out| {
                let mut valid = of.iter().filter(|view| view.valid(row));
                valid.try_for_each(|view| put(out, view.text(row)))
            });
            joined(planner, call, f)
        },
    },
    Function {
        name: "concat_ws",
        also: &[],
        usage: "concat_ws(sep, a, b, …)",
        about: "the same with a text between them; NULL where that is",
        example: ("concat_ws('-', 'a', NULL, 'b')", "a-b"),
        takes: 2..=MANY,
        plan: |planner, call| {
            let f = ByRow::Any(|of, row, out| {
                let [sep, of @ ..] = of else { return None };
                if !sep.valid(row) {
                    return None;
                }
                for (i, view) in of.iter().filter(|view| view.valid(row)).enumerate() {
                    if i > 0 {
                        put(out, sep.text(row))?;
                    }
                    put(out, view.text(row))?;
                }
                Some(())
            });
            joined(planner, call, f)
        },
    },
    Function {
        name: "printf",
        also: &["format"],
        usage: "printf(format, a, …)",
        about: "values written by a format: `%d %5d %05d %,d %x %o %f %.2f %e %g %s %-8s %c %q %Q %%`",
        example: ("printf('%05.1f|%s', 2.25, 'a')", "002.3|a"),
        takes: 1..=MANY,
        plan: printf,
    },
    made(
        "hex",
        "hex(s)",
        "the bytes of a text, two digits each",
        ("hex('né')", "6EC3A9"),
        1,
        |planner, call| {
            let f = ByRow::Any(|of, row, out| {
                const DIGITS: [char; 16] =
                    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
                let text = if of[0].valid(row) { of[0].text(row) } else { "" };
                if text.len() > text::BYTES_MAX / 2 {
                    return None;
                }
                let digits = text.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
                out.extend(digits.map(|digit| DIGITS[usize::from(digit)]));
                Some(())
            });
            call.by_row(planner, &[Str], Str, f)
        },
    ),
    Function {
        name: "unhex",
        also: &[],
        usage: "unhex(s, between)",
        about: "the text whose bytes these are; characters of `between` may part them; NULL where it is none",
        example: ("unhex('6E C3A9', ' ')", "né"),
        takes: 1..=2,
        plan: |planner, call| {
            let f = |of: &[super::super::view::View<'_>], row: usize, out: &mut String| {
                text::unhex(of[0].text(row), of.get(1).map_or("", |view| view.text(row)), out)
            };
            call.by_row(planner, &[Str], Str, ByRow::Text(f))
        },
    },
    Function {
        name: "unicode",
        also: &["ord", "ascii"],
        usage: "unicode(s)",
        about: "the number of its first character; NULL of an empty text",
        example: ("unicode('é')", "233"),
        takes: 1..=1,
        plan: |planner, call| {
            let f = ByRow::Whole(|of, row| of[0].text(row).chars().next().map(|c| i64::from(u32::from(c))));
            call.by_row(planner, &[Str], I64, f)
        },
    },
    Function {
        name: "char",
        also: &["chr"],
        usage: "char(n, …)",
        about: "the characters of these numbers",
        example: ("char(110, 233)", "né"),
        takes: 1..=MANY,
        plan: |planner, call| {
            let f = ByRow::Any(|of, row, out| {
                // The slot of a NULL holds 0, which is what SQLite takes it for.
                let numbers = of.iter().map(|view| u32::try_from(view.ints().get(row)));
                let char = |n: Result<u32, _>| n.ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                out.extend(numbers.map(char));
                Some(())
            });
            call.by_row(planner, &[I64], Str, f)
        },
    },
];

type Plan = fn(&Planner<'_>, &Call<'_>) -> Result<Node, Problem>;

const fn made(
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    example: (&'static str, &'static str),
    takes: usize,
    plan: Plan,
) -> Function {
    Function { name, also: &[], usage, about, example, takes: takes..=takes, plan }
}

const fn trimmed(
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    let plan: Plan = |planner, call| {
        let function = match call.name {
            "ltrim" => text::Function::TrimStart,
            "rtrim" => text::Function::TrimEnd,
            _ => text::Function::Trim,
        };
        made_of(planner, call, function)
    };
    Function { name, also: &[], usage, about, example, takes: 1..=2, plan }
}

fn made_of(planner: &Planner<'_>, call: &Call<'_>, function: text::Function) -> Result<Node, Problem> {
    Ok(Node::operation(Str, Operation::Text(function), call.typed(planner, &[Str])?))
}

/// Characters of a string, items of a list.
fn length(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let node = planner.node(call.args[0])?;
    let node = match node.of {
        None | Some(Str) => types::cast(node, Str),
        Some(Type::List) => node,
        of => {
            let what = format!("length needs str or list<str>, this is {} ({CAST})", name(of));
            return Err(call.problem(planner, 0, what));
        }
    };
    Ok(Node::operation(I64, Operation::Text(text::Function::Length), vec![node]))
}

/// Values of any type, as texts, made one.
fn joined(planner: &Planner<'_>, call: &Call<'_>, f: ByRow) -> Result<Node, Problem> {
    let texts = call.args.iter().map(|arg| as_text(planner, call.name, arg));
    Ok(Node::operation(Str, Operation::ByRow(f), texts.collect::<Result<_, _>>()?))
}

fn printf(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let format = call.literal(planner, 0, "the format")?;
    let format = Printf::read(&format).map_err(|what| call.problem(planner, 0, what))?;
    let wanted = format.operands();
    let given = call.args.len() - 1;
    if wanted.len() != given {
        let what = format!("the format of {} has places for {}, {given} are given", call.name, wanted.len());
        return Err(call.problem(planner, 0, what));
    }
    let mut operands = Vec::new();
    for (arg, of) in call.args[1..].iter().zip(wanted) {
        operands.push(match of {
            Str => as_text(planner, call.name, arg)?,
            I64 => planner.whole(call.name, arg)?,
            of => types::cast(planner.number(call.name, arg)?, of),
        });
    }
    if operands.is_empty() {
        operands.push(Node::null(Some(Bool)));
    }
    Ok(ready(Str, format, operands))
}
