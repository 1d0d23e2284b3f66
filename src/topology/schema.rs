//! A topology file as a JSON Schema, draft-07: what an editor completes and checks while one types.
//!
//! A stage is one of many closed tables: its own keys and those of its operator, chosen by `operator` and by whether
//! there is `from` (`csv` is two operators). What is not built yet is not in it. A schema can't follow columns, names
//! and graphs; `check` does.

use super::Rooms;
use super::key::{Key, Kind, table};
use super::key_list::{STAGE, TOPOLOGY};
use crate::operator::{Inputs, Role, Spec};
use serde_json::{Map, Value, json};

/// The schema of a file that may use these operators.
pub fn schema(rooms: &Rooms) -> Value {
    let cards: Vec<&Spec> = rooms.iter().flat_map(|(_, specs)| specs.iter().copied()).collect();
    let mut schema = table(TOPOLOGY);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "a topology of sluicebox".into();
    schema["required"] = json!(["name", "stage"]);
    schema["properties"]["stage"]["items"] = refer("stage");
    let mut definitions = Map::new();
    for key in STAGE.iter().filter(|key| key.built) {
        definitions.insert(format!("key-{}", key.name), key.schema());
    }
    for card in &cards {
        definitions.insert(of(card, "stage"), stage_of(card));
        definitions.insert(of(card, "step"), step_of(card));
    }
    definitions.insert("stage".to_string(), stage(&cards));
    definitions.insert("steps".to_string(), steps());
    definitions.insert("first-step".to_string(), step(cards.iter().copied().filter(|card| card.is_source())));
    definitions.insert("step".to_string(), step(cards.iter().copied().filter(|card| !card.is_source())));
    schema["definitions"] = definitions.into();
    schema
}

fn refer(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

/// The definition of a card's stage or step.
fn of(card: &Spec, what: &str) -> String {
    format!("{what}-{}{}", card.name, if card.is_source() { "-source" } else { "" })
}

/// Any stage: which one is chosen by what stands in it.
fn stage(cards: &[&Spec]) -> Value {
    let reads = json!({ "required": ["from"] });
    let chosen = cards.iter().map(|card| {
        let other =
            cards.iter().any(|other| other.name == card.name && other.is_source() != card.is_source());
        let mut chosen =
            json!({ "properties": { "operator": { "const": card.name } }, "required": ["operator"] });
        match (other, card.is_source()) {
            (true, true) => chosen["not"] = reads.clone(),
            (true, false) => chosen["required"] = json!(["operator", "from"]),
            (false, _) => {}
        }
        json!({ "if": chosen, "then": refer(&of(card, "stage")) })
    });
    let steps = json!({ "if": { "required": ["steps"] }, "then": refer("steps") });
    json!({
        "type": "object",
        "required": ["name"],
        "properties": { "operator": { "enum": names(cards.iter().copied()) } },
        "anyOf": [{ "required": ["operator"] }, { "required": ["steps"] }],
        "allOf": chosen.chain([steps]).collect::<Vec<_>>(),
    })
}

/// A stage of one operator.
fn stage_of(card: &Spec) -> Value {
    let parameters = (card.parameters)();
    let source = card.is_source();
    let own = STAGE.iter().filter(|key| key.built && key.name != "steps" && !(source && reads(key)));
    let mut properties = parameters["properties"].as_object().cloned().unwrap_or_default();
    for key in own {
        let stages = refer(&format!("key-{}", key.name));
        let both = match properties.get(key.name) {
            Some(operators) => json!({ "anyOf": [stages, operators] }),
            None => stages,
        };
        properties.insert(key.name.to_string(), both);
    }
    properties["operator"] = json!({ "const": card.name });
    for key in STAGE.iter().filter(|key| key.built && !source && reads(key)) {
        properties[key.name] = match card.inputs {
            Inputs::Roles(roles) => by_role(key, &card.inputs, roles),
            _ => described(key, key.kind.plain()),
        };
    }
    if card.alone.is_some() {
        properties["workers"] = json!({ "const": 1 });
    }
    let mut required = parameters["required"].as_array().cloned().unwrap_or_default();
    required.extend(["name", "operator"].map(Value::from));
    required.extend((!source).then(|| "from".into()));
    json!({
        "type": "object",
        "description": card.about,
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

/// Whether a key says something of what a stage reads.
fn reads(key: &Key) -> bool {
    matches!(key.kind, Kind::Streams | Kind::Columns)
}

/// What a stage reads, or is shared out by, under the name of each role.
fn by_role(key: &Key, inputs: &Inputs, roles: &[Role]) -> Value {
    let properties: Map<String, Value> =
        roles.iter().map(|role| (role.name.to_string(), key.kind.plain())).collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if matches!(key.kind, Kind::Streams) {
        let needed = roles.iter().filter(|role| role.needed).map(|role| role.name);
        table["required"] = needed.collect::<Vec<_>>().into();
        if inputs.plain().is_none() {
            return described(key, table);
        }
    }
    described(key, json!({ "anyOf": [key.kind.plain(), table] }))
}

fn described(key: &Key, mut schema: Value) -> Value {
    schema["description"] = key.about.into();
    schema
}

/// A stage with a row of operators; the first one is a source where nothing is read.
fn steps() -> Value {
    let own = STAGE.iter().filter(|key| key.built && key.name != "operator");
    let properties: Map<String, Value> =
        own.map(|key| (key.name.to_string(), refer(&format!("key-{}", key.name)))).collect();
    let made = json!({ "items": [refer("first-step")], "additionalItems": refer("step") });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": ["name", "steps"],
        "if": { "required": ["from"] },
        "then": { "properties": { "steps": { "items": refer("step") } } },
        "else": { "properties": { "steps": made } },
    })
}

/// Any step of these operators.
fn step<'a>(cards: impl Iterator<Item = &'a Spec> + Clone) -> Value {
    if cards.clone().next().is_none() {
        return json!(false);
    }
    let chosen = cards.clone().map(|card| {
        let named = json!({ "properties": { "operator": { "const": card.name } }, "required": ["operator"] });
        json!({ "if": named, "then": refer(&of(card, "step")) })
    });
    json!({
        "type": "object",
        "required": ["operator"],
        "properties": { "operator": { "enum": names(cards.clone()) } },
        "allOf": chosen.collect::<Vec<_>>(),
    })
}

/// A step of one operator.
fn step_of(card: &Spec) -> Value {
    let mut step = (card.parameters)();
    let mut required = step["required"].as_array().cloned().unwrap_or_default();
    required.push("operator".into());
    step["properties"]["operator"] = json!({ "const": card.name });
    step["required"] = required.into();
    step["description"] = card.about.into();
    step
}

/// The names of operators, each once.
fn names<'a>(cards: impl Iterator<Item = &'a Spec>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for card in cards {
        if !names.contains(&card.name) {
            names.push(card.name);
        }
    }
    names
}
