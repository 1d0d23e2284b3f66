//! Options over the file over the defaults.

use super::{ORDERS, load, problems};

#[test]
fn options_lie_over_the_file() {
    let sets = [
        "name=other",
        "drain_timeout=5s",
        "clean.steps.0.where=unit_price > 1",
        "clean.steps.1.fields.\"in m\"=quantity",
        "clean.steps.1.fields.Amount=quantity",
        "clean.steps.1.fields.zebra=unit_price",
        "segments.features=[\"quantity\"]",
        "segments.k=3",
        "segments.k=4",
        "store.from=segments",
    ];
    let plan = load(ORDERS, &sets).unwrap().plan;
    assert_eq!((plan.name.as_str(), plan.drain_timeout.to_string().as_str()), ("other", "5s"));
    let [_, clean, segments, store] = plan.stages.as_slice() else { panic!("four stages") };
    assert_eq!(clean.steps[0].params["where"].as_str(), Some("unit_price > 1"));
    let fields = clean.steps[1].params["fields"].as_table().unwrap();
    let keys: Vec<&String> = fields.keys().collect();
    assert_eq!(keys, ["zebra", "amount", "in m", "Amount"], "order and case are kept, new ones come last");
    assert_eq!(fields["zebra"].as_str(), Some("unit_price"));
    assert_eq!(segments.steps[0].params["features"].as_array().unwrap().len(), 1);
    assert_eq!(segments.steps[0].params["k"].as_integer(), Some(4), "the last one wins");
    assert_eq!(store.inlets.len(), 1);
}

#[test]
fn a_whole_table_is_laid_over_key_by_key() {
    let plan = load(ORDERS, &["clean.steps.1.fields={b=\"sku\",amount=\"order_id\"}"]).unwrap().plan;
    let fields = plan.stages[1].steps[1].params["fields"].as_table().unwrap();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
    assert_eq!(fields, [("zebra", "quantity"), ("amount", "order_id"), ("b", "sku")]);
}

#[test]
fn names_with_dashes_can_be_set() {
    let text = ORDERS.replace("\"clean", "\"clean-2");
    let plan = load(text, &["clean-2.workers=5"]).unwrap().plan;
    assert_eq!(plan.stages[1].workers, 5);
}

#[test]
fn a_problem_in_an_option_names_it() {
    let told = problems(ORDERS, &["clean.steps.0.where=quantty > 1"]).render(false);
    let picture = "\
error: stage \"clean\": filter: there is no column \"quantty\" (there are: order_id i64, ts time, customer_id i64, \
sku str, quantity i64, unit_price f64)
 |
 | --set clean.steps.0.where=quantty > 1
 |                           ^^^^^^^ did you mean \"quantity\"?";
    assert_eq!(told, picture);
}

#[test]
fn options_that_fit_nowhere_are_told() {
    let cases = [
        ("claen.workers=2", "there is no stage \"claen\"", Some("clean")),
        ("clean=2", "\"clean\" is a stage: say which key of it, as in clean.workers=2", None),
        ("clean.name=x", "a stage is named in the file", None),
        ("clean.steps.2.where=x", "the list has entries 0 to 1, not \"2\"", None),
        ("clean.steps.-1.where=x", "the list has entries 0 to 1, not \"-1\"", None),
        ("clean.from.x=1", "what it would set \"x\" in is neither a table nor a list", None),
        ("workers=2", "unknown key \"workers\"", None),
        ("drain_timout=2s", "unknown key \"drain_timout\"", Some("drain_timeout")),
        ("clean.workrs=2", "unknown key \"workrs\"", Some("workers")),
        ("store.pth=2", "unknown key \"pth\"", Some("path")),
        ("clean.workers=many", "\"workers\" must be a whole number from 1 to 64, not \"many\"", None),
        ("slo.p98=2ms", "\"slo\": unknown key \"p98\"", Some("p99")),
        ("stage=5", "stages go by their names", None),
        ("stage.0.workers=5", "stages go by their names", None),
        ("clean.steps.00.where=x", "there is no column \"x\"", None),
        ("clean.ack=stored", "\"ack\" is not built yet", None),
        ("clean", "an option is KEY=VALUE", None),
        ("größe=1", "the key is not one", None),
        ("\"größe\"=1", "unknown key \"größe\"", None),
        ("=x", "the key is not one", None),
        ("\"#1\".k=1", "there is no stage \"#1\"", None),
    ];
    for (set, what, nearest) in cases {
        let told = problems(ORDERS, &[set]);
        assert_eq!(told.findings.len(), 1, "{set}: {told:?}");
        assert!(told.findings[0].what.contains(what), "{set}: {told:?}");
        assert_eq!(told.findings[0].nearest.as_deref(), nearest, "{set}");
        assert!(told.render(false).contains(&format!("--set {set}")), "{set}: {told:?}");
    }
}

#[test]
fn a_stage_that_no_option_can_name_is_still_checked() {
    let text = ORDERS.replace("name = \"segments\"", "name = \"Segments\"").replace("k = 8", "k = 0");
    let told = problems(text, &["#2.k=1"]);
    let said = told.render(false);
    assert!(said.contains("can't be a name") && said.contains("k must be at least 1"), "{said}");
}

#[test]
fn what_the_file_says_is_blamed_on_the_file_beside_options() {
    let text = ORDERS.replace("amount = \"unit_price\"", "amount = \"unit_prize\"");
    let told = problems(text, &["clean.steps.1.fields={b=\"skuu\"}"]).render(false);
    let (first, second) = told.split_once("\n\n").unwrap();
    assert!(first.contains("unit_prize") && first.contains("t.toml:14:"), "{told}");
    assert!(second.contains(" | --set clean.steps.1.fields={b=\"skuu\"}"), "{told}");
}

#[test]
fn a_list_below_a_quoted_key_is_set_as_a_whole() {
    let text = ORDERS.replace("seed = 7", "\"b c\" = [1]");
    let told = problems(&text, &["orders.\"b c\".0=2"]).render(false);
    assert!(told.contains("a list below a key in quotes can only be set as a whole"), "{told}");
    assert!(!problems(&text, &["orders.\"b c\"=[2]"]).render(false).contains("as a whole"));
}
