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
    ("sample", "", &[], "say how many records stay"),
    ("sample", "rate = 0.1\nn = 5", &["n"], "leave out one of rate and n"),
    ("sample", "rate = 0.1\nper = \"k\"", &["per"], "it says something of n alone"),
    ("sample", "n = 5\ntogether = \"k\"", &["together"], "it says something of rate alone"),
    ("sample", "rate = 0.1\ntogether = [\"k\", \"y\"]", &["together", "1"], "there is no column \"y\""),
    ("sample", "n = 5\nevery = \"0s\"", &["every"], "that is no time at all"),
    ("sample", "rate = 2", &["rate"], "rate"),
    ("limit", "", &[], "\"n\" is missing"),
    ("limit", "n = 1\nkeys_max = 5", &["keys_max"], "there is no per"),
    ("explode", "field = \"n\"", &["field"], "column \"n\" is i64: a list or a text is needed"),
    ("explode", "field = \"s\"\ninto = \"k\"", &["into"], "there is a column \"k\" already"),
    ("explode", "field = \"s\"\nposition = \"k\"", &["position"], "there is a column \"k\" already"),
    ("explode", "field = \"s\"\nposition = \"s\"", &["position"], "the items are called \"s\""),
    ("explode", "field = \"s\"\nseparator = \"\"", &["separator"], "an empty text parts nothing"),
    ("split", "field = \"n\"\ninto = \"l\"", &["field"], "column \"n\" is i64, a text is needed"),
    ("split", "field = \"s\"\ninto = [\"a\", \"a\"]", &["into", "1"], "there is a column \"a\" already"),
    ("split", "field = \"s\"\ninto = \"s\"", &["into"], "there is a column \"s\" already"),
    ("split", "field = \"s\"\ninto = \"\"", &["into"], "a column needs a name"),
    ("split", "field = \"s\"\ninto = \"l\"\nrest = \"drop\"", &["rest"], "a list has all parts"),
    ("parse", "field = \"s\"\nas = \"csv\"\ncolumns = [\"\"]", &[], "a new column needs a name"),
    (
        "parse",
        "field = \"s\"\nas = \"key_value\"\ncolumns = [\"a\"]\npair_sep = \"=\"",
        &["key_sep"],
        "between pairs stands another sign",
    ),
    ("min_max", "fields = [\"x\"]\nbounds = { x = [0, 1e300] }", &["bounds", "x"], "within 1e150"),
    ("merge_fields", "fields = [\"k\"]\ninto = \"\"", &["into"], "the column needs a name"),
    ("split", "field = \"s\"\ninto = []", &["into"], "from 1 to 1000 columns are named"),
    ("merge_fields", "fields = []\ninto = \"m\"", &["fields"], "no column is named"),
    ("merge_fields", "fields = [\"k\", \"k\"]\ninto = \"m\"", &["fields", "1"], "\"k\" is named twice"),
    ("merge_fields", "fields = [\"k\"]\ninto = \"k\"", &["into"], "there is a column \"k\" already"),
    (
        "merge_fields",
        "fields = [\"k\"]\ninto = \"m\"\nlist = true\nseparator = \",\"",
        &["separator"],
        "a list",
    ),
    ("min_max", "fields = [\"s\"]", &["fields", "0"], "column \"s\" is str, a number is needed"),
    ("min_max", "fields = [\"x\"]\nbounds = { n = [0, 1] }", &["bounds", "n"], "\"n\" is none of the fields"),
    (
        "min_max",
        "fields = [\"x\"]\nbounds = { x = [1, 1] }",
        &["bounds", "x"],
        "the first bound is less than the second",
    ),
    ("min_max", "fields = [\"x\"]\nbounds = { x = [1] }", &["bounds", "x"], "two bounds are needed"),
    ("min_max", "fields = [\"x\"]\nbounds = { x = [0, 1] }\nper = \"k\"", &["per"], "all bounds are fixed"),
    ("min_max", "fields = [\"x\"]\nprefix = \"\"", &["prefix"], "there is a column \"x\" already"),
    ("bin", "fields = { s = 4 }", &["fields", "s"], "column \"s\" is str, a number is needed"),
    ("bin", "fields = { x = 1 }", &["fields", "x"], "2"),
    ("bin", "fields = { x = [2, 1] }", &["fields", "x"], "each greater than the one before"),
    ("bin", "fields = { x = { width = 0 } }", &["fields", "x"], "a width is a finite number above 0"),
    (
        "bin",
        "fields = { x = { width = 1, edges = [1] } }",
        &["fields", "x"],
        "say edges, with names or without, or width",
    ),
    ("bin", "fields = { x = { edges = [1], names = [\"a\"] } }", &["fields", "x"], "1 edges part 2 bins"),
    ("one_hot", "fields = { x = [\"1\"] }", &["fields", "x"], "column \"x\" is f64, which has no categories"),
    ("one_hot", "fields = { k = [\"a\", \"a\"] }", &["fields", "k"], "the category \"a\" is named twice"),
    ("one_hot", "fields = { k = [] }", &["fields", "k"], "name at least one category"),
    (
        "one_hot",
        "fields = { k = 600, s = 600 }",
        &["fields"],
        "1200 columns would be made, 1000 are the most",
    ),
    (
        "one_hot",
        "fields = { k = [\"other\"] }\nother = true",
        &["fields", "k"],
        "there are two columns \"k_other\"",
    ),
    ("hash_features", "fields = []\nn = 4", &["fields"], "no column is named"),
    ("hash_features", "fields = [\"k\", \"k\"]\nn = 4", &["fields", "1"], "\"k\" is named twice"),
    ("hash_features", "fields = \"k\"\nn = 0", &["n"], "n"),
    ("hash_features", "fields = \"k\"\nn = 4097", &["n"], "n"),
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
