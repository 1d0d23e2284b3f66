//! What every card must keep: parameters describe themselves truly, and what the card says of them is so.

use crate::case::Case;
use crate::page;
use serde_json::Value;
use sluicebox::operator::Spec;
use sluicebox::params::{Problem, schema, words};
use sluicebox::registry;
use sluicebox::topology::key_list::STAGE;
use sluicebox::units::Bytes;

fn all() -> impl Iterator<Item = (&'static str, &'static Spec, Value)> {
    registry::all().map(|(room, card)| (room, card, (card.parameters)()))
}

/// Stage keys that an operator may read too: when its report is made, when its state is saved; and how long it waits
/// for something, which is a table where that of a stage is a word; and by which columns records of two sides meet.
const SHARED: [&str; 4] = ["every", "snapshot_every", "wait", "by"];

#[test]
fn no_parameter_is_called_like_a_key_of_a_stage() {
    for (room, card, schema) in all() {
        let keys = schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys());
        for key in keys.filter(|key| !SHARED.contains(&key.as_str())) {
            let taken = STAGE.iter().any(|stage| stage.name == key);
            assert!(
                !taken,
                "src/{room}, \"{}\": \"{key}\" is a key of every stage: call it otherwise",
                card.name
            );
        }
    }
}

#[test]
fn parameters_are_described_to_a_user() {
    for (room, card, schema) in all() {
        let who = format!("src/{room}, \"{}\"", card.name);
        assert_eq!(
            schema["additionalProperties"], false,
            "{who}: parameters() is on the card, and unknown keys are denied"
        );
        for key in schema::keys(&schema) {
            assert!(key.about.ends_with('.'), "{who}: \"{}\" has no sentence of documentation", key.name);
            let text = format!("{} {:?}", key.what, key.default);
            for word in ["null", "int", "usize", "Option", "any value"] {
                assert!(!text.split(' ').any(|of| of == word), "{who}: \"{}\" is {text}", key.name);
            }
        }
    }
}

#[test]
fn the_card_names_parameters_that_there_are() {
    for (room, card, schema) in all() {
        for key in [card.place, card.paced, card.typed, card.seeded].into_iter().flatten() {
            let there = schema["properties"][key].is_object();
            assert!(there, "src/{room}, \"{}\": its card names the parameter \"{key}\"", card.name);
        }
        assert!(!card.stdout || card.place.is_some(), "{}: standard output is a place", card.name);
        assert_eq!(card.is_source(), room == "ingest", "{}: sources live in src/ingest", card.name);
    }
}

#[test]
fn a_card_says_what_a_report_shows_and_in_which_columns() {
    for (room, card, _) in all() {
        for example in page::examples(card).unwrap() {
            let report = Case::plan(room, card, &example).unwrap().planned.report;
            assert_eq!(
                card.shows.is_some(),
                report.is_some(),
                "{}: a report and shows() go together",
                card.name
            );
            let (Some(report), Some(shown)) = (report, card.shows) else { continue };
            for column in shown.columns {
                assert!(
                    report.index(column).is_some(),
                    "{}: the report has no column \"{column}\"",
                    card.name
                );
            }
        }
    }
}

/// A number with a bound, by the keys that lead to it.
struct Bound {
    path: Vec<String>,
    of: Value,
    least: bool,
}

fn bounds(schema: &Value, path: &[String], found: &mut Vec<Bound>) {
    for (key, of) in schema["properties"].as_object().into_iter().flatten() {
        let path: Vec<String> = path.iter().cloned().chain([key.clone()]).collect();
        for (bound, least) in [("minimum", true), ("maximum", false)] {
            if of[bound].is_number() {
                found.push(Bound { path: path.clone(), of: of.clone(), least });
            }
        }
        bounds(of, &path, found);
    }
}

/// What the operator says of a parameter with this value, the others as on its page.
fn told(room: &str, card: &Spec, path: &[String], value: toml::Value) -> Vec<Problem> {
    // An example that says it already has what it needs beside it.
    let examples = page::examples(card).unwrap();
    let example =
        examples.iter().find(|example| example.params.contains_key(&path[0])).unwrap_or(&examples[0]);
    let case = Case::plan(room, card, example).unwrap();
    let mut params = case.params.clone();
    let (last, above) = path.split_last().unwrap();
    let table = above.iter().fold(&mut params, |table, key| {
        let inner = table.entry(key.clone()).or_insert_with(|| toml::Table::new().into());
        inner.as_table_mut().unwrap()
    });
    table.insert(last.clone(), value);
    if last == "keys_max" && !params.contains_key("per") {
        // It bounds the keys of something.
        let column = case.inputs[0].schema.names().next().unwrap();
        params.insert("per".to_string(), column.into());
    }
    let problems = (card.plan)(params, &case.inputs).err().unwrap_or_default();
    problems.into_iter().filter(|problem| problem.path == path).collect()
}

#[test]
fn each_bound_is_taken_and_one_beyond_is_refused_with_the_range() {
    let mut tried = 0;
    for (room, card, schema) in all() {
        let mut found = Vec::new();
        bounds(&schema, &[], &mut found);
        for Bound { path, of, least } in found {
            let bound = if least { &of["minimum"] } else { &of["maximum"] };
            let whole = of["type"] == "integer" || of["format"] == "bytes";
            let value = |number: f64| match whole {
                true => toml::Value::Integer(number as i64),
                false => toml::Value::Float(number),
            };
            let at = bound.as_f64().unwrap();
            let beyond = if least { at - 1.0 } else { at + 1.0 };
            let who = format!("src/{room}, \"{}\", {}", card.name, path.join("."));
            let taken = told(room, card, &path, value(at));
            assert_eq!(taken, [], "{who}: {at} is within its range");
            let refused = told(room, card, &path, value(beyond));
            let [problem] = refused.as_slice() else { panic!("{who}: {beyond} is told as {refused:#?}") };
            assert!(problem.what.contains(&words::words(&of)), "{who}: {}", problem.what);
            tried += 1;
        }
    }
    assert!(tried >= 10, "only {tried} bounds were found");
}

#[test]
fn a_size_in_words_is_held_to_its_range_too() {
    let beyond = toml::Value::String(Bytes(2 << 30).to_string());
    let (_, card) = registry::find("csv", true).unwrap();
    let problems = told("ingest", card, &["line_max".to_string()], beyond);
    assert_eq!(problems[0].what, "\"line_max\" must be a size from \"1B\" to \"1GiB\", not \"2GiB\"");
}
