//! Parameters against their schema: everything that is wrong with them, at once, each in a user's words.

use super::words::{choices, ways, words};
use super::{Problem, in_our_units, meant, shown};
use crate::units::{Bytes, Pacing, Rate, Share, Span};
use serde_json::Value as Schema;
use toml::{Table, Value};

/// Adds what is wrong with `value`, which lies at `path`.
pub(super) fn check(schema: &Schema, value: &Value, path: &[String], problems: &mut Vec<Problem>) {
    if let Some(choices) = choices(schema) {
        return choice(schema, &choices, value, path, problems);
    }
    if let Some(ways) = ways(schema) {
        return match ways.iter().find(|way| fits(way, value)) {
            Some(way) => check(way, value, path, problems),
            None => problems.push(wrong(schema, value, path)),
        };
    }
    if !fits(schema, value) || !is_within(schema, value) {
        return problems.push(wrong(schema, value, path));
    }
    match value {
        Value::Table(table) => entries(schema, table, path, problems),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                check(&schema["items"], item, &under(path, &at.to_string()), problems);
            }
        }
        _ => {}
    }
}

fn entries(schema: &Schema, table: &Table, path: &[String], problems: &mut Vec<Problem>) {
    let known = schema["properties"].as_object();
    let names = || known.into_iter().flat_map(|known| known.keys()).map(String::as_str);
    for (key, value) in table {
        let at = under(path, key);
        match known.and_then(|known| known.get(key)) {
            Some(of) => check(of, value, &at, problems),
            None if schema["additionalProperties"] == false => {
                let listed = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
                let hint = if listed.is_empty() {
                    "it has none of its own".to_string()
                } else {
                    format!("choose from {listed}")
                };
                let what = format!("unknown key \"{key}\" ({hint})");
                problems.push(Problem { path: at, what, nearest: meant(key, names()), offset: None });
            }
            None => check(&schema["additionalProperties"], value, &at, problems),
        }
    }
    let needed = schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str);
    // What is only misspelt is not missing too.
    let meant: Vec<String> = problems.iter().filter_map(|problem| problem.nearest.clone()).collect();
    for key in needed.filter(|key| !table.contains_key(*key) && !meant.iter().any(|meant| meant == key)) {
        problems.push(Problem {
            path: path.to_vec(),
            what: format!("\"{key}\" is missing"),
            ..Problem::default()
        });
    }
}

fn choice(schema: &Schema, choices: &[&str], value: &Value, path: &[String], problems: &mut Vec<Problem>) {
    match value.as_str() {
        Some(given) if choices.contains(&given) => {}
        Some(given) => {
            let listed = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(", ");
            let what = format!("unknown choice \"{given}\" (choose from {listed})");
            let nearest = meant(given, choices.iter().copied());
            problems.push(Problem { path: path.to_vec(), what, nearest, offset: None });
        }
        None => problems.push(wrong(schema, value, path)),
    }
}

/// Whether a value is of a type that the schema knows.
fn fits(schema: &Schema, value: &Value) -> bool {
    let is = |of: &str| match value {
        Value::String(_) => of == "string",
        Value::Integer(_) => of == "integer" || of == "number",
        Value::Float(_) => of == "number",
        Value::Boolean(_) => of == "boolean",
        Value::Array(_) => of == "array",
        Value::Table(_) => of == "object",
        Value::Datetime(_) => false,
    };
    match &schema["type"] {
        Schema::String(of) => is(of),
        Schema::Array(all) => all.iter().filter_map(Schema::as_str).any(is),
        _ => true,
    }
}

/// Whether a number lies within its range, a text is as long as it may be, and a unit can be read.
fn is_within(schema: &Schema, value: &Value) -> bool {
    let number = match (schema["format"].as_str(), value) {
        (_, Value::Integer(number)) => Some(*number as f64),
        (_, Value::Float(number)) => Some(*number),
        (Some(format), Value::String(text)) => match unit(format, text) {
            Some(number) => Some(number),
            None => return false,
        },
        _ => None,
    };
    let bound = |key: &str| schema[key].as_f64();
    let within = |number: f64| {
        bound("minimum").is_none_or(|least| number >= least)
            && bound("exclusiveMinimum").is_none_or(|least| number > least)
            && bound("maximum").is_none_or(|most| number <= most)
    };
    let length = value.as_str().map_or(0, |text| text.chars().count()) as u64;
    number.is_none_or(within)
        && (value.as_str().is_none() || schema["minLength"].as_u64().is_none_or(|least| length >= least))
        && schema["maxLength"].as_u64().is_none_or(|most| length <= most)
}

/// What a text with a unit is as a number; `None` when it can't be read.
fn unit(format: &str, text: &str) -> Option<f64> {
    match format {
        "bytes" => Bytes::parse(text).map(|Bytes(bytes)| bytes as f64),
        "rate" => Rate::parse(text).map(|Rate(rate)| rate),
        "pacing" => Pacing::parse(text).map(|(Pacing::Even(Rate(rate)) | Pacing::Recorded(rate))| rate),
        "span" => Span::parse(text).map(|span| span.ns as f64),
        "share" => Share::parse(text).map(|Share(share)| share),
        _ => Some(0.0),
    }
}

fn wrong(schema: &Schema, value: &Value, path: &[String]) -> Problem {
    let quotes = if schema["type"] == "string" && !value.is_str() { " in quotes" } else { "" };
    let what = format!("\"{}\" must be {}{quotes}, not {}", path.join("."), words(schema), shown(value));
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let nearest = schema["format"].as_str().and_then(|format| in_our_units(format, &text));
    Problem { path: path.to_vec(), what, nearest, offset: None }
}

fn under(path: &[String], key: &str) -> Vec<String> {
    path.iter().cloned().chain([key.to_string()]).collect()
}
