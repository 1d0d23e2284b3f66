//! Parts a text into several columns, or into a list, at a separator.
//!
//! ```toml
//! operator = "split"
//! field = "path"
//! separator = "/"               # absent: white space
//! into = ["site", "page"]       # a column for each part; a name alone: one column with the list of them
//! ```
//!
//! | path str (in) | path str (out) | site str (out) | page str (out) |
//! |---|---|---|---|
//! | shop/tea shop/tea/green shop NULL "" | shop/tea shop/tea/green shop NULL "" | shop shop shop NULL "" | tea tea/green NULL NULL NULL |
//!
//! Where there are fewer parts than columns, the others are NULL. Where there are more, the last column has all that is
//! left, as it was; with `rest = "drop"` only its part.
//!
//! ```toml
//! operator = "split"
//! field = "tags"
//! separator = ","
//! into = "list"
//! trim = true                   # without the spaces around each part
//! keep = false                  # the text itself does not go on
//! ```
//!
//! | tags str (in) | n i64 (in) | n i64 (out) | list list<str> (out) |
//! |---|---|---|---|
//! | "a, b" c NULL "d,," "" | 1 2 3 4 5 | 1 2 3 4 5 | ["a","b"] ["c"] NULL ["d","",""] [""] |
//!
//! Nothing between two separators is an empty part. A text without a separator is one part, an empty one too; of white
//! space alone there is none. The new columns stand at the end, and are texts: `select` casts them. `explode` makes a
//! record of each part instead. Nothing is remembered, and event time goes on as it came.

use crate::data::{Batch, Column, Field, Schema, Text, Type, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::Separator;
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec =
    Spec::new("split", "a text as several columns, or as a list", include_str!("split.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "str_split",
            "string_split",
            "split_part",
            "separate",
            "separate_wider",
            "dissect",
            "tokenize",
            "split_columns",
        ]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column of texts.
    field: String,
    /// What lies between two parts; white space, if absent.
    separator: Option<String>,
    /// The names of the columns of the parts, or that of one column with the list of them.
    into: Into,
    /// Whether the spaces around a part are cut off.
    #[serde(default)]
    trim: bool,
    /// What becomes of more parts than there are columns: the last column has them too, or they are dropped.
    #[serde(default)]
    rest: Rest,
    /// Whether the text itself goes on.
    #[serde(default = "yes")]
    keep: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Into {
    List(String),
    Columns(Vec<String>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rest {
    #[default]
    Keep,
    Drop,
}

fn yes() -> bool {
    true
}

/// More columns are hardly meant.
const COLUMNS_MAX: usize = 1000;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { field, separator, into, trim, rest, keep } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let at = column(schema, "field", &field).and_then(|at| match schema.fields[at].of {
        Type::Str => Ok(at),
        of => Err(Problem::at("field", format!("column \"{field}\" is {of}, a text is needed"))),
    });
    let at = at.map_err(|problem| problems.push(problem)).ok();
    let separator = Separator::check(separator).map_err(|problem| problems.push(problem)).ok();
    let stays = |column: &usize| keep || Some(*column) != at;
    let mut output = Schema { fields: Vec::new() };
    output.fields.extend((0..schema.len()).filter(stays).map(|at| schema.fields[at].clone()));
    let mut passed: Vec<_> = (0..schema.len()).filter(stays).map(Some).collect();
    let (names, of, listed) = match &into {
        Into::List(name) => (std::slice::from_ref(name), Type::List, false),
        Into::Columns(names) => (names.as_slice(), Type::Str, true),
    };
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() || output.index(name).is_some() {
            let what = match name.is_empty() {
                true => "a column needs a name".to_string(),
                false => format!("there is a column \"{name}\" already"),
            };
            let problem = Problem::at("into", what);
            let path = problem.path.iter().cloned().chain(listed.then(|| place.to_string())).collect();
            problems.push(Problem { path, ..problem });
        }
        output.fields.push(Field::new(name, of));
        passed.push(None);
    }
    if !listed && rest == Rest::Drop {
        problems.push(Problem::at("rest", "a list has all parts: leave it out"));
    }
    if names.is_empty() || names.len() > COLUMNS_MAX {
        let what = format!("from 1 to {COLUMNS_MAX} columns are named, or one with the list of all parts");
        problems.push(Problem::at("into", what));
    }
    let (Some(at), Some(separator), true) = (at, separator, problems.is_empty()) else {
        return Err(problems);
    };
    let columns = if listed { names.len() } else { 0 };
    let split = Split { at, separator, columns, trim, rest, keep, made: Vec::new() };
    let passes = Passes::These(passed);
    Ok(Planned { passes, ..Planned::new(output, move || split.clone()) })
}

#[derive(Clone)]
struct Split {
    at: usize,
    separator: Separator,
    /// How many columns there are for parts; 0: a list of them.
    columns: usize,
    trim: bool,
    rest: Rest,
    keep: bool,
    /// The new columns while they are written.
    made: Vec<Column>,
}

impl Split {
    /// Writes the parts of a text, each into a column of its own.
    fn write_columns(&mut self, text: &str) {
        let Split { separator, columns, trim, rest, made, .. } = self;
        let (mut parts, last) = (0, *columns - 1);
        separator.each(text, *trim, |part| {
            if parts < last || (parts == last && *rest == Rest::Drop) {
                push(&mut made[parts], part);
            }
            parts += 1;
        });
        if parts > last && *rest == Rest::Keep {
            let text = separator.behind(text, last).expect("there are so many parts");
            push(&mut made[last], if *trim { text.trim() } else { text });
        }
        made.iter_mut().skip(parts).for_each(Column::push_null);
    }

    /// Writes the list of the parts of a text.
    fn write_list(&mut self, text: &str) {
        let Split { separator, trim, made, .. } = self;
        let Column { values: Values::List(lists), valid } = &mut made[0] else { panic!("it is a list") };
        match separator {
            Separator::Text(between) => {
                lists.push(text.split(between.as_str()).map(|part| if *trim { part.trim() } else { part }));
            }
            Separator::Spaces => lists.push(text.split_whitespace()),
        }
        valid.push(true);
    }
}

fn push(column: &mut Column, text: &str) {
    let Values::Str(texts) = &mut column.values else { panic!("a part is a text") };
    texts.push(text);
    column.valid.push(true);
}

impl Operator for Split {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let of = if self.columns == 0 { Type::List } else { Type::Str };
        self.made.extend((0..self.columns.max(1)).map(|_| batch.new_column(of)));
        let source = std::mem::replace(&mut batch.columns[self.at], Column::new(Type::Str));
        let Values::Str(texts) = &source.values else { panic!("plan takes texts only") };
        let texts: &Text = texts;
        for row in 0..batch.len() {
            match (source.valid.get(row), self.columns) {
                (false, _) => self.made.iter_mut().for_each(Column::push_null),
                (true, 0) => self.write_list(texts.get(row)),
                (true, _) => self.write_columns(texts.get(row)),
            }
        }
        if self.keep {
            batch.columns[self.at] = source;
        } else {
            batch.columns.remove(self.at);
            batch.put_aside(source);
        }
        batch.columns.append(&mut self.made);
        Ok(Next::Wait)
    }
}
