//! Stages that are threads of one process: the same laws, one process, and one fate.

use super::faults::check;
use super::{Sandbox, last_line, text, three};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::io::Read;

const ROWS: usize = 60_000;

/// A topology whose stages of these names are threads of the process "p".
fn together(topology: &str, stages: &[&str]) -> String {
    let name = |stage: &str| format!("name = \"{stage}\"\n");
    stages.iter().fold(topology.to_string(), |topology, stage| {
        assert!(topology.contains(&name(stage)));
        topology.replace(&name(stage), &format!("{}process = \"p\"\n", name(stage)))
    })
}

fn pid(room: &Sandbox, stage: &str) -> i64 {
    room.worker(stage).unwrap()["pid"].as_i64().unwrap()
}

#[test]
fn stages_of_one_process_are_its_threads_and_nothing_is_lost() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let topology = together(&three("", ""), &["numbers", "even", "store"]);
    let account = room.run(&topology);
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()));
    assert_eq!(account["records"]["stored"], ROWS / 2);
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM even"), ROWS as i64 / 2);
    assert_eq!(pid(&room, "numbers"), pid(&room, "even"));
    assert_eq!(pid(&room, "numbers"), pid(&room, "store"));
    room.audit();
}

/// Threads and processes mix: a thread hears both those of its own process and others.
#[test]
fn a_thread_reads_from_both_inside_and_outside() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    room.numbers("m.csv", 3000);
    let topology = together(&three("", ""), &["even", "numbers"])
        .replace("from = \"numbers\"", "from = [\"numbers\", \"more\"]")
        .replace(
            "[[stage]]\nname = \"even\"",
            "[[stage]]\nname = \"more\"\noperator = \"csv\"\npath = \"m.csv\"\n[[stage]]\nname = \"even\"",
        );
    let account = room.run(&topology);
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()));
    assert_eq!(account["records"]["stored"], 4000);
    assert_eq!(pid(&room, "numbers"), pid(&room, "even"));
    assert_ne!(pid(&room, "more"), pid(&room, "even"));
    assert_ne!(pid(&room, "store"), pid(&room, "even"));
    room.audit();
}

/// Workers of one stage may be threads too, each with its keys.
#[test]
fn workers_may_be_threads() {
    let room = Sandbox::new();
    room.numbers("n.csv", 5000);
    let topology = together(&three("", ""), &["numbers", "even", "store"])
        .replace("from = \"numbers\"", "from = \"numbers\"\nworkers = 3\nby = \"n\"");
    let account = room.run(&topology);
    assert_eq!((&account["balances"], &account["records"]["stored"]), (&true.into(), &2500.into()));
    room.audit();
}

fn kill(stages: &[&str], killed: &str) -> Value {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let topology = together(&three(r#"rate = "30k/s""#, ""), stages);
    let running = room.start(&topology, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 2000);
    room.signal(killed, Signal::SIGKILL);
    let account = running.account();
    stages.iter().for_each(|stage| check(&room, &account, ROWS as i64, stage));
    account
}

/// A kill of the process SHALL leave an exact account: all of its threads are started again together.
#[test]
fn a_killed_process_is_started_again_with_all_its_threads() {
    kill(&["numbers", "even", "store"], "even");
}

#[test]
fn a_killed_process_leaves_an_exact_account_with_the_processes_around_it() {
    kill(&["numbers", "even"], "numbers");
    kill(&["even", "store"], "store");
}

/// A thread that fails ends the run, and what was sent before arrives.
#[test]
fn a_thread_that_fails_ends_the_run_and_what_it_sent_is_stored() {
    let room = Sandbox::new();
    // The source reads 1,000 records a call, so the bad ones begin with a call of their own.
    let lines: String =
        (0..15_000).map(|n| if n < 9000 { format!("{n},2\n") } else { "x,y\n".into() }).collect();
    room.write("n.csv", &format!("n,x\n{lines}"));
    let topology =
        together(&three("types = { n = \"i64\", x = \"i64\" }", ""), &["numbers", "even", "store"]);
    let output = room.start(&topology, &[]).end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("stage \"numbers\": ") && said.contains("rejected"), "{said}");
    let account = last_line(&output);
    assert_eq!((&account["end"], &account["balances"]), (&"failed".into(), &true.into()));
    assert_eq!((&account["records"]["lost"], &account["records"]["stored"]), (&0.into(), &9000.into()));
}

/// A thread that fails while others of its process wait for a source outside SHALL stop that source.
#[test]
fn a_thread_that_fails_stops_sources_outside() {
    let room = Sandbox::new();
    let lines: String =
        (0..15_000).map(|n| if n < 50 { format!("{n},2\n") } else { "x,y\n".into() }).collect();
    room.write("n.csv", &format!("n,x\n{lines}"));
    let endless = "[[stage]]\nname = \"shop\"\noperator = \"shop\"\nrate = \"1k/s\"\n\
                   [[stage]]\nname = \"also\"\noperator = \"null\"\nfrom = \"shop\"\nprocess = \"p\"\n";
    let types = "types = { n = \"i64\", x = \"i64\" }";
    let topology = together(&three(types, ""), &["numbers", "even", "store"]) + endless;
    let output = room.start(&topology, &[]).end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("stage \"numbers\" has failed: sources stop"), "{said}");
    let account = last_line(&output);
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()));
    room.audit();
}

#[test]
fn ctrl_c_drains_threads_too() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10 * ROWS);
    let topology = together(&three(r#"rate = "20k/s""#, ""), &["numbers", "even", "store"]);
    let running = room.start(&topology, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 1000);
    running.signal(Signal::SIGINT);
    let account = running.account();
    let records = &account["records"];
    assert_eq!((&account["end"], &records["lost"]), (&"drained".into(), &0.into()));
    assert!(records["in"].as_u64().unwrap() < 10 * ROWS as u64, "it was stopped in mid-run");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), records["stored"].as_i64().unwrap());
}

/// A closed pipe ends the run well when the sink is a thread among others.
#[test]
fn a_closed_pipe_is_success() {
    let room = Sandbox::new();
    room.write(
        "t.toml",
        "name = \"t\"\n[[stage]]\nname = \"shop\"\noperator = \"shop\"\nrate = \"5k/s\"\n\
         [[stage]]\nname = \"same\"\nprocess = \"p\"\nfrom = \"shop\"\noperator = \"filter\"\nwhere = \"order_id >= \
         0\"\n\
         [[stage]]\nname = \"out\"\nprocess = \"p\"\nfrom = \"same\"\noperator = \"jsonl\"\npath = \"-\"\n",
    );
    let mut child = room.command(&["run", "t.toml"]).spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = super::Running::of(child).end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    room.audit();
}

/// By hand, any of its stages names the process.
#[test]
fn a_process_is_started_by_hand_by_any_of_its_stages() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1000);
    room.write("t.toml", &together(&three("", ""), &["numbers", "even", "store"]));
    let output = room.sluicebox(&["stage", "t.toml", "--name", "even"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), 500);
    room.audit();
}

/// A thread that failed has said its end, so a crash that takes its process later SHALL NOT have it tried again.
#[test]
fn a_thread_that_failed_is_not_tried_again_when_its_process_is_killed() {
    let room = Sandbox::new();
    nix::unistd::mkfifo(&room.path("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    // What is wrong is judged at record 10,000; the filter lets nothing through.
    let lines = "1,1\n".repeat(9_000) + &"x,y\n".repeat(1_000) + &"2,1\n".repeat(5_000);
    room.write("n.csv", &format!("n,x\n{lines}"));
    let failing = three("types = { n = \"i64\", x = \"i64\" }", "patience = \"90s\"");
    let failing = together(&failing.replace("sqlite", "jsonl").replace("out.db", "gate"), &["numbers"]);
    let endless = "[[stage]]\nname = \"shop\"\noperator = \"shop\"\nrate = \"1k/s\"\n\
                   [[stage]]\nname = \"also\"\noperator = \"null\"\nfrom = \"shop\"\nprocess = \"p\"\n";
    let running = room.start(&(failing + endless), &[]);
    room.wait_worker("also", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    // As long as the shop stands still the other thread waits for it.
    room.signal("shop", Signal::SIGSTOP);
    let _reader = std::fs::File::open(room.path("gate")).unwrap();
    let failed = room.wait_worker("numbers", "has failed", |worker| worker["state"] == "failed");
    room.signal("also", Signal::SIGKILL);
    let again = |worker: &Value| worker["restarts"] == 1 && worker["state"] == "running";
    room.wait_worker("also", "is there again", again);
    room.signal("shop", Signal::SIGCONT);
    let output = running.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(failed["failure"], said.lines().last().unwrap(), "{said}");
    let worker = room.worker("numbers").unwrap();
    assert_eq!((&worker["state"], &worker["failure"]), (&failed["state"], &failed["failure"]));
    assert_eq!((&worker["in"], &failed["in"]), (&10_000.into(), &10_000.into()), "it read no more");
    room.audit();
}
