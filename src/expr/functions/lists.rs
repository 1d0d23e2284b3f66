//! Functions of lists, and of JSON in a text.

use super::{Call, Function, MANY, as_text, ready};
use crate::data::Type;
use crate::expr::by_row::ByRow;
use crate::expr::elements::Elements;
use crate::expr::json::Path;
use crate::expr::logic::Join;
use crate::expr::node::{Kind, Node};
use crate::expr::operation::Operation;
use crate::expr::plan::Planner;
use crate::expr::text::{BYTES_MAX, put};
use crate::expr::types::{CAST, name};
use crate::params::Problem;

use Type::{Bool, I64, List, Str};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "list",
        also: &["list_value", "make_array", "array"],
        usage: "list(a, b, …)",
        about: "a list of values as texts; what is NULL is left out",
        example: ("list('a', 'b')", "[\"a\",\"b\"]"),
        takes: 1..=MANY,
        plan: |planner, call| {
            let f = ByRow::AnyList(|of, row, items| {
                of.iter().filter(|view| view.valid(row)).for_each(|view| items.push(view.text(row)));
                Some(())
            });
            let texts = call.args.iter().map(|arg| as_text(planner, call.name, arg));
            let texts = texts.collect::<Result<_, _>>()?;
            Ok(Node::operation(List, Operation::ByRow(f), texts))
        },
    },
    Function {
        name: "split_text",
        also: &["string_split", "str_split"],
        usage: "split_text(s, sep)",
        about: "the parts of a text between separators, as a list; an empty text has none",
        example: ("split_text('a,b', ',')", "[\"a\",\"b\"]"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = ByRow::List(|of, row, items| {
                let (text, sep) = (of[0].text(row), of[1].text(row));
                if text.is_empty() {
                    return Some(());
                }
                match sep.is_empty() {
                    true => items.push(text),
                    false => text.split(sep).for_each(|part| items.push(part)),
                }
                Some(())
            });
            call.by_row(planner, &[Str], List, f)
        },
    },
    Function {
        name: "contains",
        also: &["list_contains", "array_contains"],
        usage: "contains(list, item), contains(s, part)",
        about: "whether the item is in the list, or the part in the text",
        example: ("contains(list('a', 'b'), 'b')", "true"),
        takes: 2..=2,
        plan: |planner, call| {
            let of = planner.node(call.args[0])?;
            let wanted = planner.typed(call.name, call.args[1], Str)?;
            let f = match of.of {
                Some(List) => ByRow::Truth(|of, row| {
                    let wanted = of[1].text(row);
                    Some(of[0].list(row).any(|item| item == wanted))
                }),
                None | Some(Str) => ByRow::Truth(|of, row| Some(of[0].text(row).contains(of[1].text(row)))),
                of => {
                    let what = format!("contains needs list<str> or str, this is {} ({CAST})", name(of));
                    return Err(call.problem(planner, 0, what));
                }
            };
            let of = if of.of.is_none() { Node::null(Some(Str)) } else { of };
            Ok(Node::operation(Bool, Operation::ByRow(f), vec![of, wanted]))
        },
    },
    Function {
        name: "element",
        also: &["list_element", "element_at", "list_extract"],
        usage: "element(list, i)",
        about: "an item by its place, counted from 1, or from the end by a negative one; NULL beyond",
        example: ("element(list('a', 'b'), -1)", "b"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = ByRow::Text(|of, row, out| {
                let (mut items, at) = (of[0].list(row), of[1].ints().get(row));
                let back = usize::try_from(at.unsigned_abs()).ok()?;
                let at = match at {
                    ..0 => items.len().checked_sub(back)?,
                    _ => back.checked_sub(1)?,
                };
                put(out, items.nth(at)?)
            });
            call.by_row(planner, &[List, I64], Str, f)
        },
    },
    Function {
        name: "join",
        also: &["array_to_string", "list_aggregate"],
        usage: "join(list, sep)",
        about: "the items as one text",
        example: ("join(list('a', 'b'), ', ')", "a, b"),
        takes: 2..=2,
        plan: |planner, call| {
            let f = ByRow::Text(|of, row, out| {
                let start = out.len();
                for (i, item) in of[0].list(row).enumerate() {
                    if i > 0 {
                        put(out, of[1].text(row))?;
                    }
                    put(out, item)?;
                    if out.len() - start > BYTES_MAX {
                        return None;
                    }
                }
                Some(())
            });
            call.by_row(planner, &[List, Str], Str, f)
        },
    },
    Function {
        name: "any",
        also: &[],
        usage: "any(list, condition)",
        about: "whether the condition is true of an item, which it calls `item`; other columns may stand \
                beside it",
        example: ("any(list('ab', 'c'), item LIKE 'a%')", "true"),
        takes: 2..=2,
        plan: |planner, call| elements(planner, call, Join::Or),
    },
    Function {
        name: "all",
        also: &[],
        usage: "all(list, condition)",
        about: "whether it is true of every item; of an empty list it is",
        example: ("all(list('ab', 'c'), length(item) = 1)", "false"),
        takes: 2..=2,
        plan: |planner, call| elements(planner, call, Join::And),
    },
    Function {
        name: "json_get",
        also: &["json_extract", "json_extract_string", "get_json_object", "json_value"],
        usage: "json_get(s, path)",
        about: "what a JSON text has at a path, as text (CAST makes a number of it): a path is `$.a[0].\"b \
                c\"`, `[#-1]` the last; NULL where nothing is there, a null, or no JSON. `s ->> path` is the \
                same",
        example: ("json_get('{\"a\":[1,2]}', '$.a[#-1]')", "2"),
        takes: 2..=2,
        plan: |planner, call| {
            let path = call.literal(planner, 1, "the path")?;
            let path = Path::read(&path).ok_or_else(|| {
                call.problem(planner, 1, format!("\"{path}\" is no path: write it as '$.a[0].b'"))
            })?;
            Ok(ready(Str, path, vec![planner.typed(call.name, call.args[0], Str)?]))
        },
    },
];

/// A condition of each item, planned beside the record's columns.
fn elements(planner: &Planner<'_>, call: &Call<'_>, join: Join) -> Result<Node, Problem> {
    let list = planner.typed(call.name, call.args[0], List)?;
    let test = planner.of_item(|| planner.typed(call.name, call.args[1], Bool))?;
    let columns = planner.schema.fields.iter().map(|field| field.of);
    Ok(Node::new(Bool, Kind::Elements(Box::new(Elements::new(list, test, join, columns)))))
}
