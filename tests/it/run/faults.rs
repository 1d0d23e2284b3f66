//! kill -9 of each stage, in mid-run and after the source has ended; and of the launcher.

use super::{Running, Sandbox, text, three, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const ROWS: usize = 60_000;

/// What a run with a fault must satisfy: it ended, the account balances, and the sink misses just what is lost.
pub fn check(room: &Sandbox, account: &Value, rows: i64, killed: &str) {
    let audit = room.audit();
    assert_eq!(audit["wrong"], serde_json::json!([]));
    assert_eq!(account["balances"], true);
    assert_eq!(account["end"], "drained");
    let records = &account["records"];
    let number = |key: &str| records[key].as_i64().unwrap();
    assert_eq!(number("in"), rows, "{killed} was killed: a source resumes where its account stands");
    assert_eq!(number("in"), number("stored") + number("filtered") + number("rejected") + number("lost"));
    let stored = room.query("out.db", "SELECT count(*) FROM even");
    assert_eq!(stored, number("stored"), "{killed} was killed: what is counted as stored is stored");
    let distinct = room.query("out.db", "SELECT count(DISTINCT n) FROM even WHERE x % 2 = 0");
    assert_eq!(distinct, stored, "no record is stored twice");
    let worker = room.worker(killed).unwrap();
    assert_eq!(worker["restarts"], 1, "the kill bites: {killed} was started again");
}

fn kill_in_mid_run(stage: &str) -> Value {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "30k/s""#, ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 2000);
    room.signal(stage, Signal::SIGKILL);
    let account = running.account();
    check(&room, &account, ROWS as i64, stage);
    account
}

#[test]
fn a_source_killed_in_mid_run_resumes_and_every_record_is_accounted_for() {
    kill_in_mid_run("numbers");
}

#[test]
fn a_middle_stage_killed_in_mid_run_loses_only_what_is_counted() {
    kill_in_mid_run("even");
}

#[test]
fn a_sink_killed_in_mid_run_loses_only_what_is_counted() {
    kill_in_mid_run("store");
}

/// The sink is held by SIGSTOP, so that the source can end while records are still on their way to it.
fn kill_after_the_source_ended(stage: &str) {
    const FEW: usize = 300;
    let room = Sandbox::new();
    room.numbers("n.csv", FEW);
    let running = room.start(&three(r#"rate = "600/s""#, ""), &[]);
    room.wait_worker("store", "runs", |worker| worker["state"] == "running");
    room.signal("store", Signal::SIGSTOP);
    room.wait_worker("numbers", "has ended", |worker| worker["state"] == "finished");
    room.wait_worker("even", "has all", |worker| worker["in"] == FEW);
    room.signal(stage, Signal::SIGKILL);
    if stage != "store" {
        room.wait_worker(stage, "is back", |worker| worker["restarts"] == 1);
        room.signal("store", Signal::SIGCONT);
    }
    let account = running.account();
    check(&room, &account, FEW as i64, stage);
}

#[test]
fn a_middle_stage_killed_after_the_source_ended_still_comes_to_its_end() {
    kill_after_the_source_ended("even");
}

#[test]
fn a_sink_killed_after_the_source_ended_still_comes_to_its_end() {
    kill_after_the_source_ended("store");
}

#[test]
fn a_source_killed_at_its_end_ends_again_without_a_record_more() {
    const FEW: usize = 100;
    let room = Sandbox::new();
    room.numbers("n.csv", FEW);
    let running = room.start(&three(r#"rate = "200/s""#, ""), &[]);
    room.wait_worker("even", "runs", |worker| worker["state"] == "running");
    room.signal("even", Signal::SIGSTOP);
    // All is read and offered; the End can't be heard.
    room.wait_worker("numbers", "has read all", |worker| worker["in"] == FEW);
    room.signal("numbers", Signal::SIGKILL);
    room.wait_worker("numbers", "is back", |worker| worker["restarts"] == 1);
    room.signal("even", Signal::SIGCONT);
    check(&room, &running.account(), FEW as i64, "numbers");
}

#[test]
fn a_stage_that_crashes_too_often_is_given_up_and_the_run_says_so() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "500/s""#, ""), &[]);
    for restarts in 0..6 {
        room.wait_worker("even", "is back", |worker| {
            worker["restarts"] == restarts && worker["state"] == "running"
        });
        room.signal("even", Signal::SIGKILL);
    }
    let output = running.end();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("stage \"even\" was ended by signal 9 too often and is given up"), "{said}");
    let account = super::last_line(&output);
    assert_eq!(account["end"], "failed");
    assert_eq!(account["balances"], true);
    room.audit();
}

#[test]
fn restart_false_means_that_the_first_crash_is_the_last() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let topology = three(r#"rate = "500/s""#, "").replace("where =", "restart = false\nwhere =");
    let running = room.start(&topology, &[]);
    room.wait_worker("even", "runs", |worker| worker["state"] == "running");
    room.signal("even", Signal::SIGKILL);
    assert_eq!(running.end().status.code(), Some(4));
}

#[test]
fn a_file_edited_while_it_runs_changes_nothing_not_even_for_a_restarted_stage() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "30k/s""#, ""), &[]);
    room.wait_worker("even", "runs", |worker| worker["state"] == "running");
    // The name is left, so that `status` finds the run.
    room.write("t.toml", "name = \"t\"\n[[stage]]\nname = \"other\"\noperator = \"nonsense\"\n");
    room.signal("even", Signal::SIGKILL);
    let account = running.account();
    check(&room, &account, ROWS as i64, "even");
}

#[test]
fn a_killed_launcher_leaves_no_orphan_and_the_next_run_starts() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "1k/s""#, ""), &[]);
    let names = ["numbers", "even", "store"];
    let pids: Vec<i32> = names
        .map(|name| room.wait_worker(name, "runs", |worker| worker["state"] == "running"))
        .iter()
        .map(|worker| worker["pid"].as_i64().unwrap() as i32)
        .collect();
    assert!(pids.iter().all(|pid| kill(Pid::from_raw(*pid), None).is_ok()), "they run");
    running.signal(Signal::SIGKILL);
    running.end();
    wait_for("the orphans to go", || pids.iter().all(|pid| is_gone(*pid)).then_some(()));
    let small = Running::of(
        room.command(&[
            "run",
            "t.toml",
            "--json",
            "--set",
            "numbers.rate=1M/s",
            "--set",
            "store.if_exists=replace",
        ])
        .spawn()
        .unwrap(),
    );
    assert_eq!(small.account()["records"]["in"], ROWS);
}

/// A zombie is gone too: it only waits for whoever adopted it.
fn is_gone(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.trim_start().starts_with('Z'))
}

#[test]
fn a_learner_that_was_killed_starts_empty_and_the_account_says_so() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let topology = three(r#"rate = "30k/s""#, "")
        .replace("operator = \"filter\"", "operator = \"kmeans\"\nk = 2\nfeatures = [\"x\"]")
        .replace("where = \"x % 2 = 0\"", "");
    let running = room.start(&topology, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 2000);
    room.signal("even", Signal::SIGKILL);
    let account = running.account();
    assert!(account["stages"][1]["forgotten"].as_u64().unwrap() > 0, "there was no snapshot yet");
    assert!(account["stages"][0].get("forgotten").is_none(), "a source goes on where it was");
    room.audit();
}
