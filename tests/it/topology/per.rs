//! State for each key: which columns choose the worker, and what can't be or is hardly meant.

use super::Found;
use sluicebox::topology::{Checked, Problems, Severity, describe, load};

/// A source, a stage before, and the stage that is asked about; real operators, for their parameters are real.
fn topology(before: &str, z: &str) -> String {
    format!(
        r#"name = "t"
[[stage]]
name = "orders"
operator = "shop"
[[stage]]
name = "clean"
from = "orders"
{before}
[[stage]]
name = "z"
from = "clean"
{z}
[[stage]]
name = "out"
operator = "null"
from = "z"
"#
    )
}

const PASS: &str = "operator = \"filter\"\nwhere = \"TRUE\"";

fn check(before: &str, z: &str) -> Result<Checked, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    std::fs::write(&file, topology(before, z)).unwrap();
    load(&file, &[])
}

/// The columns that choose the worker of `z`.
fn by(z: &str) -> Vec<String> {
    let checked = check(PASS, z).unwrap();
    assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
    checked.plan.stages[2].inlets[0].by.clone()
}

fn row(steps: &str) -> String {
    format!("workers = 3\nsteps = [\n{steps}\n]")
}

const SCALE: &str = "{ operator = \"standardize\", fields = [\"quantity\"]";
const GROUP: &str = "{ operator = \"kmeans\", k = 2, features = [\"unit_price\"]";

#[test]
fn the_worker_follows_from_the_key() {
    assert_eq!(by(&row(&format!("{SCALE}, per = \"country\" }},"))), ["country"]);
    assert_eq!(by(&row(&format!("{SCALE}, per = [\"sku\", \"country\"] }},"))), ["sku", "country"]);
    let part = format!("by = \"sku\"\n{}", row(&format!("{SCALE}, per = [\"sku\", \"country\"] }},")));
    assert_eq!(by(&part), ["sku"], "a by of its own that is part of the key stays");
    let two =
        format!("{SCALE}, per = [\"sku\", \"country\"] }}, {GROUP}, per = [\"country\", \"channel\"] }},");
    assert_eq!(by(&row(&two)), ["country"], "what both have in common");
    let renamed = format!(
        "{{ operator = \"select\", rename = {{ country = \"land\" }} }}, {SCALE}, per = \"land\" }},"
    );
    assert_eq!(by(&row(&renamed)), ["country"], "as the inlet calls it");
    let derived =
        format!("{{ operator = \"derive\", fields = {{ h = \"1\" }} }}, {SCALE}, per = \"country\" }},");
    assert_eq!(by(&row(&derived)), ["country"]);
    let one = by("operator = \"standardize\"\nfields = [\"quantity\"]\nper = \"country\"");
    assert!(one.is_empty(), "one worker owns all keys");
}

#[test]
fn what_chooses_the_worker_is_described() {
    let checked = check(PASS, &row(&format!("{SCALE}, per = \"country\" }},"))).unwrap();
    let told = describe(&checked);
    assert!(told.contains("z = standardize, 3 workers by country, from clean\n"), "{told}");
    let json = sluicebox::topology::describe_json(&checked);
    assert_eq!(json["stages"][2]["by"], serde_json::json!(["country"]));
}

/// The one thing that is told, with what is underlined.
fn told(before: &str, z: &str, severity: Severity) -> Found {
    let problems = match check(before, z) {
        Ok(checked) => checked.warnings,
        Err(problems) => problems,
    };
    assert!(problems.findings.iter().all(|finding| finding.severity == severity), "{problems:?}");
    super::only(&problems, &topology(before, z)).unwrap_or_else(|| panic!("one thing is told: {problems:?}"))
}

#[test]
fn keys_that_no_worker_could_own_are_refused() {
    let error = |z: &str| told(PASS, z, Severity::Error);
    let made =
        format!("{{ operator = \"derive\", fields = {{ h = \"hour(ts)\" }} }}, {SCALE}, per = \"h\" }},");
    let (at, what, _) = error(&row(&made));
    assert_eq!(at, "\"h\"");
    assert!(
        what.starts_with("stage \"z\": standardize keeps a state per h, which is made within this stage"),
        "{what}"
    );
    for rewritten in [
        "{ operator = \"derive\", fields = { country = \"lower(country)\" } }",
        "{ operator = \"select\", cast = { ts = \"str\" }, rename = { ts = \"country\", country = \"c\" } }",
    ] {
        let (_, what, _) = error(&row(&format!("{rewritten}, {SCALE}, per = \"country\" }},")));
        assert!(what.contains("per country, which is made within"), "{what}");
    }
    let scored = format!(
        "{{ operator = \"standardize\", fields = [\"unit_price\"], per = \"sku\" }}, {SCALE}, per = \"unit_price\" }},"
    );
    assert!(error(&row(&scored)).1.contains("per unit_price, which is made within"), "f64 before and after");

    let (at, what, _) = error(&row(&format!("{SCALE}, per = \"sku\" }}, {GROUP}, per = \"country\" }},")));
    assert_eq!(at, "\"country\"");
    let said = "stage \"z\": standardize per sku, kmeans per country have no column in common";
    assert!(what.starts_with(said), "{what}");

    let (at, what, _) =
        error(&format!("by = [\"country\", \"sku\"]\n{}", row(&format!("{SCALE}, per = \"sku\" }},"))));
    assert_eq!(at, "\"country\"");
    assert!(
        what.starts_with("stage \"z\": \"by\" names \"country\", and states are kept per sku:"),
        "{what}"
    );

    let (at, what, _) = error(&row(&format!("{SCALE} }},")));
    assert_eq!(at, "3");
    let said = "several workers need per = \"COLUMN\", a model for each of its values, or by = \"COLUMN\", a model for";
    assert!(what.contains(said), "{what}");
}

#[test]
fn one_worker_needs_nothing_of_all_that() {
    let made = format!(
        "steps = [ {{ operator = \"derive\", fields = {{ h = \"1\" }} }}, {SCALE}, per = \"h\" }}, \
                        {GROUP}, per = \"country\" }} ]"
    );
    assert!(check(PASS, &made).unwrap().warnings.is_empty());
}

#[test]
fn one_model_for_each_worker_is_hardly_meant() {
    let warning = |z: &str| told(PASS, z, Severity::Warning);
    let (at, what, _) = warning(&format!("by = \"country\"\n{}", row(&format!("{SCALE} }},"))));
    assert_eq!(at, "\"standardize\"");
    assert_eq!(
        what,
        "stage \"z\": standardize keeps one model for each worker, not for each country: its results depend on the \
         number of workers (per = \"country\" keeps one for each)"
    );
    let renamed = "{ operator = \"select\", rename = { country = \"land\" } }";
    let both = format!("by = [\"country\", \"sku\"]\n{}", row(&format!("{renamed}, {GROUP} }},")));
    let (at, what, _) = warning(&both);
    assert_eq!(at, "\"kmeans\"");
    assert!(
        what.contains("not for each land and sku:") && what.contains("per = [\"land\", \"sku\"] keeps"),
        "{what}"
    );
    // The worker follows from one step, and the other has no key.
    let (at, ..) = warning(&row(&format!("{SCALE}, per = \"country\" }}, {GROUP} }},")));
    assert_eq!(at, "\"kmeans\"");
}

#[test]
fn a_report_says_which_worker_only_where_each_has_a_model_of_its_own() {
    let report = |z: &str| {
        let checked = check(PASS, z).unwrap();
        let stage = &checked.plan.stages[2];
        stage.ports[stage.port("report").unwrap().index()]
            .schema
            .names()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let per = |workers| {
        format!("workers = {workers}\noperator = \"kmeans\"\nk = 2\nfeatures = [\"quantity\"]\nper = \"sku\"")
    };
    assert_eq!(report(&per(1)), report(&per(3)), "columns do not depend on workers");
    assert_eq!(report(&per(3))[..3], ["set", "sku", "cluster"]);
    assert_eq!(
        report(&format!("by = \"sku\"\n{}", per(3).replace("per = \"sku\"", "")))[..3],
        ["set", "worker", "cluster"]
    );
}

#[test]
fn an_order_that_is_the_schedulers_is_worth_a_warning() {
    let z = "operator = \"standardize\"\nfields = [\"quantity\"]\nper = [\"country\", \"sku\"]";
    let scattered = |before: &str| {
        let (at, what, _) = told(before, z, Severity::Warning);
        assert_eq!(at, "[\"country\", \"sku\"]");
        assert!(what.contains("behind the 2 workers of stage \"clean\" that is the scheduler's"), "{what}");
    };
    let clean = |more: &str| check(&format!("{PASS}\n{more}"), z).unwrap().warnings;
    assert!(clean("").is_empty(), "one worker keeps the order");
    assert!(clean("workers = 2\nby = \"country\"").is_empty(), "all of a key come from one worker");
    assert!(clean("workers = 2\nby = [\"sku\", \"country\"]").is_empty());
    scattered(&format!("{PASS}\nworkers = 2"));
    scattered(&format!("{PASS}\nworkers = 2\nby = [\"sku\", \"channel\"]"));
    // What it was dealt by is gone under that name, and another column has it.
    let renamed =
        |to: &str| format!("operator = \"select\"\nrename = {{ {to} }}\nworkers = 2\nby = \"country\"");
    scattered(&renamed("country = \"land\", channel = \"country\""));
    assert!(
        check(&renamed("country = \"land\""), &z.replace("country", "land")).unwrap().warnings.is_empty()
    );
}
