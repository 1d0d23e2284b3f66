//! Rates: who says them, what comes of one that is too high, and measurements over several.

use super::{NULL, SQLITE, bench, keys, number, refused, report, room, shop};
use crate::run::{last_line, text};
use serde_json::Value;

#[test]
fn the_baseline_carries_the_same_and_loses_nothing_and_there_is_a_ratio() {
    let room = room(&shop("", SQLITE));
    let times = ["--rate", "2k/s", "--for", "300ms", "--warmup", "100ms", "--repeat", "3"];
    let report = report(&room, &[&["--baseline"], &times[..]].concat());
    let bare = &report["baseline"];
    assert_eq!(keys(bare), "runs median spread");
    assert_eq!((report["runs"].as_array().unwrap().len(), bare["runs"].as_array().unwrap().len()), (3, 3));
    for run in bare["runs"].as_array().unwrap() {
        // 2,000 a second for 0.3 s, of which the filter lets at least 98 % through.
        assert!((580.0..=601.0).contains(&number(&run["records"])), "{run}");
        assert!(number(&run["sent"]) >= 0.99 && number(&run["cpu_us"]) > 0.0);
    }
    let ratio = report["ratio"].as_object().unwrap();
    for name in ["p50", "p90", "max", "cpu"] {
        assert!(number(&ratio[name]) > 0.0, "{ratio:?}");
        let [low, high] = [0, 1].map(|at| number(&report["ratio_interval"][name][at]));
        assert!(low <= number(&ratio[name]) && number(&ratio[name]) <= high, "{name} {low} {high}");
    }
    assert!(!ratio.contains_key("p999"), "600 records can't tell it");
}

#[test]
fn a_graph_with_workers_keys_and_reports_has_a_baseline_too() {
    let topology = r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
[[stage]]
name = "keyed"
from = "orders"
workers = 2
by = "customer_id"
operator = "derive"
fields = { amount = "quantity * unit_price" }
[[stage]]
name = "groups"
from = "orders"
every = 100
steps = [ { operator = "filter", where = "quantity > 0" },
          { operator = "kmeans", k = 2, features = ["quantity", "unit_price"] } ]
[[stage]]
name = "store"
operator = "null"
from = ["keyed", "groups", "groups/report", "keyed/rejected"]
"#;
    let room = room(topology);
    let times = ["--rate", "1k/s", "--for", "300ms", "--warmup", "0s", "--repeat", "1"];
    let report = report(&room, &[&["--baseline"], &times[..]].concat());
    let records = |of: &Value| number(&of["runs"][0]["records"]);
    assert!(records(&report["baseline"]) > 500.0 && records(&report) > 500.0, "{report}");
}

#[test]
fn a_rate_that_no_source_can_keep_is_invalid_and_says_why() {
    let room = room(&shop("", NULL));
    let output = bench(&room, &["--rate", "500M/s", "--for", "200ms", "--warmup", "0s"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("INVALID: run 1 of 3: only ") && said.contains("% of the scheduled records"),
        "{said}"
    );
    let report = last_line(&output);
    assert_eq!((&report["valid"], report["runs"].as_array().unwrap().len()), (&Value::Bool(false), 1));
}

#[test]
fn a_source_without_a_rate_makes_a_throughput_run_and_that_is_said() {
    let room = room(&shop("", NULL));
    let report = report(&room, &["--for", "200ms", "--warmup", "0s", "--repeat", "1"]);
    assert_eq!(
        (&report["settings"]["paced"], &report["settings"]["rate"]["orders"]),
        (&Value::Bool(false), &Value::Null)
    );
    let notes = report["notes"].as_array().unwrap();
    assert!(
        notes.iter().any(|note| note.as_str().unwrap().contains("this is a throughput run")),
        "{notes:?}"
    );
    assert!(report["runs"][0]["sent"].is_null());
}

#[test]
fn a_source_that_ends_before_its_time_is_measured_as_far_as_it_goes() {
    let room = room(&shop("count = 500", NULL));
    let report = report(&room, &["--rate", "1k/s", "--for", "20s", "--warmup", "0s", "--repeat", "1"]);
    assert_eq!(
        report["checked"].as_str().unwrap().split("in ").last().unwrap().split(' ').next(),
        Some("500")
    );
    let notes = report["notes"].as_array().unwrap();
    assert!(
        notes.iter().any(|note| note.as_str().unwrap().starts_with("the sources had ended after 0.")),
        "{notes:?}"
    );
    let said = refused(&room, &["--rate", "1k/s", "--for", "20s", "--warmup", "10s"], 1);
    assert!(said.contains("had ended before the warm-up of 10s was over (--warmup 0s)"), "{said}");
    let said = refused(&room, &["--set", "orders.count=19", "--for", "20s", "--warmup", "0s"], 1);
    assert!(said.contains("too few for a median"), "{said}");
}

#[test]
fn a_sweep_ends_with_a_knee_a_table_and_a_plot() {
    // A promise that nothing can break makes the source's own limit the knee.
    let room = room(&(shop("", NULL) + "[slo]\nmax = \"1h\""));
    let args = [
        "bench", "t.toml", "--sweep", "--rate", "20M/s", "--for", "100ms", "--warmup", "0s", "--json",
        "s.json",
    ];
    let output = room.sluicebox(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let report: Value = serde_json::from_slice(&std::fs::read(room.path("s.json")).unwrap()).unwrap();
    let steps = report["sweep"]["steps"].as_array().unwrap();
    assert_eq!(number(&steps[0]["rate"]), 20e6);
    let held = |step: &&Value| step["holds"] == true;
    let knee = steps.iter().filter(held).map(|step| number(&step["rate"])).fold(0.0, f64::max);
    assert_eq!(number(&report["sweep"]["knee"]), knee, "{said}");
    let broken = steps.iter().find(|step| !held(step)).expect("no source makes so many");
    assert!(broken["why"].as_str().unwrap().contains("of the scheduled records"), "{broken}");
    assert!(said.contains("highest rate that holds: ") && said.contains("^ knee"), "{said}");
}

#[test]
fn sparse_records_tell_as_much_as_they_can() {
    let room = room(&shop("", NULL));
    let report = report(&room, &["--sparse", "--for", "1200ms", "--warmup", "0s"]);
    let sparse = report["sparse"].as_array().unwrap();
    assert_eq!(sparse.iter().map(|of| number(&of["rate"])).collect::<Vec<_>>(), [1.0, 10.0, 100.0]);
    let told: Vec<[bool; 3]> =
        sparse.iter().map(|of| ["p50", "p99", "max"].map(|name| !of[name].is_null())).collect();
    assert_eq!(told, [[false, false, true], [false, false, true], [true, false, true]], "{sparse:?}");
}

#[test]
fn a_payload_makes_every_record_larger_by_its_bytes() {
    // One record a frame: what a frame needs besides would be shared by several.
    let room = room(&shop("batch = { records_max = 1 }", NULL));
    let bytes = |more: &[&str]| {
        let times = ["--rate", "500/s", "--for", "200ms", "--warmup", "0s", "--repeat", "1"];
        number(&report(&room, &[&times[..], more].concat())["stages"][1]["bytes"])
    };
    let (without, with) = (bytes(&[]), bytes(&["--payload", "10kB"]));
    assert!((10_000.0..10_100.0).contains(&(with - without)), "{without} and {with}");
}
