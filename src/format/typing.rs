//! How texts become values, as a topology says it to each source that reads text.

use super::types::Types;
use super::value::ValueParser;
use super::wording::{Wording, WordingParams};
use crate::data::{Schema, Type, Zone};
use crate::params::{JsonSchema, Problem};
use jiff::tz::{TimeZone, db};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypingParams {
    /// Texts that mean NULL; an empty field always does.
    #[serde(default)]
    null: Vec<String>,
    /// Types of columns; those of the others are guessed, of files alone.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Type>")]
    types: Types,
    /// The IANA name of the zone of times without an offset, here and in expressions on these columns; UTC, if absent.
    time_zone: Option<String>,
}

/// The same, checked.
#[derive(Clone)]
pub(crate) struct Typing {
    nulls: Vec<String>,
    types: BTreeMap<String, Type>,
    /// The columns that have a type, as they are written.
    order: Vec<String>,
    zone: Option<TimeZone>,
    wording: Option<Wording>,
}

impl TypingParams {
    /// What the parameters say; `None` with problems.
    pub(crate) fn check(self, wording: WordingParams, problems: &mut Vec<Problem>) -> Option<Typing> {
        let wording = wording.check(problems);
        let TypingParams { null: nulls, types, time_zone } = self;
        let zone = match time_zone.as_deref().map(TimeZone::get) {
            None => None,
            Some(Ok(zone)) => Some(zone),
            Some(Err(_)) => {
                let name = time_zone.unwrap_or_default();
                let known: Vec<String> = db().available().map(|known| known.to_string()).collect();
                let what = format!(
                    "there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")"
                );
                let problem = Problem::at("time_zone", what);
                problems.push(problem.suggest(&name, known.iter().map(String::as_str)));
                return None;
            }
        };
        let order = types.0.iter().map(|(name, _)| name.clone()).collect();
        Some(Typing { nulls, types: types.0.into_iter().collect(), order, zone, wording })
    }
}

impl Typing {
    /// Of a text as it is, in one column.
    pub(crate) fn of_text(column: &str) -> Typing {
        Typing::of(vec![(column.to_string(), Type::Str)], Vec::new(), None)
    }

    /// Of these types, in their order; times without an offset are of this zone.
    pub(crate) fn of(types: Vec<(String, Type)>, nulls: Vec<String>, zone: Option<TimeZone>) -> Typing {
        let order = types.iter().map(|(name, _)| name.clone()).collect();
        Typing { nulls, types: types.into_iter().collect(), order, zone, wording: None }
    }

    /// The type that was given for a column.
    pub(crate) fn given(&self, column: &str) -> Option<Type> {
        self.types.get(column).copied()
    }

    /// The columns that were given a type, in the order in which they are written, of this zone.
    pub(crate) fn schema(&self) -> Schema {
        let column = |schema: Schema, name: &String| schema.with(name, self.types[name]);
        self.in_zone(self.order.iter().fold(Schema::default(), column))
    }

    /// The same, with the type of each of these columns as if it had been given.
    pub(super) fn given_all(&self, schema: &Schema) -> Typing {
        let types = schema.fields.iter().map(|field| (field.name.clone(), field.of)).collect();
        Typing { types, ..self.clone() }
    }

    /// Types given for columns that are not there.
    pub(crate) fn unknown(&self, schema: &Schema) -> Vec<Problem> {
        let missing = self.types.keys().filter(|name| schema.index(name).is_none());
        let problem = |name: &String| Problem {
            path: vec!["types".to_string(), name.clone()],
            what: format!("there is no column \"{name}\" (there are: {schema})"),
            ..Problem::default()
        };
        missing.map(|name| problem(name).suggest(name, schema.names())).collect()
    }

    /// The columns with the zone whose local times they tell: it holds for expressions on them too.
    pub(crate) fn in_zone(&self, schema: Schema) -> Schema {
        let zone = self
            .zone
            .as_ref()
            .and_then(TimeZone::iana_name)
            .map_or(Zone::Utc, |name| Zone::Of(name.to_string()));
        Schema { fields: schema.fields.into_iter().map(|field| field.in_zone(&zone)).collect() }
    }

    /// Reads texts so.
    pub(crate) fn values(&self) -> ValueParser {
        ValueParser::new(&self.nulls, self.zone.clone(), self.wording.clone())
    }
}
