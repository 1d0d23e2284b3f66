//! What `plan` of select, standardize and kmeans tells about parameters that can't be.

use sluicebox::data::{Schema, Type};
use sluicebox::operator::Input;
use sluicebox::params::Problem;
use sluicebox::registry;

/// The problems of a step that reads these columns.
fn problems(operator: &str, params: &str) -> Vec<Problem> {
    let schema =
        Schema::of(&[("price", Type::F64), ("item", Type::Str), ("n", Type::I64), ("tags", Type::List)]);
    let (_, spec) = registry::find(operator, false).unwrap();
    let inputs = [Input::new("input", schema)];
    match (spec.plan)(params.parse().unwrap(), &inputs) {
        Ok(_) => panic!("{operator} takes {params}"),
        Err(problems) => problems,
    }
}

/// Each is told as one problem: its path, a part of its sentence, the nearest choice.
fn told(operator: &str, cases: &[(&str, &[&str], &str, Option<&str>)]) {
    for (params, path, what, nearest) in cases {
        let found = problems(operator, params);
        let [problem] = found.as_slice() else { panic!("{operator} tells {params} as {found:#?}") };
        assert_eq!(problem.path, *path, "{params}: {problem:?}");
        assert!(problem.what.contains(what), "{params}: {problem:?}");
        assert_eq!(problem.nearest.as_deref(), *nearest, "{params}: {problem:?}");
    }
}

#[test]
fn select_tells_what_is_wrong() {
    told(
        "select",
        &[
            ("", &[], "nothing to do", None),
            (r#"keep = ["n", "prise"]"#, &["keep", "1"], "no column \"prise\"", Some("price")),
            (r#"drop = ["itm"]"#, &["drop", "0"], "no column \"itm\"", Some("item")),
            (r#"drop = ["price", "item", "n", "tags"]"#, &[], "no column is kept", None),
            ("keep = []", &[], "no column is kept", None),
            ("keep = [\"n\"]\ndrop = [\"item\"]", &["drop"], "leave out one", None),
            (r#"keep = ["n", "n"]"#, &["keep"], "two columns would be called \"n\"", None),
            (r#"rename = { n = "item" }"#, &["rename"], "two columns would be called \"item\"", None),
            (r#"rename = { m = "x" }"#, &["rename", "m"], "no column \"m\"", Some("n")),
            (r#"rename = { n = "" }"#, &["rename", "n"], "needs a name", None),
            ("keep = [\"n\"]\nrename = { item = \"x\" }", &["rename", "item"], "is not kept", None),
            (r#"cast = { tags = "i64" }"#, &["cast", "tags"], "list<str>, which can't be cast to i64", None),
            (r#"cast = { n = "i46" }"#, &["cast", "n"], "unknown choice \"i46\"", Some("i64")),
        ],
    );
    let found = problems("select", "keep = [\"a\", \"b\"]\ncast = { c = \"i64\" }");
    assert_eq!(found.len(), 3, "all problems are told at once: {found:#?}");
}

#[test]
fn names_may_change_places() {
    let (_, spec) = registry::find("select", false).unwrap();
    let schema = Schema::of(&[("a", Type::F64), ("b", Type::Str)]);
    let inputs = [Input::new("input", schema)];
    let planned = (spec.plan)(r#"rename = { a = "b", b = "a" }"#.parse().unwrap(), &inputs).ok().unwrap();
    assert_eq!(planned.output, Schema::of(&[("b", Type::F64), ("a", Type::Str)]));
}

#[test]
fn standardize_tells_what_is_wrong() {
    told(
        "standardize",
        &[
            ("", &[], "\"fields\" is missing", None),
            ("fields = []", &["fields"], "no column is named", None),
            (r#"fields = ["pric"]"#, &["fields", "0"], "no column \"pric\"", Some("price")),
            (r#"fields = ["n", "item"]"#, &["fields", "1"], "is str, a number is needed", None),
            (r#"fields = ["n", "n"]"#, &["fields", "1"], "named twice", None),
            ("fields = [\"n\"]\nprefix = \"\"", &["prefix"], "there is a column \"n\" already", None),
        ],
    );
}

#[test]
fn kmeans_tells_what_is_wrong() {
    told(
        "kmeans",
        &[
            ("", &[], "\"k\" is missing", None),
            ("k = 0", &["k"], "\"k\" must be a whole number from 1 to 1000, not 0", None),
            ("k = 1001", &["k"], "from 1 to 1000, not 1001", None),
            ("k = \"two\"", &["k"], "must be a whole number from 1 to 1000, not \"two\"", None),
            ("k = 2\nfeatures = [\"prices\"]", &["features", "0"], "no column \"prices\"", Some("price")),
            ("k = 2\nfeatures = [\"item\"]", &["features", "0"], "a number is needed", None),
            ("k = 2\nfeatures = [\"n\", \"n\"]", &["features", "1"], "is named twice", None),
            ("k = 2\nfeatures = []", &["features"], "there is no feature", None),
        ],
    );
    let (_, spec) = registry::find("kmeans", false).unwrap();
    let clash = |column: &str| {
        let schema = Schema::of(&[("x", Type::F64), (column, Type::F64)]);
        let inputs = [Input::new("input", schema)];
        let problems = (spec.plan)("k = 2".parse().unwrap(), &inputs).err().unwrap();
        problems.into_iter().map(|problem| problem.what).collect::<Vec<_>>().join("; ")
    };
    assert!(clash("size").contains("\"size\" is a column of the report"));
    assert!(clash("distance").contains("adds a column \"distance\""));
}
