//! Programs as sinks: what is stored, and what they had when they failed.

use super::{program, records};
use crate::run::{Sandbox, text};
use serde_json::json;
use std::fs;

fn topology(parameters: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n[[stage]]\n\
         name = \"mine\"\noperator = \"exec\"\nfrom = \"numbers\"\ncommand = [\"python3\", \"mine.py\"]\n{parameters}\n"
    )
}

#[test]
fn a_record_is_stored_when_its_id_is_answered() {
    let room = Sandbox::new();
    room.numbers("n.csv", 2000);
    let each = "if r[\"n\"] == 900 and not os.path.exists(\"once\"):\n    open(\"once\", \"w\").close()\n    \
                sys.exit(1)\nout.write(f\"{r['n']}\\n\"); out.flush()\nsay(id=r[\"id\"])";
    room.write("mine.py", &program("out = open(\"out\", \"a\")", each));
    let account = room.run(&topology("reply = \"ack\""));
    let (stored, lost) = (records(&account, "stored"), records(&account, "lost"));
    assert_eq!((stored + lost, &account["balances"]), (2000, &json!(true)), "{account}");
    assert!(lost > 0, "the fault bites");
    let out = fs::read_to_string(room.path("out")).unwrap();
    assert_eq!(out.lines().count() as u64, stored);
    // With another try nothing is lost, and what was written and not answered is there twice at most once.
    fs::remove_file(room.path("once")).unwrap();
    fs::remove_file(room.path("out")).unwrap();
    let account = room.run(&topology("reply = \"ack\"\nretry = 1"));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (2000, 0));
    let out = fs::read_to_string(room.path("out")).unwrap();
    let mut ns: Vec<u64> = out.lines().map(|line| line.parse().unwrap()).collect();
    ns.sort();
    ns.dedup();
    assert_eq!(ns, (0..2000).collect::<Vec<_>>());
}

#[test]
fn a_program_that_says_nothing_has_stored_what_was_written_to_it() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    room.write("mine.py", &program("out = open(\"out\", \"w\")", "out.write(f\"{r['n']}\\n\")"));
    let account = room.run(&topology("reply = \"none\""));
    assert_eq!((records(&account, "stored"), records(&account, "lost")), (5000, 0));
    assert_eq!(fs::read_to_string(room.path("out")).unwrap().lines().count(), 5000);
    // What fails at its end may not have stored all.
    room.write("mine.py", &(program("", "pass") + "sys.exit('disk full')\n"));
    room.write("t.toml", &topology("reply = \"none\""));
    let output = room.sluicebox(&["run", "t.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("python3 exited with code 1 at its end: what it was given may not be stored"),
        "{said}"
    );
    assert!(said.contains("the last thing it said was \"disk full\""), "{said}");
}

#[test]
fn a_program_that_never_reads_is_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 300_000);
    room.write("mine.py", "import time\ntime.sleep(1000)\n");
    room.write("t.toml", &topology("reply = \"none\"\ntime_max = \"1s\"\nrestarts_max = 1"));
    let output = room.sluicebox(&["run", "t.toml"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the program has failed 2 times within a minute: python3 took nothing for 1s"),
        "{said}"
    );
    assert!(text(&output.stdout).contains("the account balances"), "{}", text(&output.stdout));
}
