//! `check` for programs and for many files: JSON, exit codes, warnings that count.

use super::{TO_STDOUT, code_and_words, keys, room};
use crate::run::{Sandbox, last_line, text, three};
use serde_json::{Value, json};
use std::path::Path;

/// Ten mistakes, some of them behind others.
const TEN: &str = r#"name = "ten"
[[stage]]
name = "orders"
operator = "shop"
rate = "20k/min"
seed = -1
colour = "red"
[[stage]]
name = "groups"
from = "orders"
steps = [
  { operator = "filter", where = "quantitty > 0 AND unit_prise > 0" },
  { operator = "kmeans", k = 0, features = ["unit_prise"] },
]
[[stage]]
name = "store"
operator = "sqlite"
from = "grups"
if_exists = "overwrite"
"#;

#[test]
fn ten_mistakes_are_told_in_one_round() {
    let room = room(1, TEN);
    let output = room.sluicebox(&["check", "t.toml", "--json"]);
    assert_eq!(code_and_words(&output).0, Some(2));
    let told = last_line(&output);
    assert_eq!(keys(&told), "ok problems");
    assert_eq!(told["ok"], false);
    let problems = told["problems"].as_array().unwrap();
    let brief = |problem: &Value| {
        let word = |key: &str| problem[key].as_str().unwrap_or("-").to_string();
        let suggestion = word("suggestion");
        format!("{} {} {}:{} {suggestion}", word("stage"), word("key"), problem["line"], problem["column"])
    };
    let expected = [
        "orders rate 5:8 -",
        "orders seed 6:8 -",
        "orders colour 7:1 -",
        "groups steps.0.where 12:35 quantity",
        "groups steps.0.where 12:53 unit_price",
        "groups steps.1.k 13:30 -",
        "groups steps.1.features.0 13:45 unit_price",
        "store operator 17:12 -",
        "store from 18:8 groups",
        "store if_exists 19:13 replace",
    ];
    assert_eq!(problems.iter().map(brief).collect::<Vec<_>>(), expected);
    assert_eq!(keys(&problems[0]), "severity stage key file line column message suggestion set");
    assert_eq!((&problems[0]["severity"], &problems[0]["file"]), (&json!("error"), &json!("t.toml")));
}

#[test]
fn what_an_option_breaks_and_what_stands_in_the_way_is_data_too() {
    let room = room(10, &three("", ""));
    let set = "even.where=x > > 2";
    let told =
        last_line(&room.sluicebox(&["check", "t.toml", "--json", "--set", set, "--set", "drain_timeout=5"]));
    let [even, drain] = told["problems"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&even["stage"], &even["line"], &even["set"]), (&json!("even"), &Value::Null, &json!(set)));
    assert_eq!((&drain["stage"], &drain["key"]), (&Value::Null, &json!("drain_timeout")));
    room.run(&three("", ""));
    let output = room.sluicebox(&["check", "t.toml", "--json"]);
    let told = last_line(&output);
    assert_eq!(output.status.code(), Some(2));
    let [full] = told["problems"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&full["stage"], &told["name"]), (&json!("store"), &json!("t")));
    assert!(full["message"].as_str().unwrap().contains("holds rows already"), "{full}");
    let missing = last_line(&room.sluicebox(&["check", "nope.toml", "--json"]));
    assert_eq!(missing["problems"][0]["file"], "nope.toml");
}

#[test]
fn several_files_are_checked_at_once() {
    let room = room(10, &three("", ""));
    room.write("wrong.toml", TEN);
    room.write("out.toml", TO_STDOUT);
    let files = ["check", "t.toml", "wrong.toml", "out.toml"];
    let output = room.sluicebox(&files);
    let (code, words) = code_and_words(&output);
    assert_eq!(code, Some(2), "{words}");
    assert_eq!(text(&output.stdout), "t.toml: t: 3 stages, 3 workers\nout.toml: t: 2 stages, 2 workers\n");
    assert_eq!(words.matches("error: ").count(), 10, "{words}");
    assert!(words.ends_with("\n1 of 3 files have problems\n"), "{words}");
    let told = last_line(&room.sluicebox(&[&files[..], &["--json"]].concat()));
    assert_eq!(keys(&told), "ok problems files");
    let oks: Vec<&Value> = told["files"].as_array().unwrap().iter().map(|file| &file["ok"]).collect();
    assert_eq!(oks, [true, false, true]);
    assert_eq!(keys(&told["files"][0]), "file ok name stages types");
    assert_eq!(keys(&told["files"][1]), "file ok");
    assert_eq!(room.sluicebox(&["check", "t.toml", "out.toml"]).status.code(), Some(0));
}

#[test]
fn warnings_fail_where_one_is_strict() {
    let topology = three("", "");
    let dead_end = &topology[..topology.rfind("[[stage]]").unwrap()];
    let room = room(10, dead_end);
    let output = room.sluicebox(&["check", "t.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("its records go nowhere"));
    let strict = room.sluicebox(&["check", "t.toml", "--strict"]);
    let (code, words) = code_and_words(&strict);
    assert_eq!((code, strict.stdout.len()), (Some(2), 0), "{words}");
    assert!(words.ends_with("t.toml has 1 warning, and --strict was said\n"), "{words}");
    let told = last_line(&room.sluicebox(&["check", "t.toml", "--json"]));
    assert_eq!((&told["ok"], &told["problems"][0]["severity"]), (&json!(true), &json!("warning")));
    let told = last_line(&room.sluicebox(&["check", "t.toml", "--json", "--strict"]));
    assert_eq!((&told["ok"], &told["name"]), (&json!(false), &json!("t")));
}

/// What opens each file of `topologies/broken/` is what every command says that reads it, and none does anything else.
#[test]
fn a_broken_topology_is_refused_by_every_command_with_the_same_words() {
    let room = Sandbox::new();
    for folder in ["data", "topologies"] {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::os::unix::fs::symlink(there, room.path(folder)).unwrap();
    }
    let mut files = 0;
    for entry in std::fs::read_dir(room.path("topologies/broken")).unwrap() {
        let file = format!("topologies/broken/{}", entry.unwrap().file_name().to_str().unwrap());
        let whole = std::fs::read_to_string(room.path(&file)).unwrap();
        let opens = whole.lines().map_while(|line| line.strip_prefix('#'));
        let opens: Vec<&str> = opens.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
        for command in ["check", "test", "graph", "run"] {
            let output = room.sluicebox(&[command, &file]);
            let (code, words) = code_and_words(&output);
            let words: Vec<&str> = words.lines().map(str::trim_end).collect();
            assert_eq!((code, words), (Some(2), opens.clone()), "{command} {file}");
            assert!(output.stdout.is_empty(), "{command} {file}: {}", text(&output.stdout));
        }
        files += 1;
    }
    assert!(files >= 30, "{files} files");
}
