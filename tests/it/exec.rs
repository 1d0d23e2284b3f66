//! Programs in other languages as stages: what they answer, how they fail, and that every record is accounted for.

mod examples;
mod faults;
mod packed;
mod sinks;
mod slow;

use crate::run::{Sandbox, text};
use serde_json::{Value, json};
use std::fs;

/// Records with n from 0 go through `mine.py`, whose stage has these parameters, into a file.
pub fn topology(parameters: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
[[stage]]
name = "mine"
operator = "exec"
from = "numbers"
command = ["python3", "mine.py"]
max_rejects = 1.0
{parameters}
[[stage]]
name = "store"
operator = "jsonl"
from = "mine"
path = "out.jsonl"
"#
    )
}

/// A program that reads `r` again and again.
pub fn program(before: &str, each: &str) -> String {
    let each = each.replace('\n', "\n    ");
    format!(
        "import sys, json, os, time\n\
         def say(**answer): print(json.dumps(answer), flush=True)\n\
         {before}\n\
         for line in sys.stdin:\n    r = json.loads(line)\n    {each}\n"
    )
}

pub fn stored(room: &Sandbox) -> Vec<Value> {
    let text = fs::read_to_string(room.path("out.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn records(account: &Value, key: &str) -> u64 {
    account["records"][key].as_u64().unwrap_or_else(|| panic!("{account}"))
}

#[test]
fn answers_are_added_in_the_order_of_the_records_whatever_order_they_come_in() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    let each = "held.append(r)\n\
        if len(held) < 10: continue\n\
        for r in reversed(held):\n    \
            if r[\"n\"] % 10 == 3: say(id=r[\"id\"], drop=True)\n    \
            elif r[\"n\"] % 10 == 4: say(id=r[\"id\"], reject=\"four\")\n    \
            elif r[\"n\"] % 10 == 5: say(id=r[\"id\"], x=\"five\")\n    \
            elif r[\"n\"] % 10 == 6: say(id=r[\"id\"], other=1)\n    \
            else: say(id=r[\"id\"], y=[str(r[\"n\"])], x=r[\"x\"] / 2)\n\
        held.clear()";
    room.write("mine.py", &program("held = []", each));
    let account = room.run(&topology("types = { x = \"f64\", y = \"list<str>\" }"));
    let rows = stored(&room);
    let expected: Vec<Value> = (0..5000)
        .filter(|n| ![3, 4, 5].contains(&(n % 10)))
        .map(|n| match n % 10 {
            6 => json!({ "n": n, "x": null, "y": null }),
            x => json!({ "n": n, "x": x as f64 / 2.0, "y": [n.to_string()] }),
        })
        .collect();
    assert_eq!(rows, expected);
    let sum = |key: &str| records(&account, key);
    assert_eq!((sum("in"), sum("stored"), sum("filtered"), sum("lost")), (5000, 3500, 500, 0));
    assert_eq!(sum("rejected"), 1000);
    let mine = account["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == "mine").unwrap();
    assert_eq!(mine["rejected"], json!({ "four": 500, "type:x": 500 }));
}

#[test]
fn a_program_may_answer_what_and_when_it_likes() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1001);
    let each = "sums[r[\"x\"]] = sums.get(r[\"x\"], 0) + r[\"n\"]\n\
        if r[\"n\"] == 500: print(\"no object\", flush=True)";
    let behind = "\nfor x, s in sorted(sums.items()): say(x=x, sum=s)\nsay(x=\"no number\", sum=0)\n";
    room.write("mine.py", &(program("sums = {}", each) + behind));
    let account = room.run(&topology("reply = \"any\"\ntypes = { sum = \"i64\", x = \"i64\" }"));
    let expected: Vec<Value> =
        (0..10).map(|x| json!({ "sum": (0..=1000).filter(|n| n % 10 == x).sum::<i64>(), "x": x })).collect();
    assert_eq!(stored(&room), expected, "the columns are in the order of the types");
    let sum = |key: &str| records(&account, key);
    assert_eq!((sum("absorbed"), sum("made"), sum("rejected")), (1001, 12, 2));
    assert_eq!(account["balances"], true);
}

#[test]
fn many_records_are_with_a_program_at_a_time_and_one_alone_is_answered_at_once() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    // It answers only whole blocks, and the rest when its input ends.
    let each =
        "held.append(r)\nif len(held) == 500:\n    for r in held: say(id=r[\"id\"], y=1)\n    held.clear()";
    room.write("mine.py", &(program("held = []", each) + "\nfor r in held: say(id=r[\"id\"], y=1)\n"));
    let account = room.run(&topology("types = { y = \"i64\" }"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (20_000, 0));
    // Each is asked for when the one before it is answered.
    room.numbers("n.csv", 200);
    fs::remove_file(room.path("out.jsonl")).unwrap();
    room.write("mine.py", &program("", "say(id=r[\"id\"], y=1)"));
    let account = room.run(&topology("types = { y = \"i64\" }\nbatch = { records_max = 1 }"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (200, 0));
}

#[test]
fn what_can_not_be_is_told_before_anything_starts() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("mine.py", "");
    let told = |topology: &str| {
        room.write("t.toml", topology);
        let output = room.sluicebox(&["check", "t.toml"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let with = |command: &str| topology("").replace("[\"python3\", \"mine.py\"]", command);
    for (topology, said) in [
        (
            with("[\"surely-no-program\"]"),
            "cannot run \"surely-no-program\": there is no such program in PATH",
        ),
        (with("[\"mine.py\"]"), "for the one in this folder say \"./mine.py\""),
        (with("[\"./mine.py\"]"), "may not be run: make it executable (chmod +x"),
        (with("[]"), "name a program, as in [\"python3\", \"mine.py\"]"),
        (with("\"python3 mine.py\""), "must be a list"),
        (topology("reply = \"any\""), "say what columns its answers have"),
        (topology("id_as = \"n\""), "would have two fields called \"n\""),
        (topology("reply = \"any\"\ntypes = { y = \"i64\" }\nretry = 1"), "nobody knows what it had read"),
        (topology("cwd = \"nowhere\""), "its folder nowhere is not there"),
        (topology("reply = \"none\""), "\"mine\" stores its records, nothing comes out of it"),
        (topology("types = { id = \"i64\" }"), "say id_as = \"_id\""),
    ] {
        let found = told(&topology);
        assert!(found.contains(said), "{said}\n{found}");
    }
}

/// What a program has holds time back: windows behind it say the same as without it, and nothing is late for them.
#[test]
fn windows_behind_a_program_are_those_without_it() {
    let room = Sandbox::new();
    let windows = |mid: &str, name: &str| {
        let account = room.run(&format!(
            "name = \"t\"\n[[stage]]\nname = \"orders\"\noperator = \"shop\"\ncount = 20000\ntime = \"ts\"\n[[stage]]\n\
             name = \"mid\"\nfrom = \"orders\"\n{mid}\n[[stage]]\nname = \"hourly\"\nfrom = \"mid\"\n\
             operator = \"window\"\nsize = \"10min\"\nper = \"country\"\nfields = {{ n = \"count()\",\
             q = \"sum(quantity)\" }}\n\
             [[stage]]\nname = \"late\"\nfrom = \"hourly/late\"\noperator = \"null\"\n[[stage]]\nname = \"store\"\n\
             from = \"hourly\"\noperator = \"jsonl\"\npath = \"{name}.jsonl\"\n"
        ));
        assert_eq!((records(&account, "absorbed"), records(&account, "lost")), (20_000, 0), "{account}");
        let text = fs::read_to_string(room.path(&format!("{name}.jsonl"))).unwrap();
        let mut rows: Vec<String> = text.lines().map(str::to_string).collect();
        rows.sort();
        rows
    };
    room.write("mine.py", &program("", "say(id=r[\"id\"])"));
    let without = windows("operator = \"filter\"\nwhere = \"true\"", "without");
    assert!(without.len() > 20);
    for workers in [1, 2] {
        let mid = format!("operator = \"exec\"\ncommand = [\"python3\", \"mine.py\"]\nworkers = {workers}");
        assert_eq!(windows(&mid, &format!("with{workers}")), without);
    }
}

/// Programs stand anywhere in a stage, also behind its source, and in a row.
#[test]
fn programs_of_one_stage_fill_up_and_go_on() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    room.write("mine.py", &program("", "say(id=r[\"id\"])"));
    let exec = "{ operator = \"exec\", command = [\"python3\", \"mine.py\"] }";
    let account = room.run(&format!(
        "name = \"t\"\n[[stage]]\nname = \"all\"\nbatch = {{ records_max = 50 }}\nsteps = [\n\
         {{ operator = \"csv\", path = \"n.csv\" }}, {exec},\n{{ operator = \"filter\", where = \"x < 5\" }}, {exec},\n\
         {{ operator = \"jsonl\", path = \"out.jsonl\" }} ]\n"
    ));
    assert_eq!((records(&account, "stored"), records(&account, "filtered")), (10_000, 10_000));
    assert_eq!((records(&account, "lost"), &account["balances"]), (0, &json!(true)));
    let ns: Vec<i64> = stored(&room).iter().map(|row| row["n"].as_i64().unwrap()).collect();
    assert_eq!(ns, (0..20_000).filter(|n| n % 10 < 5).collect::<Vec<_>>());
}
