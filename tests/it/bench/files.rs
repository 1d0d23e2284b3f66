//! What `bench` writes, and what it leaves alone.

use super::{NULL, report, room, shop};
use crate::run::{Sandbox, last_line, text};

const SHORT: [&str; 8] = ["--rate", "1k/s", "--for", "300ms", "--warmup", "0s", "--repeat", "1"];

#[test]
fn hdr_histograms_file_holds_every_age_in_order() {
    let room = room(&shop("", NULL));
    let args = [&["bench", "t.toml", "--json", "new/r.json", "--hgrm", "new/r.hgrm"], &SHORT[..]].concat();
    let output = room.sluicebox(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let file = std::fs::read_to_string(room.path("new/r.hgrm")).unwrap();
    let rows: Vec<Vec<f64>> = file
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
        .collect();
    assert!(rows.len() > 5, "{file}");
    for at in 0..3 {
        assert!(rows.windows(2).all(|two| two[0][at] <= two[1][at]), "column {at}: {file}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(room.path("new/r.json")).unwrap()).unwrap();
    assert_eq!(rows.last().unwrap()[1..], [1.0, json["runs"][0]["records"].as_f64().unwrap()]);
    let max = json["runs"][0]["max"].as_f64().unwrap() / 1000.0;
    assert!((rows.last().unwrap()[0] - max).abs() < max / 500.0 + 0.001, "{max} ms: {file}");
    let foot: Vec<&str> = file.lines().rev().take(3).collect();
    assert!(foot[2].starts_with("#[Mean    = ") && foot[0].starts_with("#[Buckets = "), "{file}");
}

#[test]
fn results_that_are_there_are_neither_touched_nor_in_the_way() {
    let room = Sandbox::new();
    room.write("out.csv", "mine\n");
    let sinks: String = [
        ("a", "csv", "out.csv"),
        ("b", "jsonl", "-"),
        ("c", "sqlite", "new/x.db"),
        ("d", "jsonl", "pipe"),
    ]
    .map(|(name, operator, path)| {
        format!(
            "[[stage]]\nname = \"{name}\"\nfrom = \"orders\"\noperator = \"{operator}\"\npath = \"{path}\"\n"
        )
    })
    .concat();
    room.write(
        "t.toml",
        &format!("name = \"t\"\n[[stage]]\nname = \"orders\"\noperator = \"shop\"\n{sinks}"),
    );
    nix::unistd::mkfifo(&room.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let repeat = ["--rate", "200/s", "--for", "500ms", "--warmup", "0s", "--repeat", "2"];
    let output = super::bench(&room, &repeat);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 1, "no record goes to standard output");
    let report = last_line(&output);
    assert!(report["notes"][0].as_str().unwrap().starts_with("sinks write into "), "{report}");
    assert_eq!(std::fs::read_to_string(room.path("out.csv")).unwrap(), "mine\n");
    assert!(!room.path("new").exists());
}

#[test]
fn a_closed_pipe_is_success() {
    let room = room(&shop("", NULL));
    let args = [&["bench", "t.toml"], &SHORT[..]].concat();
    let mut child = room.command(&args).spawn().unwrap();
    drop(child.stdout.take());
    let output = crate::run::Running::of(child).end();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    // And where the report goes to a file, all the same.
    report(&room, &SHORT);
}

#[test]
fn the_page_names_every_key_of_a_report() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bench.md")).unwrap();
    let words: Vec<&str> =
        page.split('`').skip(1).step_by(2).flat_map(|code| code.split_whitespace()).collect();
    let room = room(&shop("", NULL));
    let report = report(&room, &SHORT);
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = [&report, &report["settings"], &report["runs"][0], &report["stages"][0]].map(keys).concat();
    let missing: Vec<_> = all.iter().filter(|key| !words.contains(&key.as_str()) && *key != "name").collect();
    assert!(missing.is_empty(), "{missing:?}");
}
