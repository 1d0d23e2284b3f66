//! The topology for data that were looked at, as a text with comments.

use super::column::Kind;
use super::log;
use super::look::Found;
use super::peek::STDIN;
use super::segments::{K, Segments};
use crate::data::{Field, Schema, Type};
use crate::operator::Input;
use crate::params::{Params, is_name};
use crate::registry::find;
use crate::topology::describe;
use std::path::Path;
use toml::Value;

/// A comment begins behind so many characters, where there is room.
const COMMENT: usize = 32;

/// The whole file.
pub(super) fn topology(path: &Path, found: &Found) -> String {
    let name = name(path);
    let features: Vec<&Field> = features(found);
    let mut text = head(path, &name, found);
    text += &source(path, found);
    if found.requests {
        text += log::REQUESTS;
        return text + &store(&name, log::STORED.map(|name| (name, found.schema.clone())).to_vec());
    }
    let mut from = vec![("rows", found.schema.clone())];
    if let Some(segments) = Segments::of(&found.schema, &features) {
        text += &clean(&features, &segments);
        text += &alike(&segments);
        let [rows, report] = segments.leaves;
        from = vec![("segments", rows), ("segments/report", report)];
    }
    text + &store(&name, from)
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
            "time_format" => "how times are written",
            "encoding" => "it is not UTF-8, and likely this",
            "unique_names" => "columns of one name get a number",
            "header" if *value == Value::Boolean(true) => {
                "the first line seems to be names; if it is a record: false, with names = [\"…\"]"
            }
            "header" => "the first line seems to be a record; true, if it is names",
            "names" if found.params.get("header") == Some(&Value::Boolean(false)) => {
                "call them what they are, in the types too"
            }
            "names" => "without characters that can't be seen",
            _ => "",
        };
        text += &commented(&format!("{key} = {}", literal(value)), why);
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
    for name in &found.left_out {
        text += &format!("# left out, as its values are of several kinds: {}\n", shown(name));
    }
    let typed = find(found.operator, true).is_some_and(|(_, spec)| spec.typed.is_some());
    if !typed {
        return text.trim_end().to_string() + "\n";
    }
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

/// The stage that leaves out what can't be compared, and makes room for new columns.
fn clean(features: &[&Field], segments: &Segments) -> String {
    let fields = list(features.iter().map(|field| field.name.clone()));
    let mut steps = vec![format!("{{ operator = \"drop_missing\", fields = [{fields}] }},")];
    let renamed: Vec<String> = segments
        .renamed
        .iter()
        .map(|(before, after)| format!("{} = {}", describe::key(before), quoted(after)))
        .collect();
    if !renamed.is_empty() {
        steps.push("# kmeans adds columns of these names".to_string());
        steps.push(format!("{{ operator = \"select\", rename = {{ {} }} }},", renamed.join(", ")));
    }
    stage("clean", "rows", &steps)
}

/// The stage that puts like records together.
fn alike(segments: &Segments) -> String {
    let Segments { measures, prefix, .. } = segments;
    let scaled = list(measures.iter().map(|name| format!("{prefix}{name}")));
    let fields = list(measures.iter().cloned());
    stage(
        "segments",
        "clean",
        &[
            "# in units of its own spread, so that no column counts for more than another".to_string(),
            format!("{{ operator = \"standardize\", fields = [{fields}], prefix = \"{prefix}\" }},"),
            "# each record gets the nearest of k centres, and how far it is from it".to_string(),
            format!("{{ operator = \"kmeans\", k = {K}, features = [{scaled}], seed = 1 }},"),
        ],
    ) + &commented("summary = true", "its centres are shown at the end")
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.map(|name| quoted(&name)).collect::<Vec<_>>().join(", ")
}

/// Where the results go: a database, or, where no table can have such columns, a file for each.
fn store(name: &str, from: Vec<(&str, Schema)>) -> String {
    let path = vacant(&format!("out/{name}"), "db");
    let params = Params::from_iter([("path".to_string(), Value::String(path.clone()))]);
    let names: Vec<String> = from.iter().map(|(name, _)| quoted(name)).collect();
    let inputs: Vec<Input> = from.into_iter().map(|(name, schema)| Input::new(name, schema)).collect();
    let table = find("sqlite", false).is_some_and(|(_, spec)| (spec.plan)(params, &inputs).is_ok());
    let mut text = "\n[[stage]]\nname = \"store\"\n".to_string();
    if table {
        text += "operator = \"sqlite\"\n";
        text += &commented(&format!("from = [{}]", names.join(", ")), "a table each");
        text += &format!("path = {}\n", quoted(&path));
    } else {
        text += &format!("operator = \"jsonl\"\nfrom = {}\n", names[0]);
        text += &format!("path = {}\n", quoted(&vacant(&format!("out/{name}"), "jsonl")));
    }
    text + &commented("if_exists = \"replace\"", "each run begins anew")
}

/// A file that is not there yet: a run replaces what is in it.
fn vacant(stem: &str, ending: &str) -> String {
    let mut path = format!("{stem}.{ending}");
    let mut n = 2;
    while Path::new(&path).exists() {
        path = format!("{stem}-{n}.{ending}");
        n += 1;
    }
    path
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

/// A text as a value of the file, in which `${` would begin a variable.
fn quoted(text: &str) -> String {
    literal(&Value::String(text.to_string())).to_string()
}

/// A value of which nothing is filled in from the environment.
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(all) => Value::Array(all.iter().map(literal).collect()),
        other => other.clone(),
    }
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

#[cfg(test)]
mod tests {
    use super::vacant;

    #[test]
    fn nobodys_results_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("t").display().to_string();
        assert_eq!(vacant(&stem, "db"), format!("{stem}.db"));
        ["t.db", "t-2.db"].iter().for_each(|name| std::fs::write(folder.path().join(name), "").unwrap());
        assert_eq!(vacant(&stem, "db"), format!("{stem}-3.db"));
    }
}
