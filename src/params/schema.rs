//! Parameters as they describe themselves: a struct with `JsonSchema` becomes a plain JSON Schema, draft-07, and that a
//! list of keys as a person reads it.
//!
//! Doc comments are what is said of a key, serde's defaults are its defaults, `#[schemars(range(…))]` is its range.

use super::words::{text_of, words};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The schema of a struct: nothing is referred to, nothing may be null, no word of Rust is in it.
pub fn describe<P: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<P>().to_value();
    plain(&mut schema);
    if let Some(map) = schema.as_object_mut() {
        map.shift_remove("title");
        map.shift_remove("description");
    }
    schema
}

/// One key of a table, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Key {
    /// With dots where it stands in a table of its own: `commit.age`.
    pub name: String,
    /// What it may hold, in words.
    #[serde(rename = "type")]
    pub what: String,
    /// As TOML; `None` where there is none.
    pub default: Option<String>,
    pub needed: bool,
    pub about: String,
}

/// The keys that a schema describes, in order; those of a table within stand behind it.
pub fn keys(schema: &Value) -> Vec<Key> {
    let mut keys = Vec::new();
    gather(schema, "", &mut keys);
    keys
}

fn gather(schema: &Value, before: &str, keys: &mut Vec<Key>) {
    let needed: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().flat_map(Value::as_str).collect();
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        let inner = of["properties"].is_object();
        keys.push(Key {
            name: format!("{before}{name}"),
            what: words(of),
            // The defaults of a table are those of its keys.
            default: of.get("default").filter(|default| !inner && !is_empty(default)).map(text_of),
            needed: needed.contains(&name.as_str()),
            about: of["description"].as_str().unwrap_or_default().replace('\n', " "),
        });
        gather(of, &format!("{before}{name}."), keys);
    }
}

/// An empty list or table is what is there when nothing is said.
fn is_empty(default: &Value) -> bool {
    default.as_array().is_some_and(Vec::is_empty) || default.as_object().is_some_and(Map::is_empty)
}

/// Takes out what only Rust knows of: sizes of numbers, and null for what may be left out.
fn plain(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|of| of != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            map.insert("type".to_string(), one);
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if map.get("format").and_then(Value::as_str).is_some_and(is_rust) {
        map.shift_remove("format");
    }
    match map.get_mut("default") {
        Some(Value::Null) => drop(map.shift_remove("default")),
        Some(Value::Object(inner)) => inner.retain(|_, value| !value.is_null()),
        _ => {}
    }
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(ways)) = map.get_mut(key) else { continue };
        ways.retain(|way| way["type"] != "null");
        ways.iter_mut().for_each(plain);
        if let [Value::Object(one)] = ways.as_mut_slice() {
            let one: Map<String, Value> = std::mem::take(one);
            map.shift_remove(key);
            one.into_iter().for_each(|(key, value)| _ = map.entry(key).or_insert(value));
        }
    }
    for key in ["items", "additionalProperties"] {
        map.get_mut(key).into_iter().for_each(plain);
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.iter_mut().for_each(|(_, of)| plain(of));
    }
}

fn is_rust(format: &str) -> bool {
    ["int", "uint", "float", "double"].iter().any(|start| format.starts_with(start))
}
