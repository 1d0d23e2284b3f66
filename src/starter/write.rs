//! The topology for data that were looked at, as a text with comments.

use super::column::Kind;
use super::look::Found;
use super::peek::STDIN;
use crate::data::{Field, Schema, Type};
use crate::operator::Input;
use crate::params::{Params, is_name};
use crate::registry::find;
use crate::topology::describe;
use std::path::Path;
use toml::Value;

/// What `kmeans` adds to a record.
const ADDED: [&str; 2] = ["cluster", "distance"];
/// How many segments there are at first.
const K: usize = 4;
/// A comment begins behind so many characters, where there is room.
const COMMENT: usize = 32;

/// The whole file.
pub(super) fn topology(path: &Path, found: &Found) -> String {
    let name = name(path);
    let features: Vec<&Field> = features(found);
    let mut text = head(path, &name, found);
    text += &source(path, found);
    let clean = clean(found, &features);
    if !clean.is_empty() {
        text += &stage("clean", "rows", &clean);
    }
    let before = if clean.is_empty() { "rows" } else { "clean" };
    let mut from = vec![before.to_string()];
    if !features.is_empty() {
        text += &segments(before, found, &features);
        from = vec!["segments".to_string(), "segments/report".to_string()];
    }
    text + &store(&name, found, &from)
}

fn head(path: &Path, name: &str, found: &Found) -> String {
    let what = if path == Path::new(STDIN) {
        "standard input".to_string()
    } else {
        shown(&path.display().to_string())
    };
    let s = if found.rows == 1 { "" } else { "s" };
    format!(
        "# A first topology for {what}, by a look at its first {} record{s}: change what you know better.\n#\n\
         #   sluicebox check FILE          shows the columns of each stage\n\
         #   sluicebox run FILE            runs it\n\
         #   sluicebox list OPERATOR       shows what an operator does, and its parameters\n\n\
         name = {}\n",
        found.rows,
        quoted(name)
    )
}

/// The stage that reads the data, its types column by column.
fn source(path: &Path, found: &Found) -> String {
    let mut text = format!("\n[[stage]]\nname = \"rows\"\noperator = \"{}\"\n", found.operator);
    text += &format!("path = {}\n", quoted(&path.display().to_string()));
    for (key, value) in &found.params {
        let why = match key.as_str() {
            "null" => "what means that a value is missing",
            "delimiter" => "what parts the fields",
            "decimal" => "what numbers have for a point",
            "unique_names" => "columns of one name get a number",
            _ => "",
        };
        text += &commented(&format!("{key} = {value}"), why);
    }
    let fields = found.schema.fields.iter().zip(&found.seen);
    let time = fields
        .clone()
        .find(|(field, seen)| field.of == Type::Time && seen.in_order && seen.nulls == 0 && seen.rows > 1);
    if let Some((field, _)) = time {
        text += &commented(
            &format!("time = {}", quoted(&field.name)),
            "the event time, by which windows are made",
        );
    }
    text += "\n";
    text += &commented("[stage.types]", "what was guessed; said here it can't change");
    for (field, seen) in fields {
        let why = match seen.kind(field) {
            Kind::Feature => "a measure",
            Kind::Other(why) => why,
        };
        let line = format!("{} = \"{}\"", describe::key(&field.name), field.of);
        text += &commented(&line, &format!("{why}: {}", seen.words()));
    }
    text
}

/// The columns by which records are alike or not.
fn features(found: &Found) -> Vec<&Field> {
    let fields = found.schema.fields.iter().zip(&found.seen);
    fields.filter(|(field, seen)| seen.kind(field) == Kind::Feature).map(|(field, _)| field).collect()
}

/// The steps that leave out what can't be compared, and make room for new columns.
fn clean(found: &Found, features: &[&Field]) -> Vec<String> {
    let mut steps = Vec::new();
    if features.is_empty() {
        return steps;
    }
    let all = condition(&found.schema, features);
    steps.push(format!("{{ operator = \"filter\", where = {} }},", quoted(&all)));
    let clash = ADDED.iter().filter(|name| found.schema.index(name).is_some());
    let renamed: Vec<String> = clash
        .map(|name| format!("{name} = {}", quoted(&free(&found.schema, &format!("{name}_before")))))
        .collect();
    if !renamed.is_empty() {
        steps.push("# kmeans adds columns of these names".to_string());
        steps.push(format!("{{ operator = \"select\", rename = {{ {} }} }},", renamed.join(", ")));
    }
    steps
}

/// That none of the features is missing. Names are in quotes where they would mean another thing without.
fn condition(schema: &Schema, features: &[&Field]) -> String {
    let all = |name: &dyn Fn(&str) -> String| {
        let each: Vec<String> =
            features.iter().map(|field| format!("{} IS NOT NULL", name(&field.name))).collect();
        each.join(" AND ")
    };
    let plain = all(&str::to_string);
    let simple = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let where_is = |text: &str| Params::from_iter([("where".to_string(), Value::String(text.to_string()))]);
    let input = [Input::new("rows", schema.clone())];
    let fits = |text: &str| {
        find("filter", false).is_some_and(|(_, spec)| (spec.plan)(where_is(text), &input).is_ok())
    };
    match features.iter().all(|field| simple(&field.name)) && fits(&plain) {
        true => plain,
        false => all(&|name| format!("\"{}\"", name.replace('"', "\"\""))),
    }
}

fn segments(from: &str, found: &Found, features: &[&Field]) -> String {
    let after: Vec<String> = features
        .iter()
        .map(|field| match ADDED.contains(&field.name.as_str()) {
            true => free(&found.schema, &format!("{}_before", field.name)),
            false => field.name.clone(),
        })
        .collect();
    let mut prefix = "z_".to_string();
    while after.iter().any(|name| found.schema.index(&format!("{prefix}{name}")).is_some()) {
        prefix.insert(0, 'z');
    }
    let list = |names: Vec<String>| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let scaled = after.iter().map(|name| format!("{prefix}{name}")).collect();
    stage(
        "segments",
        from,
        &[
            "# in units of its own spread, so that no column counts for more than another".to_string(),
            format!("{{ operator = \"standardize\", fields = [{}], prefix = \"{prefix}\" }},", list(after)),
            "# each record gets the nearest of k centres, and how far it is from it".to_string(),
            format!("{{ operator = \"kmeans\", k = {K}, features = [{}], seed = 1 }},", list(scaled)),
        ],
    ) + &commented("summary = true", "its centres are shown at the end")
}

/// Where the results go: a database, or, where no table can have such columns, a file for each.
fn store(name: &str, found: &Found, from: &[String]) -> String {
    let path = format!("out/{name}.db");
    let params = Params::from_iter([("path".to_string(), Value::String(path.clone()))]);
    let inputs = [Input::new("rows", found.schema.clone())];
    let table = find("sqlite", false).is_some_and(|(_, spec)| (spec.plan)(params, &inputs).is_ok());
    let names: Vec<String> = from.iter().map(|name| quoted(name)).collect();
    let mut text = "\n[[stage]]\nname = \"store\"\n".to_string();
    if table {
        text += "operator = \"sqlite\"\n";
        text += &commented(&format!("from = [{}]", names.join(", ")), "a table each");
        text += &format!("path = {}\n", quoted(&path));
    } else {
        text += &format!("operator = \"jsonl\"\nfrom = {}\n", names[0]);
        text += &format!("path = {}\n", quoted(&format!("out/{name}.jsonl")));
    }
    text + &commented("if_exists = \"replace\"", "each run begins anew")
}

fn stage(name: &str, from: &str, steps: &[String]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!("  {step}\n")).collect();
    format!("\n[[stage]]\nname = \"{name}\"\nfrom = \"{from}\"\nsteps = [\n{}]\n", steps.concat())
}

/// A line with what there is to say of it.
fn commented(line: &str, comment: &str) -> String {
    match comment.is_empty() {
        true => format!("{line}\n"),
        false => format!("{line:<COMMENT$} # {}\n", shown(comment)),
    }
}

/// A text that may stand in a comment: what can't be seen ends none and hides nothing.
fn shown(text: &str) -> String {
    crate::printable::one_line(text).into_owned()
}

fn quoted(text: &str) -> String {
    Value::String(text.to_string()).to_string()
}

/// A name that no column has.
fn free(schema: &Schema, name: &str) -> String {
    let mut name = name.to_string();
    while schema.index(&name).is_some() {
        name.push('_');
    }
    name
}

/// What a run of it is found by: the file's name, as far as that can be one.
fn name(path: &Path) -> String {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or_default().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = stem.chars().map(plain).skip_while(|c| !c.is_ascii_lowercase()).take(40).collect();
    let name = name.trim_end_matches('-').to_string();
    if is_name(&name) { name } else { "data".to_string() }
}
