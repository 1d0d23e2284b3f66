//! What can be looked up: parameters of operators, keys, the schema, completions.

use super::keys;
use crate::run::{Sandbox, text};
use serde_json::Value;

fn said(args: &[&str]) -> String {
    let output = Sandbox::new().sluicebox(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_page_ends_with_the_parameters() {
    let page = said(&["list", "kmeans"]);
    let table = page.split("\nparameters\n").nth(1).expect("it has a table of them");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0].split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect::<Vec<_>>(),
        ["k", "a whole number from 1 to 1000", "needed"]
    );
    assert_eq!(lines[1].trim(), "How many centres.");
    assert!(table.contains("default 1\n"), "{table}");
    assert!(said(&["list", "sqlite"]).contains("commit.age"), "those of a table within stand behind it");
    assert!(said(&["list", "null"]).contains("It has no parameters."));
}

#[test]
fn parameters_come_as_json_too() {
    let all = said(&["list", "csv", "--json"]);
    let [source, sink] =
        [0, 1].map(|line| serde_json::from_str::<Value>(all.lines().nth(line).unwrap()).unwrap());
    assert_eq!(keys(&source), "name room about page parameters ports");
    assert_eq!((&source["room"], &sink["room"]), (&"ingest".into(), &"storage".into()));
    let one = |of: &Value, name: &str| {
        let parameters = of["parameters"].as_array().unwrap();
        parameters.iter().find(|parameter| parameter["name"] == name).unwrap().clone()
    };
    let line_max = one(&source, "line_max");
    assert_eq!(keys(&line_max), "name type default needed about");
    assert_eq!(
        (&line_max["type"], &line_max["default"]),
        (&"a size from \"1B\" to \"1GiB\"".into(), &"\"1MiB\"".into())
    );
    assert_eq!(one(&sink, "if_exists")["type"], "\"append\", \"replace\" or \"fail\"");
    assert_eq!((&one(&sink, "path")["needed"], &one(&sink, "path")["default"]), (&true.into(), &Value::Null));
}

#[test]
fn keys_are_listed_by_what_they_are_about() {
    let stage = said(&["list", "stage"]);
    for line in ["  credit.records", "  max_age", "  wait", "limits", "upkeep"] {
        assert!(stage.lines().any(|of| of.starts_with(line)), "{line}: {stage}");
    }
    assert!(stage.contains("not built yet") && stage.contains("default \"park\""), "{stage}");
    assert!(said(&["list", "topology"]).contains("  slo.p999"));
    let json: Value = serde_json::from_str(&said(&["list", "stage", "--json"])).unwrap();
    assert_eq!(keys(&json[0]), "name group type default about built");
    let workers = json.as_array().unwrap().iter().find(|key| key["name"] == "workers").unwrap();
    assert_eq!((&workers["type"], &workers["default"]), (&"a whole number from 1 to 64".into(), &"1".into()));
}

#[test]
fn the_schema_is_printed_as_json() {
    let schema: Value = serde_json::from_str(&said(&["schema"])).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["definitions"]["stage-kmeans"]["properties"]["k"]["maximum"], 1000);
}

#[test]
fn shells_complete_commands_and_operators() {
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&["completions", shell]);
        for word in ["audit", "kmeans", "topology", "fail-on-loss"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
