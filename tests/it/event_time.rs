//! Event time: its mark from step to step, where it begins, the watermarks of links, and the law of windows.

mod check;
mod ends;
mod law;
mod links;
mod windows;
mod world;

use sluicebox::data::{Schema, Type};
use sluicebox::operator::Input;
use sluicebox::registry;

fn output(operator: &str, params: &str) -> Schema {
    let schema = Schema::of(&[("x", Type::F64), ("ts", Type::Time), ("seen", Type::Time)]).with_time(1);
    let (_, spec) = registry::find(operator, false).unwrap();
    let planned = (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema)]);
    planned.unwrap_or_else(|problems| panic!("{operator}, {params}: {problems:?}")).output
}

#[test]
fn a_column_that_is_handed_on_stays_the_event_time() {
    let kept = [
        ("filter", "where = \"x > 1\"", "ts"),
        ("select", "keep = [\"seen\", \"ts\"]", "ts"),
        ("select", "rename = { ts = \"when\", seen = \"ts\" }", "when"),
        ("derive", "fields = { later = \"ts\", seen = \"ts\" }", "ts"),
        ("standardize", "fields = [\"x\"]", "ts"),
        ("kmeans", "k = 1", "ts"),
    ];
    for (operator, params, name) in kept {
        let output = output(operator, params);
        let time = output.time().map(|at| output.fields[at].name.as_str());
        assert_eq!(time, Some(name), "{operator}, {params}: {output}");
    }
}

#[test]
fn who_drops_or_rewrites_it_ends_event_time() {
    let lost = [
        ("select", "drop = [\"ts\"]"),
        ("select", "cast = { ts = \"str\" }"),
        ("derive", "fields = { ts = \"seen\" }"),
        ("derive", "fields = { ts = \"x\" }"),
    ];
    for (operator, params) in lost {
        let output = output(operator, params);
        assert_eq!(output.time(), None, "{operator}, {params}: {output}");
    }
}
