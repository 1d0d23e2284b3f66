//! Programs that do what they must not: it is told, they are started again, and what they had is lost or asked again.

use super::{program, records, stored, topology};
use crate::run::{Sandbox, text, wait_for};
use nix::sys::signal::Signal;
use serde_json::json;
use std::fs;
use std::path::Path;

const ROWS: u64 = 3000;

/// What a program does wrong at one record, and what is said of it.
const FAULTS: &[(&str, &str)] = &[
    ("print(\"nonsense\", flush=True)", "wrote a line that is no answer (expected"),
    ("print(\"{\", flush=True)", "wrote a line that is no answer"),
    ("say(id=r[\"id\"], y=1); say(id=r[\"id\"], y=1)", "which it was not asked, or has answered already: {"),
    ("say(id=123456, y=1)", "answered 123456, which it was not asked"),
    ("say(id=-1, y=1)", "answered -1, which"),
    ("say(y=1)", "wrote an answer without a number as \"id\": {\"y\": 1}"),
    ("say(id=\"501\", y=1)", "wrote an answer without a number"),
    ("sys.exit(3)", "python3 exited with code 3 while it had"),
    ("sys.exit(0)", "python3 exited with code 0 while it had"),
    ("os.kill(os.getpid(), 9)", "python3 was ended by SIGKILL while it had"),
    ("time.sleep(1000)", "left a record without an answer for 2s"),
    ("say(id=r[\"id\"] + 1, y=1); time.sleep(1000)", "left a record without an answer for 2s"),
    ("print(\"x\" * (3 << 20), flush=True); time.sleep(1000)", "wrote a line longer than line_max: xxx"),
    ("print(\"[\" * 100000, flush=True)", "wrote a line that is no answer"),
    ("os.close(1); time.sleep(1000)", "closed its standard output"),
    ("os.close(0); time.sleep(1000)", "closed its standard input"),
    (
        "sys.stdout.buffer.write(b\"\\xff\\xfe\\n\"); sys.stdout.flush()",
        "wrote a line that is no answer (utf8)",
    ),
];

/// A program that does it once.
fn faulty(fault: &str) -> String {
    let each = format!(
        "if r[\"n\"] == 500 and not os.path.exists(\"once\"):\n    open(\"once\", \"w\").close()\n    {fault}\n\
         say(id=r[\"id\"], y=r[\"n\"])"
    );
    program("", &each)
}

#[test]
fn a_program_that_fails_is_started_again_and_what_it_had_is_lost() {
    for (fault, said) in FAULTS {
        let room = Sandbox::new();
        room.numbers("n.csv", ROWS as usize);
        room.write("mine.py", &faulty(fault));
        let running = room.start(&topology("types = { y = \"i64\" }\ntime_max = \"2s\""), &[]);
        let account = running.account();
        let logs = text(&room.sluicebox(&["logs", "t", "mine"]).stdout);
        assert!(logs.contains(said), "{fault}: {said}\n{logs}");
        assert!(logs.contains("it is started again in 100ms"), "{fault}\n{logs}");
        let (stored_n, lost) = (records(&account, "stored"), records(&account, "lost"));
        assert_eq!(stored_n + lost, ROWS, "{fault}: {account}");
        assert!(lost > 0 && lost < ROWS, "{fault}: the fault bites: {account}");
        assert_eq!((&account["balances"], &room.audit()["wrong"]), (&json!(true), &json!([])), "{fault}");
        let rows = stored(&room);
        assert_eq!(rows.len() as u64, stored_n);
        let ns: Vec<u64> = rows.iter().map(|row| row["n"].as_u64().unwrap()).collect();
        assert!(ns.is_sorted() && rows.iter().all(|row| row["n"] == row["y"] || row["y"] == 1), "{fault}");
    }
}

#[test]
fn what_a_program_had_is_asked_once_more_where_that_is_wanted() {
    for (fault, _) in &FAULTS[7..10] {
        let room = Sandbox::new();
        room.numbers("n.csv", ROWS as usize);
        room.write("mine.py", &faulty(fault));
        let account = room.run(&topology("types = { y = \"i64\" }\nretry = 1"));
        assert_eq!((records(&account, "stored"), records(&account, "lost")), (ROWS, 0), "{fault}: {account}");
        assert!(Path::new(&room.path("once")).exists(), "the fault bites");
        assert!(stored(&room).iter().zip(0..).all(|(row, n)| row["n"] == n), "the order stays");
    }
}

#[test]
fn a_record_that_kills_its_program_takes_no_others_along() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS as usize);
    room.write("mine.py", &program("", "if r[\"n\"] == 777: sys.exit(\"poison\")\nsay(id=r[\"id\"], y=1)"));
    let account = room.run(&topology("types = { y = \"i64\" }\nretry = 1"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (ROWS - 1, 1), "{account}");
    assert!(stored(&room).iter().all(|row| row["n"] != 777));
}

#[test]
fn a_stage_whose_program_fails_again_and_again_fails_with_its_last_words() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10_000);
    room.write("mine.py", "import sys\nsys.exit('no model.bin here')\n");
    room.write("t.toml", &topology("types = { y = \"i64\" }\nrestarts_max = 2"));
    let output = room.sluicebox(&["run", "t.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let what = "stage \"mine\": operator \"exec\": the program has failed 3 times within a minute: python3 exited with";
    assert!(said.contains(what), "{said}");
    assert!(said.contains("the last thing it said was \"no model.bin here\""), "{said}");
    assert!(text(&output.stdout).contains("the account balances"), "{}", text(&output.stdout));
}

#[test]
fn what_a_program_says_is_in_the_logs_and_a_flood_of_it_is_bounded() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let before = "print(\"hello from python\\x1b[2J\", file=sys.stderr)\n\
                  for i in range(200000): print(\"flood\", i, \"x\" * 5000, file=sys.stderr)";
    room.write("mine.py", &program(before, "say(id=r[\"id\"], y=1)"));
    let account = room.run(&topology("types = { y = \"i64\" }"));
    assert_eq!(records(&account, "stored"), 10);
    let logs = text(&room.sluicebox(&["logs", "t", "mine"]).stdout);
    assert!(logs.contains("stage \"mine\": python3: hello from python\\u{1b}[2J"), "{logs}");
    assert!(logs.contains("more lines were left out"), "{logs}");
    assert!(logs.len() < 2 << 20 && logs.lines().all(|line| line.len() < 1200), "{}", logs.len());
}

#[test]
fn nothing_of_a_program_is_left_when_its_stage_ends_or_is_killed() {
    let room = Sandbox::new();
    room.numbers("n.csv", 200);
    let before = "import signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
                  child = subprocess.Popen([\"sleep\", \"1000\"])\n\
                  open(\"pids\", \"a\").write(f\"{os.getpid()}\\n{child.pid}\\n\")";
    // Behind its input it does not end.
    room.write("mine.py", &(program(before, "say(id=r[\"id\"], y=1)") + "time.sleep(1000)\n"));
    let account = room.run(&topology("types = { y = \"i64\" }\ntime_max = \"5s\""));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (200, 0));
    let logs = text(&room.sluicebox(&["logs", "t", "mine"]).stdout);
    assert!(logs.contains("python3 did not end when its input had, and was ended by SIGKILL"), "{logs}");
    let pids = || fs::read_to_string(room.path("pids")).unwrap_or_default();
    assert_eq!(pids().lines().count(), 2);
    let gone = |pid: &str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status"));
        status.map_or(true, |status| status.contains("State:\tZ"))
    };
    wait_for("all of it is gone", || pids().lines().all(gone).then_some(()));
    // Killed in the middle, what was with the program is lost, and it goes with its stage.
    fs::remove_file(room.path("pids")).unwrap();
    fs::remove_file(room.path("out.jsonl")).unwrap();
    room.numbers("n.csv", 20_000);
    room.write(
        "mine.py",
        &program("open(\"pids\", \"a\").write(f\"{os.getpid()}\\n\")", "say(id=r[\"id\"], y=1)"),
    );
    let slow =
        topology("types = { y = \"i64\" }").replace("path = \"n.csv\"", "path = \"n.csv\"\nrate = \"10k/s\"");
    let running = room.start(&slow, &[]);
    room.wait_worker("mine", "has records", |worker| worker["in"].as_u64().unwrap() > 2000);
    room.signal("mine", Signal::SIGKILL);
    let account = running.account();
    assert_eq!(room.worker("mine").unwrap()["restarts"], 1, "the kill bites");
    assert_eq!(records(&account, "stored") + records(&account, "lost"), 20_000, "{account}");
    assert_eq!((&account["balances"], &room.audit()["wrong"]), (&json!(true), &json!([])));
    assert_eq!(stored(&room).len() as u64, records(&account, "stored"));
    assert_eq!(pids().lines().count(), 2);
    wait_for("all of it is gone", || pids().lines().all(gone).then_some(()));
}
