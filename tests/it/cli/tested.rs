//! `test`, `graph`, `new` and `man` as a user meets them.

use super::{code_and_words, keys};
use crate::run::{Running, Sandbox, text, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "lines"
operator = "shop"
[[stage]]
name = "clean"
from = "lines"
operator = "filter"
where = "quantity > 0"
[[stage]]
name = "out"
from = "clean"
operator = "null"
[[test]]
name = "holds"
stage = "clean"
rows = [ { quantity = 1 }, { quantity = 0 } ]
expect = [ { quantity = 1 } ]
[[test]]
name = "fails <&>"
stages = ["lines", "clean"]
rows = [ { quantity = 1 } ]
expect = [ { quantity = 2 } ]
"#;

/// A room in which the project's data and topologies are where their paths say.
fn room() -> Sandbox {
    let room = Sandbox::new();
    for folder in ["data", "topologies"] {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::os::unix::fs::symlink(there, room.path(folder)).unwrap();
    }
    room
}

#[test]
fn the_topologies_of_this_repository_pass_their_tests() {
    let room = room();
    let mut files: Vec<String> = std::fs::read_dir(room.path("topologies"))
        .unwrap()
        .map(|entry| format!("topologies/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    let args: Vec<&str> = ["test", "--json"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let output = room.sluicebox(&args);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(keys(&said), "ok passed failed files");
    for file in said["files"].as_array().unwrap() {
        assert!(!file["tests"].as_array().unwrap().is_empty(), "{} carries tests", file["file"]);
    }
    assert!(said["passed"].as_u64().unwrap() >= 9 && said["failed"] == 0, "{said}");
}

#[test]
fn a_failed_test_is_exit_code_1_and_a_broken_topology_2() {
    let room = Sandbox::new();
    room.write("t.toml", TOPOLOGY);
    let output = room.sluicebox(&["test", "t.toml", "--junit", "r.xml"]);
    assert_eq!(code_and_words(&output), (Some(1), "1 of 2 tests failed\n".to_string()));
    let lines = [
        "t.toml",
        "  ok      holds (clean, line 15)",
        "  FAILED  fails <&> (lines, clean, without shop, line 20)",
        "    clean: 1 row came, 1 wanted, 1 differs",
        "      got  quantity | wanted  quantity",
        "      1    >1<      | 1       >2<",
        "2 tests: 1 passed, 1 failed",
        "",
    ];
    assert_eq!(text(&output.stdout), lines.join("\n"));
    let xml = std::fs::read_to_string(room.path("r.xml")).unwrap();
    assert!(xml.contains("name=\"fails &lt;&amp;&gt;\"") && xml.contains("failures=\"1\""), "{xml}");
    assert!(xml.contains("<failure message=\"clean: 1 row came, 1 wanted, 1 differs\">"), "{xml}");
    assert_eq!(room.sluicebox(&["test", "t.toml", "--only", "h*"]).status.code(), Some(0));
    let (code, words) = code_and_words(&room.sluicebox(&["test", "t.toml", "--only", "hold"]));
    assert_eq!((code, words.as_str()), (Some(2), "there is no test \"hold\": did you mean \"holds\"?\n"));

    room.write("b.toml", &TOPOLOGY.replace("stage = \"clean\"", "stage = \"claen\""));
    let (code, words) = code_and_words(&room.sluicebox(&["test", "b.toml", "--junit", "b.xml"]));
    let xml = std::fs::read_to_string(room.path("b.xml")).unwrap();
    assert!(xml.contains("errors=\"1\"") && xml.contains("did you mean &quot;clean&quot;?"), "{xml}");
    assert!(
        code == Some(2) && words.contains("b.toml:17:9") && words.contains("did you mean \"clean\"?"),
        "{words}"
    );
    let checked = room.sluicebox(&["check", "b.toml"]);
    assert_eq!(code_and_words(&checked), (code, words), "check tells the same");
    room.write("n.toml", TOPOLOGY.split("[[test]]").next().unwrap());
    let output = room.sluicebox(&["test", "n.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("n.toml has no tests: "), "{}", text(&output.stdout));
}

/// Windows over a whole file, against a count of its hours by another reader.
#[test]
fn rows_of_a_file_go_through_as_a_source_would_read_them() {
    let room = room();
    let file =
        flate2::read::MultiGzDecoder::new(std::fs::File::open(room.path("data/flights.csv.gz")).unwrap());
    let mut reader = csv::Reader::from_reader(file);
    let column = |name: &str, header: &csv::StringRecord| header.iter().position(|of| of == name).unwrap();
    let header = reader.headers().unwrap().clone();
    let (ts, origin) = (column("sched_ts", &header), column("origin", &header));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let hours: BTreeSet<(String, &str)> =
        records.iter().map(|record| (record[ts][..13].replace('T', " "), &record[origin])).collect();
    let topology = std::fs::read_to_string(room.path("topologies/hourly.toml")).unwrap();
    let topology = topology.split("[[test]]").next().unwrap();
    let test = format!(
        "[[test]]\nname = \"all\"\nstage = \"hours\"\nrows_from = \"data/some.csv\"\nexpect_ports = {{ late = [] }}\n\
         expect_account = {{ in = {}, out = {} }}\n",
        records.len(),
        hours.len()
    );
    // NULL is written otherwise in the file.
    let mut written = csv::Writer::from_path(room.path("some.csv")).unwrap();
    written.write_record(&header).unwrap();
    for record in &records {
        written.write_record(record.iter().map(|cell| if cell == "NA" { "" } else { cell })).unwrap();
    }
    drop(written);
    room.write("h.toml", &format!("{topology}{}", test.replace("data/some.csv", "some.csv")));
    let output = room.sluicebox(&["test", "h.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(records.len() > 70_000 && hours.len() > 4_000, "the file is there");
}

#[test]
fn graph_draws_and_refuses_what_check_refuses() {
    let room = room();
    for (form, begins) in
        [("text", "fan_out\n"), ("mermaid", "---\ntitle: fan_out"), ("dot", "digraph \"fan_out\"")]
    {
        let output = room.sluicebox(&["graph", "topologies/fan_out.toml", "--format", form]);
        assert!(text(&output.stdout).starts_with(begins), "{}", text(&output.stdout));
    }
    assert_eq!(room.sluicebox(&["graph", "topologies/broken/circle.toml"]).status.code(), Some(2));
    // What says its columns can be drawn and tested without its data, and not be run.
    let retail = room.sluicebox(&["graph", "topologies/retail.toml"]);
    assert!(text(&retail.stdout).contains("sold ─> revenue"), "{}", text(&retail.stderr));
    let (code, words) = code_and_words(&room.sluicebox(&["check", "topologies/retail.toml"]));
    assert!(code == Some(2) && words.contains("cannot read online_retail.csv"), "{words}");
}

#[test]
fn what_new_writes_is_sound_and_runs() {
    let room = room();
    room.write("my.csv", "id;size;kind\n1;2,5;a\n2;3,5;b\n7;9,5;a\n3;1,5;b\n");
    for (data, file) in
        [(None, "s.toml"), (Some("my.csv"), "m.toml"), (Some("data/flights.csv.gz"), "f.toml")]
    {
        let args: Vec<&str> = ["new"].into_iter().chain(data).chain(["--output", file]).collect();
        assert_eq!(room.sluicebox(&args).status.code(), Some(0), "{args:?}");
        let (code, words) = code_and_words(&room.sluicebox(&args));
        assert!(code == Some(2) && words.contains("is there already"), "{words}");
        let forced: Vec<&str> = args.iter().copied().chain(["--force"]).collect();
        assert_eq!(room.sluicebox(&forced).status.code(), Some(0));
        let checked = room.sluicebox(&["check", "--strict", file]);
        assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
        assert_eq!(room.sluicebox(&["test", file]).status.code(), Some(0), "{}", text(&checked.stdout));
        let ran = room.sluicebox(&["run", file, "--json"]);
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let account: Value = serde_json::from_str(text(&ran.stdout).lines().last().unwrap()).unwrap();
        assert!(account["records"]["stored"].as_u64().unwrap() > 0, "{account}");
    }
    assert_eq!(code_and_words(&room.sluicebox(&["new", "gone.csv"])).0, Some(2));
}

#[test]
fn without_a_name_all_that_runs_is_listed() {
    let room = Sandbox::new();
    let mut running = Vec::new();
    for name in ["one", "two"] {
        let topology = TOPOLOGY.replace("\"t\"", &format!("{name:?}"));
        let file = format!("{name}.toml");
        room.write(&file, &topology.replace("\"shop\"", "\"shop\"\nrate = \"100/s\""));
        running.push(Running::of(room.command(&["run", &file, "--json"]).spawn().unwrap()));
    }
    let both = || {
        let said: Value = serde_json::from_slice(&room.sluicebox(&["status", "--json"]).stdout).ok()?;
        let all = said["topologies"].as_array()?.clone();
        let up = |run: &Value| run["state"] == "running" && run["alive"] == 3 && run["in"].as_u64() > Some(0);
        Some(all).filter(|all| all.len() == 2 && all.iter().all(up))
    };
    let all = wait_for("both to run", both);
    assert_eq!(keys(&all[0]), "name state pid file workers alive in stored lost");
    let stop = room.sluicebox(&["stop"]);
    let listed = text(&stop.stdout);
    assert!(listed.contains("\none ") && listed.contains("\ntwo "), "{listed}");
    let (code, words) = code_and_words(&stop);
    assert!(code == Some(2) && words.contains("say which is to stop"), "{words}");
    assert_eq!(room.sluicebox(&["stop", "one"]).status.code(), Some(0));
    assert_eq!(room.sluicebox(&["stop"]).status.code(), Some(0), "the only one that runs is meant");
    running.into_iter().for_each(|run| assert_eq!(run.account()["end"], "drained"));
}

#[test]
fn man_has_a_page_for_each_command() {
    let room = Sandbox::new();
    let whole = text(&room.sluicebox(&["man"]).stdout);
    assert!(whole.contains(".TH sluicebox 1") && whole.contains("sluicebox\\-run(1)"), "{whole}");
    assert!(text(&room.sluicebox(&["man", "run"]).stdout).contains("\\-\\-fail\\-on\\-loss"));
    let (code, words) = code_and_words(&room.sluicebox(&["man", "rum"]));
    assert!(code == Some(2) && words.contains("did you mean \"run\"?"), "{words}");
    assert_eq!(room.sluicebox(&["man", "--folder", "."]).status.code(), Some(0));
    for page in ["sluicebox.1", "sluicebox-check.1", "sluicebox-test.1"] {
        assert!(room.path(page).exists(), "{page}");
    }
}
