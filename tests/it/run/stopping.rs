//! Ctrl-C once drains, twice leaves at once; `--for`, `stop`, and a stop that comes too early.

use super::{Sandbox, last_line, text, three};
use nix::sys::signal::Signal;

const ROWS: usize = 200_000;

fn slow_room() -> (Sandbox, super::Running) {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "20k/s""#, ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 1000);
    (room, running)
}

#[test]
fn the_first_ctrl_c_drains_and_loses_nothing() {
    let (room, running) = slow_room();
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = last_line(&output);
    assert_eq!(account["end"], "drained");
    let records = &account["records"];
    assert_eq!(records["lost"], 0);
    let read = records["in"].as_i64().unwrap();
    assert!(read > 1000 && read < ROWS as i64, "it was stopped in mid-run: {read}");
    assert_eq!(read, records["stored"].as_i64().unwrap() + records["filtered"].as_i64().unwrap());
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), records["stored"].as_i64().unwrap());
    room.audit();
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_counts_the_rest() {
    let (room, running) = slow_room();
    // The sink can't drain, so the first signal alone would wait for it.
    room.signal("store", Signal::SIGSTOP);
    running.signal(Signal::SIGINT);
    room.wait_worker("numbers", "stops", |worker| {
        worker["state"] != "running" || worker["idle"].as_f64().is_some()
    });
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let account = last_line(&output);
    assert_eq!(account["end"], "stopped");
    assert_eq!(account["balances"], true);
    let records = &account["records"];
    let number = |key: &str| records[key].as_i64().unwrap();
    assert_eq!(number("in"), number("stored") + number("filtered") + number("lost"));
    let said = format!("{} records are lost (drain_timeout = \"10s\"", number("lost"));
    assert!(text(&output.stderr).lines().last().unwrap().contains(&said), "{}", text(&output.stderr));
    room.audit();
}

#[test]
fn for_a_time_means_drained_after_it() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let account = room.start(&three(r#"rate = "10k/s""#, ""), &["--for", "500ms"]).account();
    assert_eq!(account["end"], "drained");
    assert_eq!(account["records"]["lost"], 0);
    assert!(account["records"]["in"].as_i64().unwrap() < ROWS as i64);
}

#[test]
fn stop_drains_a_running_topology_and_says_when_there_is_none() {
    let (room, running) = slow_room();
    let output = room.sluicebox(&["stop", "t"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = running.account();
    assert_eq!(account["records"]["lost"], 0);
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let read = lines[0].strip_prefix("in ").unwrap().split(' ').next().unwrap().replace(',', "");
    assert_eq!(read, account["records"]["in"].to_string(), "{said}");
    assert_eq!(lines[1..], ["drained: the account balances on 2 links and in 3 stages"]);
    let again = room.sluicebox(&["stop", "t.toml"]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(text(&again.stderr), "topology \"t\" is not running\n");
}

#[test]
fn a_second_launcher_of_the_same_topology_is_refused() {
    let (room, running) = slow_room();
    let second = room.sluicebox(&["run", "t.toml", "--set", "store.if_exists=append"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(text(&second.stderr).contains("is running already"), "{}", text(&second.stderr));
    let audit = room.sluicebox(&["audit", "t"]);
    assert_eq!(audit.status.code(), Some(1), "an account is proved at rest");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.account()["records"]["lost"], 0, "the first run was not disturbed");
}

/// A shop without an end, cleaned and thrown away.
const ENDLESS: &str = r#"
    name = "t"
    drain_timeout = "1s"
    [[stage]]
    name = "orders"
    operator = "shop"
    rate = "5k/s"
    [[stage]]
    name = "clean"
    operator = "filter"
    from = "orders"
    where = "quantity > 0"
    [[stage]]
    name = "store"
    operator = "null"
    from = "clean"
"#;

/// The same with time to start in: the launcher keeps `drain_timeout` for stages that are still to come, too.
fn patient() -> String {
    ENDLESS.replace("\"1s\"", "\"20s\"")
}

#[test]
fn a_stop_that_comes_while_stages_start_is_heard_by_all() {
    for time in ["1ms", "3ms", "6ms", "10ms", "20ms"] {
        let account = Sandbox::new().start(&patient(), &["--for", time]).account();
        assert_eq!(account["end"], "drained", "--for {time}");
        assert_eq!(account["records"]["lost"], 0);
    }
}

#[test]
fn a_stop_is_heard_by_a_stage_that_is_just_being_restarted() {
    let room = Sandbox::new();
    let running = room.start(&patient(), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    room.signal("orders", Signal::SIGKILL);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    room.audit();
}

#[test]
fn a_middle_stage_that_is_told_to_leave_takes_the_run_with_it() {
    let room = Sandbox::new();
    let running = room.start(ENDLESS, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    room.signal("clean", Signal::SIGTERM);
    let output = running.end();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert_eq!(last_line(&output)["balances"], true);
    room.audit();
}

#[test]
fn a_sink_whose_reader_stalls_does_not_drain_for_ever() {
    let room = Sandbox::new();
    nix::unistd::mkfifo(&room.path("slow"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let topology = ENDLESS
        .replace("operator = \"null\"", "operator = \"jsonl\"\npath = \"slow\"")
        .replace("5k/s", "1M/s");
    let running = room.start(&topology, &[]);
    let reader = std::fs::File::open(room.path("slow")).unwrap();
    room.wait_worker("orders", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.5);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert_eq!(last_line(&output)["balances"], true);
    drop(reader);
}

/// A source that has said why it failed while the stage that reads it is stopped, and another one without an end. What
/// it sends meanwhile is so little that it needs no reader.
fn failed_and_not_heard() -> (Sandbox, super::Running) {
    let room = Sandbox::new();
    let lines = "1,2\n".repeat(100) + &"x,y\n".repeat(10);
    room.write("n.csv", &format!("n,x\n{lines}"));
    let failing = three("types = { n = \"i64\", x = \"i64\" }\nrate = \"20/s\"", "");
    let failing = failing.replace("name = \"t\"", "");
    let endless = ENDLESS.replace("\"store\"", "\"away\"").replace("1s", "20s");
    let running = room.start(&(endless + &failing), &[]);
    room.wait_worker("even", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("even", Signal::SIGSTOP);
    let failed = room.wait_worker("numbers", "says why it failed", |worker| !worker["failure"].is_null());
    assert_eq!(failed["state"], "running", "nobody has heard its end yet");
    room.wait_worker("orders", "has stopped", |worker| worker["state"] == "finished");
    (room, running)
}

/// The sentence of the failure is the run's, whatever came after it.
fn ends_with_the_failure(output: &std::process::Output) -> serde_json::Value {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("stage \"numbers\" has failed: sources stop, the rest is drained"), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("stage \"numbers\": 10 of 110 records were rejected"), "{said}");
    let account = last_line(output);
    assert_eq!((&account["end"], &account["balances"]), (&"failed".into(), &true.into()));
    account
}

/// A failure SHALL be known at once and stop the sources, also while nobody hears the end of the stage that failed.
#[test]
fn a_stage_that_fails_is_heard_of_before_its_readers_have_heard_its_end() {
    let (room, running) = failed_and_not_heard();
    room.signal("even", Signal::SIGCONT);
    let account = ends_with_the_failure(&running.end());
    assert_eq!(account["records"]["lost"], 0, "what it had sent has arrived");
    room.audit();
}

#[test]
fn a_run_that_is_left_while_a_stage_fails_ends_with_that_failure() {
    let (room, running) = failed_and_not_heard();
    // One that drains already is left by the first.
    running.signal(Signal::SIGINT);
    ends_with_the_failure(&running.end());
    room.audit();
}
