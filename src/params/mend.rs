//! Parameters in which something is wrong by their schema, with something harmless in its place: what else is wrong
//! with the step can then be told in the same round.

use super::{Params, Problem};
use serde_json::Value as Schema;
use toml::Value;

/// Parameters that the schema lets through, as near to the given ones as can be; `None` where what is wrong may
/// decide what the rest means: a text, a list, a table.
pub(crate) fn mend(schema: &Schema, params: &Params, problems: &[Problem]) -> Option<Params> {
    let mut params = params.clone();
    for problem in problems {
        let Some(key) = problem.path.first() else { continue };
        let of = &schema["properties"][key.as_str()];
        if let Some(text) = inside(&mut params, &problem.path)
            && let Some(meant) = &problem.nearest
        {
            *text = meant.clone();
        } else if !of.is_null() {
            params.insert(key.clone(), harmless(of)?);
        } else if let (Some(value), Some(meant)) = (params.remove(key), &problem.nearest) {
            params.entry(meant.clone()).or_insert(value);
        }
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str) {
        if !params.contains_key(key) {
            params.insert(key.to_string(), harmless(&schema["properties"][key])?);
        }
    }
    Some(params)
}

/// Whether parameters were put right as they were meant, so that what follows of them can be relied on: words by ours,
/// and units, which decide about nothing that comes behind.
pub(crate) fn is_sure(schema: &Schema, problems: &[Problem]) -> bool {
    let is_unit = |key: &String| {
        matches!(
            schema["properties"][key]["format"].as_str(),
            Some("bytes" | "rate" | "pacing" | "span" | "share")
        )
    };
    problems.iter().all(|problem| problem.nearest.is_some() || problem.path.first().is_some_and(is_unit))
}

/// The text below the first key of a path, if there is one.
fn inside<'a>(params: &'a mut Params, path: &[String]) -> Option<&'a mut String> {
    let (first, rest) = path.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let value = rest.iter().try_fold(params.get_mut(first)?, |value, key| match value {
        Value::Table(table) => table.get_mut(key),
        Value::Array(entries) => entries.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })?;
    if let Value::String(text) = value { Some(text) } else { None }
}

/// A value that is let through where no value decides about columns: a number, a flag, a choice.
fn harmless(schema: &Schema) -> Option<Value> {
    let number = matches!(schema["type"].as_str(), Some("integer" | "number" | "boolean"));
    let unit = matches!(schema["format"].as_str(), Some("bytes" | "rate" | "pacing" | "span" | "share"));
    let choice = super::words::choices(schema);
    if !number && !unit && choice.is_none() {
        return None;
    }
    if let Some(default) = schema.get("default").and_then(|default| Value::try_from(default).ok()) {
        return Some(default);
    }
    match (choice, schema["type"].as_str(), schema["format"].as_str()) {
        (Some(choices), ..) => Some(Value::String(choices.first()?.to_string())),
        (_, Some("boolean"), _) => Some(Value::Boolean(false)),
        (_, _, Some("span")) => Some(Value::String("1s".to_string())),
        (_, _, Some("share")) => Some(Value::String("1%".to_string())),
        (_, of, _) => {
            let least =
                schema["minimum"].as_f64().or(schema["exclusiveMinimum"].as_f64().map(|above| above + 1.0));
            let number =
                least.unwrap_or(1.0).max(schema["maximum"].as_f64().map_or(1.0, |most| most.min(1.0)));
            Some(if of == Some("number") {
                Value::Float(number)
            } else {
                Value::Integer(number.ceil() as i64)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::schema::describe;
    use crate::params::wrong;
    use crate::units::Rate;
    use serde_json::json;

    fn schema() -> Schema {
        json!({
            "type": "object",
            "properties": {
                "k": { "type": "integer", "minimum": 1, "maximum": 1000 },
                "rate": describe::<Rate>(),
                "features": { "type": "array", "items": { "type": "string" } },
                "types": { "type": "object", "additionalProperties": { "enum": ["i64", "str"] } },
            },
            "required": ["k"],
            "additionalProperties": false,
        })
    }

    fn mended(text: &str) -> Option<Params> {
        let (schema, params) = (schema(), text.parse().unwrap());
        let problems = wrong(&schema, &params);
        assert!(!problems.is_empty(), "{text}");
        let mended = mend(&schema, &params, &problems)?;
        assert_eq!(wrong(&schema, &mended), [], "{text}");
        Some(mended)
    }

    #[test]
    fn numbers_units_and_keys_are_put_right() {
        for text in
            ["k = 0", "k = \"x\"", "rate = \"fast\"", "k = 3\nrate = 0", "kk = 3", "k = 3\ncolour = 1"]
        {
            assert!(mended(text).is_some(), "{text}");
        }
        assert_eq!(mended("kk = 3").unwrap()["k"], Value::Integer(3), "the nearest is meant");
    }

    #[test]
    fn words_that_are_known_elsewhere_are_taken_for_ours() {
        let mended = mended("k = 3\ntypes = { a = \"int\", b = \"str\" }").unwrap();
        assert_eq!(mended["types"]["a"].as_str(), Some("i64"));
        let sure = |text: &str| is_sure(&schema(), &wrong(&schema(), &text.parse().unwrap()));
        assert!(sure("k = 3\nrate = \"fast\"\ntypes = { a = \"int\" }\nn_clusters = 5"));
        assert!(!sure("k = 0") && !sure("k = 3\ncolour = 1"), "nobody knows what is meant");
    }

    #[test]
    fn what_may_decide_about_columns_is_left_alone() {
        assert_eq!(mended("k = 3\nfeatures = 5"), None);
        assert_eq!(mended("k = 3\nfeatures = [5]"), None);
    }
}
