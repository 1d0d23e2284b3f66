//! Stages started one by one, by hand, as any process manager would.

use super::{Running, Sandbox, text, three};
use nix::sys::signal::Signal;

#[test]
fn stages_started_by_hand_in_any_order_make_a_run() {
    const ROWS: usize = 20_000;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    room.write("t.toml", &three("", ""));
    let start = |name| Running::of(room.command(&["stage", "t.toml", "--name", name]).spawn().unwrap());
    let running = ["numbers", "even", "store"].map(start);
    for stage in running {
        let output = stage.end();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let audit = room.audit();
    assert_eq!(audit["records"]["stored"], ROWS / 2);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), ROWS as i64 / 2);
}

#[test]
fn a_stage_or_worker_that_is_not_there_is_told_with_the_nearest() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1);
    room.write("t.toml", &three("", ""));
    let output = room.sluicebox(&["stage", "t.toml", "--name", "evn"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "topology \"t\" has no stage \"evn\": did you mean \"even\"?\n");
    let output = room.sluicebox(&["stage", "t.toml", "--name", "even", "--worker", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "stage \"even\" has workers 0 to 0, not 1\n");
}

#[test]
fn a_run_does_not_begin_over_stages_that_were_started_by_hand() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100_000);
    room.write("t.toml", &three(r#"rate = "5k/s""#, ""));
    let start = |name| Running::of(room.command(&["stage", "t.toml", "--name", name]).spawn().unwrap());
    let stages = ["numbers", "even", "store"].map(start);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    let run = room.sluicebox(&["run", "t.toml", "--set", "store.if_exists=append"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("was started by hand"), "{}", text(&run.stderr));
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(0), "{}", text(&stop.stderr));
    for stage in stages {
        assert_eq!(stage.end().status.code(), Some(0));
    }
    assert_eq!(room.audit()["records"]["lost"], 0);
}

#[test]
fn a_stage_that_fails_by_hand_says_why_once_and_status_tells_it() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    nix::unistd::mkfifo(&room.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let sink = three("", "patience = \"10ms\"").replace("sqlite", "jsonl").replace("out.db", "pipe");
    room.write("t.toml", &sink);
    let failed = room.sluicebox(&["stage", "t.toml", "--name", "store"]);
    assert_eq!(failed.status.code(), Some(1));
    let said = text(&failed.stderr);
    assert!(said.starts_with("stage \"store\": ") && said.lines().count() == 1, "{said}");
    assert_eq!(room.worker("store").unwrap()["failure"], said.trim_end());
    assert!(room.worker("even").unwrap()["failure"].is_null());
    assert!(text(&room.sluicebox(&["logs", "t"]).stderr).contains("started by hand"), "it keeps no logs");
}

/// `stop` SHALL end as a run by hand did: not well when its stages could not drain, or one had failed.
#[test]
fn stop_tells_how_a_run_by_hand_has_ended() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100_000);
    let topology = three("rate = \"5k/s\"", "").replacen('\n', "\ndrain_timeout = \"100ms\"\n", 1);
    room.write("t.toml", &topology);
    let start = |name| Running::of(room.command(&["stage", "t.toml", "--name", name]).spawn().unwrap());
    let [numbers, even, store] = ["numbers", "even", "store"].map(start);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    room.signal("store", Signal::SIGSTOP);
    let got = room.worker("store").unwrap()["in"].as_u64().unwrap();
    room.wait_worker("even", "goes on", |worker| worker["out"].as_u64().unwrap() > got);
    let stop = Running::of(room.command(&["stop", "t"]).spawn().unwrap());
    assert_ne!(numbers.end().status.code(), Some(70));
    assert_ne!(even.end().status.code(), Some(70));
    store.signal(Signal::SIGKILL);
    store.end();
    let (output, lost) = (stop.end(), room.audit()["records"]["lost"].as_u64().unwrap());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let expected = format!("store ended before everything was drained: {lost} records are lost\n");
    assert!(lost > 0 && said.starts_with("stage ") && said.ends_with(&expected), "{said}");
}

#[test]
fn stop_tells_that_a_stage_by_hand_has_failed() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    nix::unistd::mkfifo(&room.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let sink = three("", "patience = \"10ms\"").replace("sqlite", "jsonl").replace("out.db", "pipe");
    room.write("t.toml", &sink);
    let numbers = Running::of(room.command(&["stage", "t.toml", "--name", "numbers"]).spawn().unwrap());
    room.wait_worker("numbers", "is there", |worker| worker["restarts"] == 0 && worker["pid"] != 0);
    let failed = room.sluicebox(&["stage", "t.toml", "--name", "store"]);
    assert_eq!(failed.status.code(), Some(1));
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(1), "{}", text(&stop.stderr));
    assert_eq!(text(&stop.stderr), text(&failed.stderr));
    numbers.end();
}
