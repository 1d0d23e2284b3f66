//! Parameters of two kinds in one table: those of an operator alone, and those that it shares with others.

use super::Params;
use super::schema::describe;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;
use std::borrow::Cow;

/// Both are read from one table, each by the keys of its schema. Not serde's `flatten`, which would let unknown keys
/// through and lose the paths of problems.
#[derive(Debug, PartialEq)]
pub(crate) struct With<Own, Shared> {
    pub(crate) own: Own,
    pub(crate) shared: Shared,
}

impl<'de, Own: DeserializeOwned, Shared: DeserializeOwned + JsonSchema> Deserialize<'de>
    for With<Own, Shared>
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<With<Own, Shared>, D::Error> {
        let described = describe::<Shared>();
        let is_shared = |key: &str| described["properties"].get(key).is_some();
        let (shared, own): (Params, Params) =
            Params::deserialize(from)?.into_iter().partition(|(key, _)| is_shared(key));
        let own = own.try_into().map_err(|e: toml::de::Error| D::Error::custom(e.message()))?;
        let shared = shared.try_into().map_err(|e: toml::de::Error| D::Error::custom(e.message()))?;
        Ok(With { own, shared })
    }
}

/// The keys of both, the operator's own first.
impl<Own: JsonSchema, Shared: JsonSchema> JsonSchema for With<Own, Shared> {
    fn schema_name() -> Cow<'static, str> {
        format!("{} with {}", Own::schema_name(), Shared::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut both = Own::json_schema(generator);
        let more = Shared::json_schema(generator).to_value();
        for (key, empty) in
            [("properties", Value::Object(Default::default())), ("required", Value::Array(Vec::new()))]
        {
            match (both.ensure_object().entry(key).or_insert(empty), more.get(key)) {
                (Value::Object(all), Some(Value::Object(more))) => {
                    for (name, of) in more {
                        let twice = all.insert(name.clone(), of.clone());
                        assert!(twice.is_none(), "\"{name}\" is a parameter of one struct only");
                    }
                }
                (Value::Array(all), Some(Value::Array(more))) => all.extend(more.iter().cloned()),
                _ => {}
            }
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::schema::keys;
    use crate::params::{Problem, read};
    use crate::units::Rate;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Own {
        /// Where it lies.
        path: String,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Paced {
        /// How fast.
        rate: Option<Rate>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Timed {
        time: String,
    }

    type All = With<Own, With<Paced, Timed>>;

    fn wrong(text: &str) -> Vec<String> {
        let told = |problem: Problem| format!("{}: {}", problem.path.join("."), problem.what);
        read::<All>(text.parse().unwrap()).unwrap_err().into_iter().map(told).collect()
    }

    #[test]
    fn each_struct_reads_its_keys() {
        let all = read::<All>("rate = 5\ntime = \"ts\"\npath = \"a\"".parse().unwrap()).unwrap();
        let paced = Paced { rate: Some(Rate(5.0)) };
        let shared = With { own: paced, shared: Timed { time: "ts".to_string() } };
        assert_eq!(all, With { own: Own { path: "a".to_string() }, shared });
        let names: Vec<String> = keys(&describe::<All>()).into_iter().map(|key| key.name).collect();
        assert_eq!(names, ["path", "rate", "time"]);
    }

    #[test]
    fn what_is_wrong_with_any_of_them_is_told_at_once() {
        let expected = [
            "colour: unknown key \"colour\" (choose from \"path\", \"rate\", \"time\")",
            "rate: \"rate\" must be a rate above zero such as \"20k/s\", not 0",
            ": \"path\" is missing",
            ": \"time\" is missing",
        ];
        assert_eq!(wrong("colour = 1\nrate = 0"), expected);
    }
}
