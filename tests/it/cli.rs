//! The command line as a user meets it: what it says, where, and with which exit code.

mod checks;
mod ends;
mod eval;
mod failures;
mod inputs;
mod lists;
mod logs;
mod screen;
mod terminal;
mod tested;
mod warned;

use crate::run::{Sandbox, last_line, text, three};
use serde_json::Value;
use std::process::Output;

/// Where the sink of a topology is standard output.
const TO_STDOUT: &str = r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
[[stage]]
name = "out"
operator = "jsonl"
from = "numbers"
path = "-"
"#;

fn room(rows: usize, topology: &str) -> Sandbox {
    let room = Sandbox::new();
    room.numbers("n.csv", rows);
    room.write("t.toml", topology);
    room
}

/// Its exit code, and all it said on standard error.
fn code_and_words(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

/// The keys of an object, in order.
fn keys(value: &Value) -> String {
    value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_wrong_command_line_is_told_with_the_nearest_and_ends_with_2() {
    let room = room(10, &three("", ""));
    room.write("empty.toml", "");
    std::fs::write(room.path("binary.toml"), [0u8, 159, 146, 150, 255]).unwrap();
    room.write("key.toml", &three("pth = 1", ""));
    let wrong: &[(&[&str], &str)] = &[
        (&[], "Usage: sluicebox <COMMAND>"),
        (&["rnu", "t.toml"], "a similar subcommand exists: 'run'"),
        (&["run"], "<FILE>"),
        (&["run", "--jsn", "t.toml"], "a similar argument exists: '--json'"),
        (&["run", "t.toml", "--for", "3"], "say a time with its unit"),
        (&["run", "nope.toml"], "cannot read nope.toml: no such file or directory"),
        (&["run", "."], "cannot read .: is a directory"),
        (&["run", "empty.toml"], "the file is empty"),
        (&["run", "binary.toml"], "binary.toml is not a text file"),
        (&["run", "key.toml"], "did you mean \"path\"?"),
        (&["run", "t.toml", "--set", "store.pth=x"], "did you mean \"path\"?"),
        (&["run", "t.toml", "--set", "numbers.path=missing.csv"], "cannot read missing.csv: no such file"),
        (&["validate", "t.toml"], "there is no command \"validate\": `sluicebox check FILE` tells"),
        (&["start", "t.toml"], "there is no command \"start\": `sluicebox run FILE` launches"),
        (&["ps"], "there is no command \"ps\": `sluicebox status NAME` says"),
        (&["tap", "t"], "there is no command \"tap\": `sluicebox watch NAME STAGE` shows"),
        (&["completions", "tcsh"], "[possible values: bash, zsh, fish]"),
        (&["list", "kmeens"], "there is no operator \"kmeens\": did you mean \"kmeans\"?"),
        (&["status", "nope.toml"], "cannot read nope.toml: no such file or directory"),
        (&["stage", "t.toml", "--name", "numbers", "--worker", "99999"], "99999"),
        (&["status"], "no topology has run here yet (`sluicebox run FILE` starts one)"),
        (&["logs", "t"], "nothing is known of a run of t"),
        (&["logs", "t", "--since", "soon"], "say how long ago, such as 10m or 30s, or when"),
    ];
    for (args, said) in wrong {
        let output = room.sluicebox(args);
        let (code, words) = code_and_words(&output);
        assert_eq!(code, Some(2), "{args:?}: {words}");
        assert!(words.contains(said) && !words.contains('\u{1b}'), "{args:?}: {words}");
        assert!(output.stdout.is_empty(), "{args:?}: nothing is a result");
    }
    assert!(!room.path("sluicebox").exists(), "nothing was started");
}

#[test]
fn help_version_and_list_are_results() {
    let room = Sandbox::new();
    let said = |args: &[&str]| {
        let output = room.sluicebox(args);
        assert_eq!(code_and_words(&output), (Some(0), String::new()), "{args:?}");
        text(&output.stdout)
    };
    assert!(said(&["--help"]).contains("70  a bug"));
    for command in
        ["run", "check", "list", "stage", "status", "stop", "logs", "audit", "bench", "schema", "completions"]
    {
        assert!(said(&[command, "--help"]).contains("Usage: sluicebox "), "{command}");
    }
    let version = said(&["--version"]);
    assert!(version.starts_with(&format!("sluicebox {}\n", env!("CARGO_PKG_VERSION"))), "{version}");
    assert!(version.contains("libzmq 4.3.5 with CURVE") && version.contains("SQLite 3."), "{version}");
    assert!(said(&["list"]).contains("kmeans"));
    let page = said(&["list", "kmeans"]);
    assert!(page.contains("operator = \"kmeans\"") && page.contains("(mining)"), "{page}");
    let list: Value = serde_json::from_str(&said(&["list", "--json"])).unwrap();
    assert!(list.as_array().unwrap().iter().all(|operator| keys(operator) == "name room about"), "{list}");
}

#[test]
fn check_prints_columns_and_the_types_it_found() {
    let room = room(10, &three("", ""));
    let output = room.sluicebox(&["check", "t.toml"]);
    let said = text(&output.stdout);
    assert!(said.contains("even = filter, from numbers\n  out: n i64, x i64\n"), "{said}");
    assert!(said.contains("  numbers: types = { n = \"i64\", x = \"i64\" }\n"), "{said}");
    let check = last_line(&room.sluicebox(&["check", "t.toml", "--json"]));
    assert_eq!(keys(&check), "ok problems name stages types");
    let stage = "name operators from roles workers by limits placement upkeep out report ports results";
    assert_eq!(keys(&check["stages"][0]), stage);
}

#[test]
fn json_has_the_keys_that_programs_rely_on() {
    let room = room(10, "");
    let account = room.run(&three("", ""));
    assert_eq!(keys(&account), "name end balances records stages latency_us results");
    let records = "in stored filtered rejected absorbed made shed lost duplicate";
    assert_eq!(keys(&account["records"]), records);
    assert_eq!(
        keys(&account["stages"][0]),
        "name in out filtered rejected steps absorbed made lost latency_us"
    );
    assert_eq!(keys(&account["stages"][0]["steps"][0]), "operator filtered rejected");
    assert_eq!(keys(&account["latency_us"]), "p50 p99 p999 max");
    assert!(account["latency_us"]["p50"].is_null() && account["latency_us"]["max"].is_f64(), "5 are too few");
    assert_eq!(keys(&account["stages"][1]["latency_us"]), "link service age");
    assert!(account["stages"][0]["latency_us"]["link"].is_null(), "nothing is sent to a source");
    assert_eq!(account["results"], serde_json::json!(["out.db"]));
    let status = room.status().unwrap();
    assert_eq!(keys(&status), "name pid state stages");
    assert_eq!(status["state"], "drained");
    assert_eq!(keys(&status["stages"][0]), "name workers");
    let worker = "worker pid state watch in out shed lost forgotten watched missed refused filtered rejected steps \
                  ports waits_for busy blocked idle failure restarts latency_us";
    assert_eq!(keys(&status["stages"][0]["workers"][0]), worker);
    let audit = room.audit();
    assert_eq!(keys(&audit), keys(&account) + " wrong links");
    assert_eq!(keys(&audit["links"][0]), "from to offered received duplicate shed lost");
}

#[test]
fn a_run_ends_with_its_account_percentiles_and_results() {
    let room = room(10, &three("", ""));
    let output = room.sluicebox(&["run", "t.toml"]);
    assert_eq!(code_and_words(&output), (Some(0), String::new()), "no progress outside a terminal");
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let [.., sum, verdict, ages, results] = lines[..] else { panic!("{said}") };
    assert_eq!(sum, "in 10 = stored 5 + filtered 5 + rejected 0 + shed 0 + lost 0");
    assert_eq!(verdict, "drained: the account balances on 2 links and in 3 stages");
    assert!(ages.starts_with("age at the sinks: p50 -, p99 -, p99.9 -, max "), "too few records: {ages}");
    assert_eq!(results, "results: out.db");
    let status = text(&room.sluicebox(&["status", "t"]).stdout);
    assert!(status.starts_with("topology t: drained, from /") && status.contains(verdict), "{status}");
    let audit = text(&room.sluicebox(&["audit", "t"]).stdout);
    assert!(audit.ends_with("even -> store: offered 5 = received 5 + shed 0 + lost 0\n"), "{audit}");
}

#[test]
fn a_run_tells_for_each_stage_where_the_time_went() {
    let room = room(2000, &three("", ""));
    let said = text(&room.sluicebox(&["run", "t.toml"]).stdout);
    let at = said.lines().position(|line| line.starts_with("age at the sinks: p50 ")).unwrap();
    let lines: Vec<Vec<&str>> = said.lines().skip(at).map(|line| line.split("  ").collect()).collect();
    let cells = |line: usize| lines[line].iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let [ages, head, rows @ .., _results] = &lines[..] else { panic!("{said}") };
    assert!(ages[0].contains(", p99 ") && !ages[0].contains("p50 -"), "{said}");
    assert_eq!(head[0], "stage", "{said}");
    assert_eq!(
        cells(1).skip(1).collect::<Vec<_>>(),
        ["link p50", "p99", "service p50", "p99", "age p50", "p99"]
    );
    assert_eq!(rows.len(), 3);
    for (line, name) in (2..).zip(["numbers", "even", "store"]) {
        let cells: Vec<&str> = cells(line).collect();
        assert_eq!((cells[0], cells.len()), (name, 7), "{said}");
        let untold = cells.iter().filter(|cell| **cell == "-").count();
        // A source has no link; an age or a wait of the thousand that `even` passes on supports its p99.
        assert_eq!(untold, if line == 2 { 2 } else { 0 }, "{said}");
    }
    assert!(said.lines().skip(at).all(|line| line.len() <= 80), "{said}");
}

#[test]
fn records_on_standard_output_are_alone_there() {
    let room = room(10, TO_STDOUT);
    let output = room.sluicebox(&["run", "t.toml"]);
    let (code, words) = code_and_words(&output);
    assert_eq!(text(&output.stdout).lines().count(), 10, "the records and nothing else");
    assert!(code == Some(0) && words.contains("drained: the account balances"), "{words}");
    let output = room.sluicebox(&["run", "t.toml", "--json"]);
    assert_eq!(text(&output.stdout).lines().count(), 11);
    assert_eq!(last_line(&output)["end"], "drained");
}

#[test]
fn two_sinks_in_one_place_are_a_problem() {
    let sinks = |first: &str, second: &str| {
        let source = "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n";
        let sink = |name: &str, keys: &str| {
            format!("[[stage]]\nname = \"{name}\"\nfrom = \"numbers\"\n{}\n", keys.replace(", ", "\n"))
        };
        let room = room(10, &format!("{source}{}{}", sink("a", first), sink("b", second)));
        code_and_words(&room.sluicebox(&["check", "t.toml"]))
    };
    let same = [
        (r#"operator = "jsonl", path = "o""#, r#"operator = "csv", path = "./o""#),
        (r#"operator = "jsonl", path = "-""#, r#"operator = "csv", path = "-""#),
        (
            r#"operator = "sqlite", path = "o.db""#,
            r#"operator = "sqlite", path = ".//o.db", table = "NUMBERS""#,
        ),
    ];
    for (first, second) in same {
        let (code, words) = sinks(first, second);
        assert_eq!(code, Some(2), "{first} and {second}: {words}");
        assert!(
            words.contains("stage \"b\": stage \"a\" writes to ") && words.contains("the first one"),
            "{words}"
        );
    }
    let apart = [
        (r#"operator = "jsonl", path = "o""#, r#"operator = "csv", path = "p""#),
        (r#"operator = "jsonl", path = "/dev/null""#, r#"operator = "csv", path = "/dev/null""#),
        (r#"operator = "sqlite", path = "o.db""#, r#"operator = "sqlite", path = "o.db", table = "other""#),
    ];
    for (first, second) in apart {
        assert_eq!(sinks(first, second).0, Some(0), "{first} and {second}");
    }
}
