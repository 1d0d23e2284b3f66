//! What can't be asked of operators on rows is told at its place, with what to do.

use super::schema;
use sluicebox::operator::Input;
use sluicebox::registry;

/// Operator, parameters, where a problem lies, and a part of what is told.
const REFUSED: &[(&str, &str, &[&str], &str)] = &[
    ("fill", "fields = {}", &["fields"], "name at least one column"),
    ("fill", "fields = { y = 1 }", &["fields", "y"], "there is no column \"y\""),
    ("fill", "fields = { s = \"mean\" }", &["fields", "s"], "column \"s\" is str and has no mean"),
    (
        "fill",
        "fields = { n = 1.5 }",
        &["fields", "n"],
        "is i64: it can be filled with a whole number, \"last\" or \"mean\"",
    ),
    ("fill", "fields = { n = \"ffill\" }", &["fields", "n"], "can be filled with a whole number"),
    ("fill", "fields = { x = nan }", &["fields", "x"], "can be filled with a number"),
    ("fill", "fields = { k = \"last\" }\nper = \"k\"", &["fields", "k"], "\"k\" is a column of per"),
    ("fill", "fields = { n = 1 }\nper = \"k\"", &["per"], "filled with one value, whatever the key"),
    (
        "fill",
        "fields = { n = \"last\" }\nkeys_max = 5",
        &["keys_max"],
        "there is no per whose keys it could bound",
    ),
    ("drop_missing", "fields = []", &["fields"], "no column is named"),
    ("drop_missing", "fields = [\"x\", \"y\"]", &["fields", "1"], "there is no column \"y\""),
    ("drop_missing", "fields = [\"x\", \"x\"]", &["fields", "1"], "\"x\" is named twice"),
    ("drop_missing", "how = \"some\"", &["how"], "unknown choice \"some\""),
    ("clip", "fields = { s = { min = 1 } }", &["fields", "s"], "column \"s\" is str, a number is needed"),
    ("clip", "fields = { x = {} }", &["fields", "x"], "\"x\" has no bound"),
    ("clip", "fields = { x = { min = 2, max = 1 } }", &["fields", "x"], "greater than its max: 2 and 1"),
    ("clip", "fields = { x = { min = nan } }", &["fields", "x"], "a bound of \"x\" is not a number"),
    ("clip", "fields = { n = { max = 0.5 } }", &["fields", "n"], "its bounds are whole numbers"),
    ("expect", "conditions = {}", &["conditions"], "name at least one condition"),
    ("expect", "conditions = { a = \"n\" }", &["conditions", "a"], "a condition is needed"),
    ("expect", "conditions = { a = \"y > 0\" }", &["conditions", "a"], "y"),
    ("expect", "conditions = { a = \"n > 0\" }\ninto = \"x\"", &["into"], "there is a column \"x\" already"),
    ("expect", "conditions = { a = \"n > 0\" }\non_fail = \"drop\"", &["on_fail"], "unknown choice \"drop\""),
    ("expect", "conditions = { a = \"n > 0\" }\nmax_share = 2", &["max_share"], "max_share"),
];

#[test]
fn what_cannot_be_is_told_at_its_place() {
    let inputs = [Input::new("rows", schema())];
    for (operator, params, path, what) in REFUSED {
        let (_, spec) = registry::find(operator, false).unwrap();
        let told = (spec.plan)(params.parse().unwrap(), &inputs);
        let Err(problems) = told else { panic!("{operator} takes {params}") };
        let fits =
            |problem: &&sluicebox::params::Problem| problem.path == *path && problem.what.contains(what);
        assert!(problems.iter().any(|problem| fits(&problem)), "{operator}, {params}: {problems:#?}");
    }
}

/// What is likely not meant is a warning.
#[test]
fn what_is_likely_not_meant_is_told() {
    let inputs = [Input::new("rows", schema())];
    let (_, spec) = registry::find("fill", false).unwrap();
    let planned =
        (spec.plan)("fields = { s = \"ffill\" }".parse().unwrap(), &inputs).unwrap_or_else(|_| panic!());
    assert_eq!(planned.warnings[0].path, ["fields", "s"]);
    assert_eq!(planned.warnings[0].nearest.as_deref(), Some("last"));
    let planned = (spec.plan)("fields = { s = { value = \"last\" } }".parse().unwrap(), &inputs);
    assert!(planned.unwrap_or_else(|_| panic!()).warnings.is_empty());
}
