//! What a value must be, in a user's words: "a whole number from 1 to 1000", "a time such as \"5s\"".

use serde_json::Value;

/// The words for what a schema lets through. A schema that has a title is called by it.
pub fn words(schema: &Value) -> String {
    if let Some(range) = range(schema) {
        return range;
    }
    if let Some(title) = schema["title"].as_str() {
        return title.to_string();
    }
    if let Some(choices) = choices(schema) {
        let quoted: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
        return any_of(&quoted);
    }
    if let Some(ways) = ways(schema) {
        return any_of(&ways.iter().map(words).collect::<Vec<_>>());
    }
    match schema["type"].as_str() {
        Some("integer") => "a whole number".to_string(),
        Some("number") => "a number".to_string(),
        Some("boolean") => "true or false".to_string(),
        Some("string") => match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
            (Some(1), Some(1)) => "one character".to_string(),
            (_, Some(1)) => "one character or none".to_string(),
            _ => "a text".to_string(),
        },
        Some("array") => format!("a list of {}", many(&words(&schema["items"]))),
        Some("object") if schema["properties"].is_object() => {
            let names: Vec<&str> = schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            format!("a table {{ {} }}", names.join(", "))
        }
        Some("object") => format!("a table of names, each with {}", words(&schema["additionalProperties"])),
        _ => "any value".to_string(),
    }
}

/// The few texts that a schema lets through, if it is such a one.
pub(crate) fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(Value::as_str).collect();
    }
    let ways = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
    ways.iter().map(|way| way["const"].as_str()).collect()
}

/// The schemas of which one must let a value through.
pub fn ways(schema: &Value) -> Option<&Vec<Value>> {
    schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())
}

/// A value as TOML writes it.
pub(crate) fn text_of(value: &Value) -> String {
    serde_json::from_value::<toml::Value>(value.clone())
        .map_or_else(|_| value.to_string(), |value| value.to_string())
}

/// A number within bounds. That a size is not below nothing goes without saying.
fn range(schema: &Value) -> Option<String> {
    let size = schema["format"] == "bytes";
    let bound = |key: &str| match schema[key].as_f64() {
        Some(bytes) if size => Some(format!("\"{}\"", crate::units::Bytes(bytes as u64))),
        Some(bound) => Some(bound.to_string()),
        None => None,
    };
    let kind = match schema["type"].as_str() {
        _ if size => "a size",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        _ => return None,
    };
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => Some(format!("{kind} from {least} to {most}")),
        (Some(least), None) if !size => Some(format!("{kind} of at least {least}")),
        (None, Some(most)) => Some(format!("{kind} of at most {most}")),
        _ => None,
    }
}

fn any_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// "a text" as "texts".
fn many(one: &str) -> String {
    match one.strip_prefix("a ").or_else(|| one.strip_prefix("an ")) {
        Some(noun) if !noun.contains(' ') => format!("{noun}s"),
        Some(noun) => noun.split_once(' ').map_or_else(|| one.to_string(), |_| format!("values, each {one}")),
        None => format!("values, each {one}"),
    }
}
