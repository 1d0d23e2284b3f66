//! Programs that read and write MessagePack: maps one behind the other, and nothing else.

use super::examples::{PATIENT, has, topology as example, tried};
use super::{records, stored, topology};
use crate::run::{Sandbox, text};
use serde_json::{Value, json};

fn with(command: &str, parameters: &str) -> String {
    topology(&format!("format = \"msgpack\"\n{parameters}")).replace("[\"python3\", \"mine.py\"]", command)
}

#[test]
fn maps_go_both_ways() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    let account = room.run(&with("[\"cat\"]", "types = { x = \"f64\", none = \"str\" }"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (20_000, 0));
    let expected: Vec<Value> =
        (0..20_000).map(|n| json!({ "n": n, "x": (n % 10) as f64, "none": null })).collect();
    assert_eq!(stored(&room), expected);
    std::fs::remove_file(room.path("out.jsonl")).unwrap();
    // Records of its own; an answer of another type is refused by name.
    let account = room.run(&with("[\"cat\"]", "reply = \"any\"\ntypes = { n = \"i64\", x = \"bool\" }"));
    let sum = |key: &str| records(&account, key);
    assert_eq!((sum("absorbed"), sum("made"), sum("rejected"), sum("lost")), (20_000, 20_000, 20_000, 0));
}

#[test]
fn behind_what_is_no_map_nothing_is_heard_and_it_is_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100);
    for (script, said) in [
        ("echo ready", "wrote a value that is no answer (msgpack): ready"),
        ("printf '\\300'", "wrote a value that is no answer (msgpack): "),
        ("printf '\\301'", "wrote a value that is none (msgpack): "),
        ("printf '\\202\\241a'; exit", "wrote a value that is none (msgpack): "),
        ("printf '\\333\\377\\377\\377\\377'", "wrote a value longer than line_max: "),
        ("head -c 1000 /dev/zero | tr '\\0' '\\221'", "wrote a value that is none (too_deep): "),
        ("head -c 3000000 /dev/zero | tr '\\0' '\\377'", "wrote a value that is no answer (msgpack): "),
        ("printf '\\201\\241a\\001'", "wrote an answer without a number as \"id\": "),
        ("printf '\\202\\242id\\001\\242id\\001'", "wrote a value that is no answer (duplicate): "),
    ] {
        room.write("bad.sh", &format!("{script}\nsleep 1000\n"));
        for reply in ["one", "any"] {
            if reply == "any" && (said.contains("\"id\"") || said.contains("duplicate")) {
                continue;
            }
            let parameters = format!("reply = \"{reply}\"\ntypes = {{ a = \"i64\" }}\nrestarts_max = 0");
            room.write("t.toml", &with("[\"sh\", \"bad.sh\"]", &parameters));
            let output = room.sluicebox(&["run", "t.toml"]);
            let found = text(&output.stderr);
            assert!(output.status.code() == Some(1) && found.contains(said), "{script}: {said}\n{found}");
        }
    }
}

#[test]
fn the_example_in_three_lines_of_python_adds_up_orders_and_is_started_again_after_garbage() {
    if !has("msgpack") {
        return;
    }
    let room = Sandbox::new();
    let account = room.run(&example("totals"));
    let all = records(&account, "stored") + records(&account, "filtered");
    assert_eq!((records(&account, "in"), all, records(&account, "lost")), (2000, 2000, 0));
    let rows = std::fs::read_to_string(room.path("out/totals.jsonl")).unwrap();
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let total = row["quantity"].as_f64().unwrap() * row["unit_price"].as_f64().unwrap();
        assert!((row["total"].as_f64().unwrap() - total).abs() < 1e-9, "{row}");
    }
    assert!(rows.lines().count() > 1000);
    room.numbers("n.csv", 3000);
    room.write(
        "mine.py",
        "import msgpack, os, time\nout = open(1, \"wb\", 0)\nfor r in msgpack.Unpacker(open(0, \"rb\", 0)):\n    \
         if r[\"n\"] == 500 and not os.path.exists(\"once\"):\n        open(\"once\", \"w\").close()\n        \
         out.write(b\"\\xc1 garbage\"); time.sleep(1000)\n    \
         out.write(msgpack.packb({\"id\": r[\"id\"], \"y\": r[\"n\"]}))\n",
    );
    let account = room.run(&with("[\"python3\", \"mine.py\"]", "types = { y = \"i64\" }"));
    let (stored_n, lost) = (records(&account, "stored"), records(&account, "lost"));
    assert!(stored_n + lost == 3000 && lost > 0, "the fault bites: {account}");
    assert!(stored(&room).iter().all(|row| row["n"] == row["y"]));
}

#[test]
fn a_sound_program_passes_and_faults_are_told() {
    let room = Sandbox::new();
    let passes = room.sluicebox(&["check-exec", "--format", "msgpack", "--", "cat"]);
    assert_eq!(passes.status.code(), Some(0), "{}{}", text(&passes.stdout), text(&passes.stderr));
    let text_only =
        room.sluicebox(&["check-exec", "--format", "msgpack", "--time-max", "1s", "--", "echo", "hello"]);
    assert_eq!(text_only.status.code(), Some(1));
    let said = text(&text_only.stdout);
    assert!(said.contains("it wrote a value, and was asked nothing: hello"), "{said}");
    if !has("msgpack") {
        return;
    }
    let three = |read: &str, answer: &str| {
        format!(
            "import msgpack, sys\nout = open(1, \"wb\", 0)\nfor r in msgpack.Unpacker({read}):\n    \
             out.write({answer})\n"
        )
    };
    let (raw, sound) = ("open(0, \"rb\", 0)", "msgpack.packb({\"id\": r[\"id\"], \"y\": 1})");
    let more = ["--format", "msgpack", "--types", "y=i64"];
    let (code, checks) = tried(&three(raw, sound), &[&more[..], &PATIENT].concat());
    assert!(code == Some(0) && checks.len() == 7, "{checks:?}");
    for (script, said) in [
        (three("sys.stdin.buffer", sound), "it answers only when its input has ended"),
        (
            three(raw, "msgpack.packb({\"id\": r[\"id\"], \"y\": \"1\"})"),
            "\"y\" is \"1\", no i64: {\"id\":1,\"y\":\"1\"}",
        ),
        (three(raw, "msgpack.packb({\"id\": r[\"id\"], \"y\": b\"1\"})"), "it wrote bytes that are no text"),
        (three(raw, "b\"id\""), "its answer has no number as \"id\": id"),
        (three(raw, "b\"\\xc1\""), "it wrote a value that is none (msgpack)"),
    ] {
        let (code, checks) = tried(&script, &more);
        let wrong: Vec<&String> = checks.iter().filter_map(|(_, wrong)| wrong.as_ref()).collect();
        assert!(code == Some(1) && wrong.iter().any(|wrong| wrong.contains(said)), "{said}\n{wrong:#?}");
    }
}
