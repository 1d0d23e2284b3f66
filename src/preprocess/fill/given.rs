//! What a topology says to the step `fill`, and whether it can be.

use crate::data::{Schema, Type, Zone, time};
use crate::operator::{KEYS_LIMIT, Per};
use crate::params::{self, JsonSchema, Names, Problem, nearest};
use crate::preprocess::common::{Cell, inside, named, remade};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// What each column is filled with: "last", "mean" or a value.
    fields: BTreeMap<String, Asked>,
    /// A memory for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

/// What a topology says of a column.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Asked {
    /// A value, or how one is found.
    Text(String),
    Truth(bool),
    Whole(i64),
    Number(f64),
    Texts(Vec<String>),
    /// A value, whatever it says.
    Named(Named),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// The value.
    value: Constant,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Constant {
    Text(String),
    Truth(bool),
    Whole(i64),
    Number(f64),
    Texts(Vec<String>),
}

impl Asked {
    /// The value, where it is one.
    fn value(&self) -> Constant {
        match self {
            Asked::Text(text) => Constant::Text(text.clone()),
            Asked::Truth(x) => Constant::Truth(*x),
            Asked::Whole(x) => Constant::Whole(*x),
            Asked::Number(x) => Constant::Number(*x),
            Asked::Texts(items) => Constant::Texts(items.clone()),
            Asked::Named(Named { value }) => value.clone(),
        }
    }
}

/// How a column is filled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Method {
    Value(Cell),
    Last,
    Mean,
}

impl Method {
    /// Whether it depends on what came before.
    pub(super) fn learns(&self) -> bool {
        !matches!(self, Method::Value(_))
    }
}

/// A column that is filled.
#[derive(Clone)]
pub(super) struct Part {
    pub column: usize,
    pub of: Type,
    pub method: Method,
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub parts: Vec<Part>,
    pub per: Option<Per>,
    pub output: Schema,
    pub warnings: Vec<Problem>,
}

const LAST: &str = "last";
const MEAN: &str = "mean";
/// What others call them; a text that is one of these is hardly meant as a value.
const CALLED: [(&str, &[&str]); 2] = [
    (LAST, &["ffill", "pad", "forward", "previous", "prev", "locf", "forward_fill"]),
    (MEAN, &["avg", "average"]),
];

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let Params { fields, per, keys_max } = params::read(given)?;
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let (mut parts, mut output) = (Vec::<Part>::new(), schema.clone());
    if fields.is_empty() {
        problems.push(Problem::at("fields", "name at least one column, as in { price = \"mean\" }"));
    }
    for (name, asked) in &fields {
        let found = named(schema, per.as_ref(), "fields", name).and_then(|column| {
            let of = schema.fields[column].of;
            Ok(Part { column, of, method: method(schema, name, of, asked, &mut warnings)? })
        });
        match found {
            Ok(part) => {
                if schema.fields[part.column].is_event_time() {
                    let what = format!("\"{name}\" is the event time, which ends where it is filled");
                    warnings.push(inside(name, Problem::at("fields", what)));
                }
                output.fields[part.column] = remade(schema, name, part.of);
                parts.push(part);
            }
            Err(problem) => problems.push(inside(name, problem)),
        }
    }
    if problems.is_empty() && per.is_some() && !parts.iter().any(|part| part.method.learns()) {
        let what = "every column is filled with one value, whatever the key: leave it out";
        problems.push(Problem::at("per", what));
    }
    match problems.is_empty() {
        true => Ok(Given { parts, per, output, warnings }),
        false => Err(problems),
    }
}

fn method(
    schema: &Schema,
    name: &str,
    of: Type,
    asked: &Asked,
    warnings: &mut Vec<Problem>,
) -> Result<Method, Problem> {
    let numeric = of.is_numeric();
    let text = match asked {
        Asked::Text(text) if text == LAST => return Ok(Method::Last),
        Asked::Text(text) if text == MEAN && numeric => return Ok(Method::Mean),
        Asked::Text(text) if text == MEAN => {
            let what = format!(
                "column \"{name}\" is {of} and has no mean (the text itself is {{ value = \"{MEAN}\" }})"
            );
            return Err(Problem::at("fields", what));
        }
        Asked::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let meant = text.and_then(meant);
    match cell(schema, of, &asked.value())? {
        Some(cell) => {
            if let (Some(text), Some(meant)) = (text, meant) {
                let what = format!(
                    "\"{name}\" is filled with the text \"{text}\": if that is meant, say {{ value = \"{text}\" }}"
                );
                let nearest = Some(meant);
                warnings.push(inside(name, Problem { nearest, ..Problem::at("fields", what) }));
            }
            Ok(Method::Value(cell))
        }
        None => {
            let what = format!(
                "column \"{name}\" is {of}: it can be filled with {}, \"{LAST}\"{}",
                kind(of),
                if numeric { format!(" or \"{MEAN}\"") } else { String::new() }
            );
            Err(Problem { nearest: meant, ..Problem::at("fields", what) })
        }
    }
}

/// The way to fill that is meant by a text that is none.
fn meant(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let said = CALLED.iter().find(|(_, theirs)| theirs.contains(&lower.as_str()));
    said.map(|(ours, _)| ours.to_string()).or_else(|| nearest(text, [LAST, MEAN]))
}

/// A value as one of the column's type; `None` when it is none.
fn cell(schema: &Schema, of: Type, value: &Constant) -> Result<Option<Cell>, Problem> {
    Ok(Some(match (of, value) {
        (Type::Str, Constant::Text(text)) => Cell::Str(text.clone()),
        (Type::Bool, Constant::Truth(x)) => Cell::Bool(*x),
        (Type::I64, Constant::Whole(x)) => Cell::I64(*x),
        (Type::F64, Constant::Whole(x)) => Cell::F64(*x as f64),
        (Type::F64, Constant::Number(x)) if x.is_finite() => Cell::F64(*x),
        (Type::List, Constant::Texts(items)) => Cell::List(items.clone()),
        (Type::Time, Constant::Text(text)) => {
            let zone = match schema.zone() {
                Zone::Utc => None,
                Zone::Of(zone) => time::zone(&zone),
                Zone::Several => {
                    let what = "times of several zones come in, so nobody knows whose this is: say an offset \
                                with the time of a stage before they meet";
                    return Err(Problem::at("fields", what));
                }
            };
            return Ok(time::parse(text, zone.as_ref()).map(Cell::Time));
        }
        _ => return Ok(None),
    }))
}

fn kind(of: Type) -> &'static str {
    match of {
        Type::Bool => "true or false",
        Type::I64 => "a whole number",
        Type::F64 => "a number",
        Type::Str => "a text in quotes",
        Type::Time => "the text of a time such as \"2013-01-31T10:00:00Z\"",
        Type::List => "a list of texts",
    }
}
