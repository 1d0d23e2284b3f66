//! The JSON Schema of topology files: it lets every sound one through, and refuses each broken one that a schema can
//! refuse.

use serde_json::Value;
use sluicebox::data::Schema;
use sluicebox::operator::{Input, Inputs, PlanResult, Planned, Role, Spec};
use sluicebox::params;
use sluicebox::registry::ROOMS;
use sluicebox::topology::schema::schema;
use std::path::{Path, PathBuf};

/// Broken topologies that a schema must let through, and why.
const BEYOND: &[(&str, &str)] = &[
    ("bad_syntax", "it is no TOML"),
    ("set_twice", "it is no TOML"),
    ("circle", "who reads whom is a graph"),
    ("same_name", "two stages can't be compared"),
    ("streams", "which streams there are depends on other stages"),
    ("two_problems", "names of stages and columns depend on other stages"),
    ("different_columns", "columns come of what is read"),
    ("type_error", "columns come of what is read"),
    ("unknown_column", "columns come of what is read"),
    ("expressions", "an expression is a text"),
    ("join_keys", "columns come of what is read"),
    ("join_names", "columns come of what is read"),
    ("lookup", "what is in a file is not in the topology"),
    ("mask", "which of two keys is needed depends on a third"),
    ("test_stage", "names of stages are other stages'"),
    ("window_fields", "an aggregate is a text"),
    ("window_kinds", "of several keys one is needed"),
    ("window_time", "event time comes of what is read"),
];

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|file| file.extension().is_some_and(|of| of == "toml")).collect();
    files.sort();
    files
}

fn read(file: &Path) -> Option<Value> {
    json(&std::fs::read_to_string(file).unwrap())
}

/// A topology as an editor sees it; `None` when it is no TOML.
fn json(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    Some(serde_json::to_value(table).unwrap())
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft7::meta::validate(schema).expect("it is a schema");
    jsonschema::draft7::new(schema).expect("all that it refers to is in it")
}

#[test]
fn every_topology_is_let_through() {
    let validator = validator(&schema(&ROOMS));
    let files = files("topologies");
    assert!(files.len() >= 3, "topologies/ is read");
    for file in files {
        let errors: Vec<String> = validator
            .iter_errors(&read(&file).unwrap())
            .map(|e| format!("{e} at {}", e.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{}", file.display());
    }
}

#[test]
fn a_broken_topology_is_refused_where_a_schema_can() {
    let validator = validator(&schema(&ROOMS));
    for file in files("topologies/broken") {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let refused = read(&file).map(|topology| !validator.is_valid(&topology));
        match BEYOND.iter().find(|(beyond, _)| *beyond == name) {
            Some((_, "it is no TOML")) => assert_eq!(refused, None, "{name} is TOML now"),
            Some((_, why)) => assert_eq!(refused, Some(false), "{name} is refused now, although {why}"),
            None => {
                assert_eq!(refused, Some(true), "{name} is let through: refuse it, or say in BEYOND why not")
            }
        }
    }
}

/// Whether the schema lets a topology of these stages through.
fn takes(schema: &Value, stages: &str) -> bool {
    validator(schema).is_valid(&json(&format!("name = \"t\"\n{stages}")).expect(stages))
}

#[test]
fn keys_depend_on_the_operator_and_on_whether_something_is_read() {
    let schema = schema(&ROOMS);
    let stage = |keys: &str| takes(&schema, &format!("[[stage]]\nname = \"a\"\n{keys}"));
    let source = "operator = \"csv\"\npath = \"a.csv\"";
    assert!(stage(&format!("{source}\nheader = true\nworkers = 2")));
    assert!(!stage(&format!("{source}\nif_exists = \"fail\"")), "only the sink knows it");
    assert!(stage(&format!("{source}\nif_exists = \"fail\"\nfrom = \"b\"")));
    assert!(!stage(&format!("{source}\nheader = true\nfrom = \"b\"")), "only the source knows it");
    assert!(!stage("operator = \"filter\"\nwhere = \"x\""), "it reads a stage");
    assert!(stage("operator = \"filter\"\nwhere = \"x\"\nfrom = [\"b\", \"c/report\"]"));
    assert!(!stage("operator = \"shop\"\nfrom = \"b\""), "it reads none");
    assert!(!stage("operator = \"filter\"\nwhere = \"x\"\nfrom = { records = \"b\" }"), "it has no roles");
    assert!(!stage("operator = \"filter\"\nfrom = \"b\""), "where is needed");
    assert!(!stage("operator = \"kmeans\"\nk = 1001\nfrom = \"b\""));
    assert!(!stage("workers = 2"), "neither operator nor steps");
    let steps = |steps: &str, from: &str| stage(&format!("steps = [{steps}]\n{from}"));
    let (shop, filter) = ("{ operator = \"shop\" }", "{ operator = \"filter\", where = \"x\" }");
    assert!(steps(&format!("{shop}, {filter}"), "") && steps(filter, "from = \"b\""));
    assert!(!steps(filter, "") && !steps(shop, "from = \"b\"") && !steps(&format!("{shop}, {shop}"), ""));
    assert!(!steps("{ operator = \"filter\", wher = \"x\" }", "from = \"b\""));
    assert!(!steps(shop, "seed = 1"), "an operator's keys go into its step");
}

#[test]
fn roles_are_keys_of_from() {
    fn plan(_: params::Params, _: &[Input]) -> PlanResult {
        Ok(Planned::new(Schema::default(), || -> Never { unreachable!("nothing runs here") }))
    }
    const ROLES: &[Role] = &[Role { name: "records", needed: true }, Role { name: "labels", needed: false }];
    const BOTH: &[Role] = &[Role { name: "left", needed: true }, Role { name: "right", needed: true }];
    const JOIN: Spec = Spec::new("join", "joins", "", plan).reads(Inputs::Roles(BOTH));
    const TREE: Spec = Spec::new("tree", "learns", "", plan).reads(Inputs::Roles(ROLES));
    let schema = schema(&[("mining", &[&TREE, &JOIN])]);
    let of = |operator: &str, from: &str| {
        takes(&schema, &format!("[[stage]]\nname = \"a\"\noperator = \"{operator}\"\nfrom = {from}"))
    };
    let stage = |from: &str| of("tree", from);
    assert!(stage("{ records = \"b\", labels = [\"c\", \"d\"] }") && stage("{ records = \"b\" }"));
    assert!(!stage("{ labels = \"c\" }") && !stage("{ records = \"b\", label = \"c\" }"));
    assert!(stage("\"b\""), "no other role is needed");
    assert!(!of("join", "\"b\"") && of("join", "{ left = \"b\", right = \"c\" }"));
    assert!(of("join", "{ left = \"b\", right = \"c\" }\nby = { left = \"x\", right = \"y\" }"));
    assert!(!of("join", "{ left = \"b\", right = \"c\" }\nby = { left = \"x\", rigt = \"y\" }"));
    assert!(of("join", "{ left = \"b\", right = \"c\" }\nby = [\"x\", \"y\"]"));
}

/// An operator that there is none of.
enum Never {}

impl sluicebox::operator::Operator for Never {
    fn process(
        &mut self,
        _: &mut sluicebox::data::Batch,
        _: &mut sluicebox::operator::Cx,
    ) -> sluicebox::error::Result<sluicebox::operator::Next> {
        match *self {}
    }
}
