//! Files that are closed at a size or an age, and compressed ones: each record that is counted is in one of them, once,
//! whatever is killed.

use crate::run::{Sandbox, text, wait_for};
use flate2::read::MultiGzDecoder;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::PathBuf;

fn topology(rate: &str, sink: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n{rate}\n[[stage]]\n\
         name = \"store\"\nfrom = \"numbers\"\n{sink}\n"
    )
}

/// The files of a folder by name, hidden ones too.
fn files(room: &Sandbox) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(room.path("out")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn names(room: &Sandbox) -> Vec<String> {
    files(room).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_string()).collect()
}

/// What stands in a file, whatever it is compressed by.
fn read(path: &PathBuf) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => MultiGzDecoder::new(file).read_to_string(&mut text).unwrap(),
        "zst" => zstd::stream::read::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap(),
        _ => return fs::read_to_string(path).unwrap(),
    };
    text
}

/// The numbers of all files of JSON lines, one behind the other.
fn numbers(room: &Sandbox) -> Vec<u64> {
    let lines = |path: &PathBuf| read(path).lines().map(str::to_string).collect::<Vec<_>>();
    let row = |line: String| serde_json::from_str::<Value>(&line).unwrap()["n"].as_u64().unwrap();
    files(room).iter().flat_map(lines).map(row).collect()
}

fn stored(account: &Value) -> u64 {
    assert_eq!(account["balances"], true, "{account}");
    account["records"]["stored"].as_u64().unwrap()
}

#[test]
fn a_series_has_all_records_in_whole_files() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    let sink = "operator = \"jsonl\"\npath = \"out/events.jsonl\"\nrotate = { size = \"64KiB\" }";
    assert_eq!(stored(&room.run(&topology("", sink))), 20_000);
    let all = names(&room);
    assert!(
        all.len() > 3
            && all.iter().enumerate().all(|(at, name)| { *name == format!("events.{:06}.jsonl", at + 1) }),
        "{all:?}"
    );
    let long = |path: &PathBuf| fs::metadata(path).unwrap().len() >= 64 << 10;
    assert!(files(&room).iter().rev().skip(1).all(long), "only the last is shorter");
    assert_eq!(numbers(&room), (0..20_000).collect::<Vec<_>>());
    // What is there is not written over, and is gone on with where that is said.
    room.write("t.toml", &topology("", sink));
    let output = room.sluicebox(&["check", "t.toml"]);
    let said = text(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("out/events.*.jsonl is there already"),
        "{said}"
    );
    let more = format!("{sink}\nif_exists = \"append\"").replace("\"64KiB\"", "\"64KiB\", keep = 2");
    assert_eq!(stored(&room.run(&topology("", &more))), 20_000);
    let kept = names(&room);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept[0] > all[all.len() - 1], "{kept:?}");
    assert_eq!(numbers(&room).last(), Some(&19_999));
}

#[test]
fn a_file_is_closed_at_an_age_though_no_record_comes() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1_000_000);
    let sink = "operator = \"csv\"\npath = \"out/events.csv\"\nrotate = { age = \"100ms\" }";
    let running = room.start(&topology("rate = \"100/s\"", sink), &[]);
    wait_for("three files are whole", || {
        let whole = |name: &String| !name.starts_with('.');
        fs::exists(room.path("out"))
            .unwrap()
            .then(|| names(&room).iter().filter(|name| whole(name)).count() >= 3)?
            .then_some(())
    });
    running.signal(Signal::SIGINT);
    let account = running.account();
    let rows: Vec<String> = files(&room)
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            assert!(text.starts_with("n,x\n"), "each has its header");
            text.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(rows.len() as u64, stored(&account));
    assert!(!names(&room).iter().any(|name| name.starts_with('.')), "the last is whole too");
}

#[test]
fn a_series_is_exact_over_kills_and_so_are_compressed_files() {
    for (ending, more) in [
        ("jsonl", "rotate = { size = \"16KiB\" }"),
        ("jsonl.gz", "rotate = { size = \"4KiB\" }\ncompression = \"gzip\""),
        ("jsonl.zst", "rotate = { size = \"4KiB\" }\ncompression = \"zstd\""),
        ("jsonl.gz", "compression = \"gzip\""),
        ("jsonl.zst", "compression = \"zstd\""),
    ] {
        let room = Sandbox::new();
        // More than is read before the last kill, however slow the machine is.
        room.numbers("n.csv", 1_000_000);
        let sink = format!("operator = \"jsonl\"\npath = \"out/events.{ending}\"\n{more}");
        let running = room.start(&topology("rate = \"20k/s\"", &sink), &[]);
        let mut killed = Value::Null;
        for kill in 1..4 {
            let worker = room.wait_worker("store", "has records", |worker| {
                // What is told of one that was killed stands until the next one has begun.
                let is_next = worker["restarts"] == kill - 1 && worker["pid"] != killed;
                is_next && worker["in"].as_u64().unwrap() > kill * 12_000
            });
            killed = worker["pid"].clone();
            room.signal("store", Signal::SIGKILL);
        }
        room.wait_worker("store", "is there again", |worker| {
            worker["restarts"] == 3 && worker["in"].as_u64().unwrap() > 48_000
        });
        running.signal(Signal::SIGINT);
        let account = running.account();
        assert_eq!(room.worker("store").unwrap()["restarts"], 3, "{more}: the kills bite");
        assert_eq!((&account["balances"], &room.audit()["wrong"]), (&json!(true), &json!([])), "{more}");
        let found = numbers(&room);
        assert_eq!(found.len() as u64, stored(&account), "{more}");
        assert!(found.is_sorted_by(|a, b| a < b), "{more}: none is there twice");
        let lost = account["records"]["lost"].as_u64().unwrap();
        assert_eq!(json!(found.len() as u64 + lost), account["records"]["in"], "{more}");
        assert!(
            names(&room).iter().all(|name| name.ends_with(ending) && !name.starts_with('.')),
            "{:?}",
            names(&room)
        );
    }
}

#[test]
fn a_compressed_file_is_gone_on_with_and_replaced() {
    let room = Sandbox::new();
    room.numbers("n.csv", 500);
    let sink = |if_exists: &str| {
        let sink = "operator = \"csv\"\npath = \"out/rows.csv.gz\"\ncompression = \"gzip\"\nif_exists";
        topology("", &format!("{sink} = \"{if_exists}\""))
    };
    let lines = || read(&room.path("out/rows.csv.gz")).lines().count();
    for (if_exists, expected) in [("fail", 501), ("append", 1001), ("replace", 501)] {
        assert_eq!(stored(&room.run(&sink(if_exists))), 500);
        assert_eq!(lines(), expected, "{if_exists}");
    }
    room.write("t.toml", &sink("fail"));
    assert_eq!(room.sluicebox(&["check", "t.toml"]).status.code(), Some(2));
    room.write("n.csv", "other\n1\n");
    room.write("t.toml", &sink("append"));
    let said = text(&room.sluicebox(&["check", "t.toml"]).stderr);
    assert!(said.contains("cannot append to out/rows.csv.gz: its header is"), "{said}");
}

#[test]
fn what_a_series_can_not_be_is_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    for (sink, said) in [
        ("path = \"-\"\nrotate = { size = \"1MiB\" }", "standard output is no file"),
        ("path = \"a.jsonl\"\nrotate = {}", "say when a file is closed"),
        ("path = \"a.jsonl\"\nrotate = { age = \"0s\" }", "an age of nothing"),
        ("path = \"a.jsonl\"\nrotate = { age = \"1h\" }\nif_exists = \"replace\"", "takes no other's place"),
        ("path = \"a.jsonl\"\nrotate = { sizes = \"1MiB\" }", "did you mean \"size\"?"),
        ("path = \"a.jsonl\"\ncompression = \"gz\"", "choose from \"gzip\", \"zstd\""),
    ] {
        room.write("t.toml", &topology("", &format!("operator = \"jsonl\"\n{sink}")));
        let output = room.sluicebox(&["check", "t.toml"]);
        let found = text(&output.stderr);
        assert!(output.status.code() == Some(2) && found.contains(said), "{said}\n{found}");
    }
}
