//! What a topology says of a text that is taken apart, and what is wrong with it.

use super::how::{How, Kind};
use super::pattern::Pattern;
use super::{access_log, url};
use crate::data::{Field, Schema, Type, Zone, time};
use crate::format::{JsonFields, Typing};
use crate::operator::column;
use crate::params::{JsonSchema, Problem};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The column that is taken apart.
    field: String,
    /// What its texts are.
    r#as: As,
    /// Of regex: the pattern, with named groups, as in '(?<key>\w+)'.
    pattern: Option<String>,
    /// Of key_value, json and csv: what becomes columns; of url: which parts, all if absent.
    columns: Option<Vec<String>>,
    /// Types of the new columns, by their names before the prefix; str, if absent.
    #[serde(default)]
    types: BTreeMap<String, Type>,
    /// Texts that mean NULL; an empty one always does.
    #[serde(default)]
    null: Vec<String>,
    /// The zone of times without an offset; that of the other columns, if absent.
    time_zone: Option<String>,
    /// Of key_value: what stands between pairs.
    #[serde(default = "space")]
    pair_sep: String,
    /// Of key_value: what stands between a key and its value.
    #[serde(default = "equals")]
    key_sep: String,
    /// Of csv: what stands between fields.
    #[serde(default = "comma")]
    delimiter: char,
    /// Of url: parameters of the query that become columns.
    #[serde(default)]
    parameters: Vec<String>,
    /// Of duration and size: the new column, seconds or bytes if absent.
    into: Option<String>,
    /// Stands before the names of the new columns.
    #[serde(default)]
    prefix: String,
    /// Whether the text itself stays.
    #[serde(default = "yes")]
    keep: bool,
    /// What becomes of a record whose text does not parse.
    #[serde(default)]
    pub on_fail: OnFail,
}

fn space() -> String {
    " ".to_string()
}

fn equals() -> String {
    "=".to_string()
}

fn comma() -> char {
    ','
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum As {
    Regex,
    KeyValue,
    AccessLog,
    Json,
    Csv,
    Url,
    Duration,
    Size,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnFail {
    /// It is rejected, for a reason that is counted.
    #[default]
    Reject,
    /// Its new columns are NULL.
    Null,
    /// It leaves by the port unparsed.
    Route,
}

/// The same, checked.
pub(super) struct Checked {
    /// The column that is taken apart.
    pub field: usize,
    pub how: How,
    /// The new columns, named as they will be.
    pub columns: Vec<Field>,
    pub typing: Typing,
    pub keep: bool,
    pub on_fail: OnFail,
}

pub(super) fn check(params: Params, schema: &Schema) -> Result<Checked, Vec<Problem>> {
    let mut problems = Vec::new();
    let field = column(schema, "field", &params.field).map_err(|problem| problems.push(problem)).ok();
    if let Some(of) = field.map(|field| schema.fields[field].of).filter(|of| *of != Type::Str) {
        let what = format!("column \"{}\" is {of}: only a text can be taken apart", params.field);
        problems.push(Problem::at("field", what));
    }
    unused(&params, &mut problems);
    let zone = zone(&params, schema, &mut problems);
    let found = kind(&params, &mut problems);
    let Some((kind, usual)) = found else { return Err(problems) };
    let columns = typed(&params, usual, schema, field, &mut problems);
    let (Some(field), true) = (field, problems.is_empty()) else { return Err(problems) };
    let types = columns.iter().map(|column| (column.name.clone(), column.of)).collect();
    let typing = Typing::of(types, params.null, zone);
    Ok(Checked { field, how: How::new(kind), columns, typing, keep: params.keep, on_fail: params.on_fail })
}

/// Keys that say nothing of this form.
fn unused(params: &Params, problems: &mut Vec<Problem>) {
    let of = |forms: &[As]| forms.contains(&params.r#as);
    let given = [
        ("pattern", params.pattern.is_some(), of(&[As::Regex]), "a regex"),
        ("parameters", !params.parameters.is_empty(), of(&[As::Url]), "a url"),
        ("into", params.into.is_some(), of(&[As::Duration, As::Size]), "a duration, or a size,"),
        (
            "columns",
            params.columns.is_some(),
            of(&[As::KeyValue, As::Json, As::Csv, As::Url]),
            "key_value, json, csv and url",
        ),
        ("pair_sep", params.pair_sep != " ", of(&[As::KeyValue]), "key_value"),
        ("key_sep", params.key_sep != "=", of(&[As::KeyValue]), "key_value"),
        ("delimiter", params.delimiter != ',', of(&[As::Csv]), "csv"),
    ];
    for (key, _, _, whose) in given.into_iter().filter(|(_, given, fits, _)| *given && !fits) {
        problems.push(Problem::at(key, format!("it is of {whose} alone: leave it out")));
    }
    let signs = [("pair_sep", &params.pair_sep), ("key_sep", &params.key_sep)];
    let missing = signs.into_iter().filter(|(_, sign)| sign.is_empty());
    let what = "something must stand there, such as \" \" or \"=\"";
    problems.extend(missing.map(|(key, _)| Problem::at(key, what)));
    if of(&[As::KeyValue]) && !params.pair_sep.is_empty() && params.key_sep.contains(&params.pair_sep) {
        problems.push(Problem::at("key_sep", "between pairs stands another sign than in one, no part of it"));
    }
    if params.delimiter == '"' {
        problems.push(Problem::at("delimiter", "a quote can't part fields: it stands around them"));
    }
}

fn zone(params: &Params, schema: &Schema, problems: &mut Vec<Problem>) -> Option<time::TimeZone> {
    match (&params.time_zone, schema.zone()) {
        (Some(name), _) => {
            let found = time::zone(name);
            if found.is_none() {
                let what = format!(
                    "there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")"
                );
                problems.push(Problem::at("time_zone", what));
            }
            found
        }
        (None, Zone::Of(name)) => time::zone(&name),
        (None, _) => None,
    }
}

/// How it is taken apart, and the columns that come of it with their usual types.
fn kind(params: &Params, problems: &mut Vec<Problem>) -> Option<(Kind, Vec<(String, Type)>)> {
    let texts = |names: &[String]| names.iter().map(|name| (name.clone(), Type::Str)).collect::<Vec<_>>();
    let named = |of: &[(&str, Type)]| of.iter().map(|(name, of)| ((*name).to_string(), *of)).collect();
    let one = |usual: &str, of| vec![(params.into.clone().unwrap_or_else(|| usual.to_string()), of)];
    let mut columns = || match &params.columns {
        Some(columns) if !columns.is_empty() => Some(columns.clone()),
        _ => {
            let what = "say what becomes columns: columns = [\"status\", \"path\"]";
            problems.push(Problem::at("columns", what));
            None
        }
    };
    Some(match params.r#as {
        As::Regex => return regex(params, problems),
        As::KeyValue => {
            let columns = columns()?;
            let (between, equals) = (params.pair_sep.clone(), params.key_sep.clone());
            let usual = texts(&columns);
            (Kind::KeyValue { between, equals, columns }, usual)
        }
        As::Json => {
            let usual = texts(&columns()?);
            let of =
                |(name, of): &(String, Type)| (name.clone(), params.types.get(name).copied().unwrap_or(*of));
            let schema =
                usual.iter().map(of).fold(Schema::default(), |schema, (name, of)| schema.with(&name, of));
            (Kind::Json { fields: Box::new(JsonFields::new(&schema, None)) }, usual)
        }
        As::Csv => {
            let usual = texts(&columns()?);
            (Kind::Csv { delimiter: params.delimiter, columns: usual.len() }, usual)
        }
        As::AccessLog => {
            (Kind::AccessLog(Box::new(access_log::AccessLog::new())), named(&access_log::COLUMNS))
        }
        As::Url => return url_parts(params, problems),
        As::Duration => (Kind::Duration, one("seconds", Type::F64)),
        As::Size => (Kind::Size, one("bytes", Type::I64)),
    })
}

fn regex(params: &Params, problems: &mut Vec<Problem>) -> Option<(Kind, Vec<(String, Type)>)> {
    let Some(pattern) = &params.pattern else {
        let what = "a regex needs its pattern, with named groups: '(?<key>\\w+)=(?<value>\\S+)'";
        problems.push(Problem::at("pattern", what));
        return None;
    };
    let regex = Regex::new(pattern).map_err(|error| {
        let said = error.to_string();
        let why = said.lines().next_back().unwrap_or_default().trim_start_matches("error: ");
        problems.push(Problem::at("pattern", format!("this is no regular expression: {why}")));
    });
    let regex = regex.ok()?;
    let named = regex.capture_names().enumerate();
    let named = named.filter_map(|(group, name)| Some((group, name?.to_string())));
    let (groups, names): (Vec<usize>, Vec<String>) = named.unzip();
    if groups.is_empty() {
        let what = "no group of it has a name: write (?<name>…) around what becomes a column";
        problems.push(Problem::at("pattern", what));
        return None;
    }
    let usual = names.into_iter().map(|name| (name, Type::Str)).collect();
    Some((Kind::Regex(Box::new(Pattern::new(regex, groups))), usual))
}

fn url_parts(params: &Params, problems: &mut Vec<Problem>) -> Option<(Kind, Vec<(String, Type)>)> {
    let all = || url::PARTS.iter().map(|(name, _)| *name);
    let mut parts = Vec::new();
    match &params.columns {
        None => parts.extend(0..url::PARTS.len()),
        Some(columns) => {
            for (i, name) in columns.iter().enumerate() {
                match all().position(|part| part == name) {
                    Some(part) => parts.push(part),
                    None => {
                        let choices = all().collect::<Vec<_>>().join(", ");
                        let what = format!(
                            "a URL has no \"{name}\" (choose from {choices}; \"parameters\" are of its query)"
                        );
                        let path = vec!["columns".to_string(), i.to_string()];
                        problems.push(Problem { path, ..Problem::whole(what) }.suggest(name, all()));
                    }
                }
            }
        }
    }
    let named = parts.iter().map(|part| (url::PARTS[*part].0.to_string(), url::PARTS[*part].1));
    let usual = named.chain(params.parameters.iter().map(|name| (name.clone(), Type::Str))).collect();
    Some((Kind::Url { parts, parameters: params.parameters.clone() }, usual))
}

/// The new columns with their types and the names they will have.
fn typed(
    params: &Params,
    usual: Vec<(String, Type)>,
    schema: &Schema,
    field: Option<usize>,
    problems: &mut Vec<Problem>,
) -> Vec<Field> {
    for name in params.types.keys().filter(|name| !usual.iter().any(|(of, _)| of == *name)) {
        let what = format!("there is no new column \"{name}\"");
        let path = vec!["types".to_string(), name.clone()];
        let names = usual.iter().map(|(name, _)| name.as_str());
        problems.push(Problem { path, ..Problem::whole(what) }.suggest(name, names));
    }
    let mut columns: Vec<Field> = Vec::new();
    for (name, of) in usual {
        let of = params.types.get(&name).copied().unwrap_or(of);
        let named = format!("{}{name}", params.prefix);
        let gone = |at| !params.keep && Some(at) == field;
        if named.is_empty() {
            problems.push(Problem::whole("a new column needs a name"));
        } else if columns.iter().any(|column| column.name == named) {
            problems.push(Problem::whole(format!("two new columns would be called \"{named}\"")));
        } else if schema.index(&named).is_some_and(|at| !gone(at)) {
            let what = format!("there is a column \"{named}\" already: say a prefix for the new ones");
            problems.push(Problem::at("prefix", what));
        }
        columns.push(Field::new(&named, of));
    }
    columns
}
