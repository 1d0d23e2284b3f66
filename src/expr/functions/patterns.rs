//! Functions of texts by a pattern, which is read once.

use super::{Call, Function, ready};
use crate::data::Type::Str;
use crate::expr::node::Node;
use crate::expr::plan::Planner;
use crate::expr::regexes::{Extract, Replace};
use crate::params::Problem;
use regex::Regex;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "regexp",
        also: &["regexp_matches"],
        usage: "regexp(pattern, s)",
        about: "what `s REGEXP pattern` says: whether the pattern is somewhere in it",
        example: ("regexp('^b', 'beer')", "true"),
        takes: 2..=2,
        plan: |planner, call| planner.regexp(call.args[1], call.args[0]),
    },
    Function {
        name: "regexp_extract",
        also: &[],
        usage: "regexp_extract(s, pattern, group)",
        about: "what a group of the pattern found, by its number or its name (0, the whole, if not said); \
                NULL if nothing",
        example: ("regexp_extract('id=42', '[a-z]+=([0-9]+)', 1)", "42"),
        takes: 2..=3,
        plan: regexp_extract,
    },
    Function {
        name: "regexp_replace",
        also: &[],
        usage: "regexp_replace(s, pattern, by)",
        about: "all that a pattern finds, by a text in which `$1` and `$name` are its groups",
        example: ("regexp_replace('2013-01', '([0-9]+)-([0-9]+)', '$2/$1')", "01/2013"),
        takes: 3..=3,
        plan: |planner, call| {
            let regex = planner.regex(call.name, call.args[1])?;
            let by = call.literal(planner, 2, "what is put in place")?;
            if let Some(name) = unknown_group(&regex, &by) {
                let what = format!(
                    "the pattern has no group \"{name}\" (${{name}} ends a name before a letter, $$ is a dollar)"
                );
                return Err(call.problem(planner, 2, what));
            }
            let text = planner.typed(call.name, call.args[0], Str)?;
            Ok(ready(Str, Replace { regex, by }, vec![text]))
        },
    },
    Function {
        name: "glob",
        also: &[],
        usage: "glob(pattern, s)",
        about: "what `s GLOB pattern` says: `*` any text, `?` a character, `[a-z]` one of them; letters \
                count as they are",
        example: ("glob('b*r', 'beer')", "true"),
        takes: 2..=2,
        plan: |planner, call| planner.glob(call.args[1], call.args[0]),
    },
];

/// A group that a replacement names and the pattern does not have.
fn unknown_group<'a>(regex: &Regex, by: &'a str) -> Option<&'a str> {
    let mut rest = by;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
            continue;
        }
        let name = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, _)) => name,
            None => {
                &rest[..rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len())]
            }
        };
        let known = match name.parse::<usize>() {
            Ok(number) => number < regex.captures_len(),
            Err(_) => name.is_empty() || regex.capture_names().any(|of| of == Some(name)),
        };
        if !known {
            return Some(name);
        }
    }
    None
}

fn regexp_extract(planner: &Planner<'_>, call: &Call<'_>) -> Result<Node, Problem> {
    let regex = planner.regex(call.name, call.args[1])?;
    let text = planner.typed(call.name, call.args[0], Str)?;
    let mut group = 0;
    if let Some(arg) = call.args.get(2) {
        let node = planner.node(arg)?;
        let by_number = node.as_whole().and_then(|n| usize::try_from(n).ok());
        let by_name = node.as_text().and_then(|name| regex.capture_names().position(|of| of == Some(name)));
        let found = by_number.or(by_name).filter(|group| *group < regex.captures_len());
        group = found.ok_or_else(|| {
            let groups = regex.captures_len() - 1;
            let what =
                format!("the pattern has no such group (it has {groups}: say a number, or a name in quotes)");
            call.problem(planner, 2, what)
        })?;
    }
    Ok(ready(Str, Extract { regex, group }, vec![text]))
}
