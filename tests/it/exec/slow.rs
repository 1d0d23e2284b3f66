//! Programs that are slow, full, dumb or never silent: each is heard in pieces, none is ended that does its work, and
//! what a program never got is not lost with it.

use super::{program, records, stored, topology};
use crate::run::{Sandbox, last_line, text};
use serde_json::json;
use std::fs;

/// A run that must fail, and what it said.
fn failed(room: &Sandbox, topology: &str) -> String {
    room.write("t.toml", topology);
    let output = room.sluicebox(&["run", "t.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(text(&output.stdout).contains("the account balances"), "{}", text(&output.stdout));
    said
}

fn with(command: &str, parameters: &str) -> String {
    topology(parameters).replace("[\"python3\", \"mine.py\"]", command)
}

/// The source of the stage wants to be called at a time that goes by while the program is full.
#[test]
fn a_program_that_hangs_behind_a_paced_source_of_its_stage_is_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    let said = failed(
        &room,
        "name = \"t\"\n[[stage]]\nname = \"all\"\nsteps = [\n\
         { operator = \"csv\", path = \"n.csv\", rate = \"20k/s\" },\n\
         { operator = \"exec\", command = [\"sleep\", \"1000\"], time_max = \"1s\", restarts_max = 1 },\n\
         { operator = \"null\" } ]\n",
    );
    assert!(
        said.contains("failed 2 times within a minute: sleep left a record without an answer for 1s"),
        "{said}"
    );
}

#[test]
fn a_flood_of_what_is_no_record_is_heard_in_pieces() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let any = "reply = \"any\"\ntypes = { x = \"i64\" }\nrestarts_max = 0";
    // More than one in a hundred is refused: the stage judges that, and fails.
    let said = failed(&room, &with("[\"yes\"]", any).replace("max_rejects = 1.0\n", ""));
    assert!(said.contains("rejected"), "{said}");
    // Lines without anything on them are no answers.
    let one = "time_max = \"1s\"\nrestarts_max = 0";
    let said = failed(&room, &with("[\"yes\", \"\"]", one));
    assert!(said.contains("yes left a record without an answer for 1s while it had 10 records"), "{said}");
    // A line that never ends is too long as soon as it is.
    for (parameters, most) in [(any, ""), (any, "line_max = \"100B\""), (one, "line_max = \"100kB\"")] {
        let said = failed(&room, &with("[\"cat\", \"/dev/zero\"]", &format!("{parameters}\n{most}")));
        assert!(said.contains("cat wrote a line longer than line_max: "), "{most}: {said}");
    }
}

#[test]
fn what_a_sink_says_that_need_not_say_anything_is_passed_over() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    let sink = |command: &str| {
        let all = with(command, "reply = \"none\"");
        all[..all.find("[[stage]]\nname = \"store\"").unwrap()].to_string()
    };
    // One repeats its input, one closes its output at once, one writes what nobody could read.
    for (command, name) in [
        ("[\"tee\", \"tee.jsonl\"]", "tee.jsonl"),
        ("[\"sh\", \"-c\", \"exec cat >cat.jsonl\"]", "cat.jsonl"),
        ("[\"sh\", \"-c\", \"head -c 3000000 /dev/zero; exec tee zero.jsonl\"]", "zero.jsonl"),
    ] {
        let account = room.run(&sink(command));
        assert_eq!((records(&account, "stored"), records(&account, "lost")), (5000, 0), "{command}");
        assert_eq!(fs::read_to_string(room.path(name)).unwrap().lines().count(), 5000, "{command}");
        let logs = text(&room.sluicebox(&["logs", "t", "mine"]).stdout);
        assert!(!logs.contains("started again"), "{command}: {logs}");
    }
}

/// All 300 records are with it long before it gets to the last: it does answer, one after the other.
#[test]
fn a_program_that_is_slow_and_sound_is_left_to_its_work() {
    let room = Sandbox::new();
    room.numbers("n.csv", 300);
    room.write("mine.py", &program("", "time.sleep(0.02)\nsay(id=r[\"id\"], y=1)"));
    let account = room.run(&topology("types = { y = \"i64\" }\ntime_max = \"2s\"\nrestarts_max = 0"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (300, 0), "{account}");
    // One that takes its input slowly takes it all the same: what is put aside for it waits for longer than `time_max`.
    room.numbers("n.csv", 120_000);
    let slow = "import os, time\nfor n in range(1000000):\n    if not os.read(0, 8192): break\n    \
                time.sleep(0.06 if n < 50 else 0)\n";
    room.write("mine.py", slow);
    let all = topology("reply = \"none\"\ntime_max = \"1s\"\nrestarts_max = 0");
    let account = room.run(&all[..all.find("[[stage]]\nname = \"store\"").unwrap()]);
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (120_000, 0), "{account}");
}

/// It reads byte by byte, so what it has read is what it works on.
const BARE: &str =
    "import sys, json, os, time\nfor line in open(0, \"rb\", 0):\n    r = json.loads(line)\n    ";

#[test]
fn what_a_program_had_not_read_when_it_ended_is_not_lost() {
    for fault in ["sys.exit(3)", "print(\"nonsense\", flush=True); time.sleep(1000)"] {
        let room = Sandbox::new();
        room.numbers("n.csv", 3000);
        let each = format!(
            "if r[\"n\"] == 500 and not os.path.exists(\"once\"):\n        open(\"once\", \"w\").close()\n        \
             {fault}\n    print(json.dumps({{\"id\": r[\"id\"], \"y\": r[\"n\"]}}), flush=True)\n"
        );
        room.write("mine.py", &(BARE.to_string() + &each));
        let account = room.run(&topology("types = { y = \"i64\" }"));
        assert_eq!((records(&account, "stored"), records(&account, "lost")), (2999, 1), "{fault}: {account}");
        let rows = stored(&room);
        let ns: Vec<u64> = rows.iter().map(|row| row["n"].as_u64().unwrap()).collect();
        assert_eq!(ns, (0..3000).filter(|n| *n != 500).collect::<Vec<_>>(), "{fault}");
        assert!(rows.iter().all(|row| row["n"] == row["y"]), "{fault}");
    }
}

/// The answers and the fault come in one piece, so that one call hears both.
#[test]
fn what_a_sink_has_answered_before_it_fails_for_good_is_stored() {
    let room = Sandbox::new();
    room.numbers("n.csv", 2000);
    let each = "acks = globals().setdefault(\"acks\", []); acks.append(json.dumps({\"id\": r[\"id\"]}))\n    \
                if len(acks) == 500:\n        sys.stdout.write(\"\\n\".join(acks) + \"\\nnonsense\\n\")\n        \
                sys.stdout.flush()\n";
    room.write("mine.py", &(BARE.to_string() + each));
    let all = topology("reply = \"ack\"\nrestarts_max = 0");
    let output = room.start(&all[..all.find("[[stage]]\nname = \"store\"").unwrap()], &[]).end();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let account = last_line(&output);
    assert_eq!((records(&account, "stored"), &account["balances"]), (500, &json!(true)), "{account}");
    assert_eq!(records(&account, "in"), 500 + records(&account, "lost"), "{account}");
}
