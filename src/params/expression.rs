//! A parameter that holds an SQL expression, told from other texts by its schema.

use crate::units::describes;
use serde_json::Value;

/// The format of a text that is an expression: its syntax can be checked before its columns are known.
pub(crate) const EXPRESSION: &str = "expression";

/// Says of a text in a list or a table that it is an expression.
pub struct Expression;

describes!(Expression, EXPRESSION, { "type": "string", "format": EXPRESSION });

/// The expressions among parameters, each with its path.
pub(crate) fn expressions<'a>(
    schema: &Value,
    value: &'a toml::Value,
    path: &[String],
    found: &mut Vec<(Vec<String>, &'a str)>,
) {
    let under = |key: &str| path.iter().cloned().chain([key.to_string()]).collect::<Vec<_>>();
    match value {
        toml::Value::String(text) if schema["format"] == EXPRESSION => found.push((path.to_vec(), text)),
        toml::Value::Table(table) => {
            for (key, value) in table {
                let of = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                expressions(of, value, &under(key), found);
            }
        }
        toml::Value::Array(entries) => {
            for (at, value) in entries.iter().enumerate() {
                expressions(&schema["items"], value, &under(&at.to_string()), found);
            }
        }
        _ => {}
    }
}
