//! What `bench` refuses, what it does not believe, and how it is interrupted.

use super::{NULL, SQLITE, bench, refused, report, room, shop};
use crate::run::{Running, Sandbox, last_line, text, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

#[test]
fn a_promise_is_held_to_and_each_broken_one_is_a_sentence() {
    let times = ["--assert", "--for", "200ms", "--warmup", "0s", "--repeat", "1"];
    let promise = |slo: &str| room(&(shop("rate = \"1k/s\"", NULL) + "[slo]\n" + slo));
    let kept = report(&promise("p50 = \"1h\"\nmax = \"1h\"\nat = \"500/s\""), &times);
    assert_eq!(
        (&kept["slo"]["holds"], kept["settings"]["rate"]["orders"].as_f64()),
        (&Value::Bool(true), Some(500.0))
    );
    let said = refused(&promise("p50 = \"1ns\"\np999 = \"1h\""), &times, 1);
    assert!(said.contains("[slo] is broken: p50 is ") && said.contains(" and 1ns were promised"), "{said}");
    assert!(said.contains("p999 can't be told from so few records"), "{said}");
    let said = refused(&room(&shop("", NULL)), &times, 2);
    assert!(said.contains("--assert needs a promise to hold \"t\" to: add [slo]"), "{said}");
}

#[test]
fn a_broken_promise_is_told_and_no_failure_where_nobody_asserts_it() {
    let room = room(&(shop("rate = \"1k/s\"", NULL) + "[slo]\np50 = \"1ns\""));
    let report = report(&room, &["--for", "200ms", "--warmup", "0s", "--repeat", "1"]);
    assert_eq!((&report["slo"]["holds"], &report["valid"]), (&Value::Bool(false), &Value::Bool(true)));
}

#[test]
fn what_can_not_be_measured_is_told_before_anything_runs() {
    let room = room(&(shop("", NULL) + "[slo]\np98 = \"1s\""));
    let cases: &[(&[&str], &str)] = &[
        (&["bench", "t.toml", "--json", "no.json"], "did you mean \"p99\"?"),
        (&["bench", "nope.toml"], "cannot read nope.toml"),
        (&["bench", "t.toml", "--rate", "0"], "say a rate above zero"),
        (&["bench", "t.toml", "--for", "3"], "say a time with its unit"),
        (&["bench", "t.toml", "--payload", "x"], "say a size"),
        (&["bench", "t.toml", "--repeat", "0"], "say a whole number from 1 to 1000"),
        (&["bench", "t.toml", "--sweep", "--baseline"], "cannot be used with"),
        (&["bench", "t.toml", "--basline"], "a similar argument exists: '--baseline'"),
        (&["bench", "t.toml", "--json", "t.toml/x.json"], "cannot write to t.toml/x.json"),
        (&["bench", "t.toml", "--json", "-", "--hgrm", "-"], "name the same place"),
        (&["bnch", "t.toml"], "'bench'"),
    ];
    for (args, said) in cases {
        let output = room.sluicebox(args);
        let words = text(&output.stderr);
        assert!(output.status.code() == Some(2) && words.contains(said), "{args:?}: {words}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    assert!(!room.path("no.json").exists(), "nothing was measured");
    let help = text(&room.sluicebox(&["--help"]).stdout);
    assert!(help.contains("  bench ") && !help.contains("bench-run"), "{help}");
    let alone = "name = \"t\"\n[[stage]]\nname = \"all\"\nsteps = [ { operator = \"shop\" }, { operator = \"null\" } ]";
    let said = refused(&super::room(alone), &["--baseline"], 2);
    assert!(said.contains("--baseline compares links, and \"t\" has none"), "{said}");
}

#[test]
fn a_run_that_fails_is_invalid_with_the_sentence_of_the_stage() {
    let room = Sandbox::new();
    let rows: String = (0..20_000).map(|n| format!("{}\n", if n < 15_000 { "1" } else { "x" })).collect();
    room.write("n.csv", &format!("n\n{rows}"));
    room.write(
        "t.toml",
        "name = \"t\"\n[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\ntypes = { n = \"i64\" }\n\
         [[stage]]\nname = \"end\"\noperator = \"null\"\nfrom = \"numbers\"",
    );
    let said = refused(&room, &["--for", "20s", "--warmup", "0s"], 1);
    assert!(said.contains("INVALID: run 1 of 3: the run failed: stage \"numbers\": "), "{said}");
}

/// The workers of the run that a measurement watches: children of its child.
fn workers(bench: i32, stage: &str) -> Option<i32> {
    let children = |pid: i32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        text.split_whitespace().map(|pid| pid.parse::<i32>().unwrap()).collect::<Vec<_>>()
    };
    let is = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == stage.as_bytes())
    };
    children(bench).into_iter().flat_map(children).find(is)
}

#[test]
fn records_that_a_crash_took_make_a_run_invalid() {
    let room = room(&shop("", NULL));
    let args = ["bench", "t.toml", "--json", "-", "--rate", "50k/s", "--for", "60s", "--warmup", "0s"];
    let running = Running::of(room.command(&args).spawn().unwrap());
    let clean = wait_for("a worker", || workers(running.pid(), "clean"));
    // It works already when its CPU time grows.
    let stat = || std::fs::read_to_string(format!("/proc/{clean}/schedstat")).unwrap_or_default();
    let time = || stat().split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    wait_for("work in it", || (time() > 20_000_000).then_some(()));
    kill(Pid::from_raw(clean), Signal::SIGKILL).unwrap();
    let output = running.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("stage \"clean\" was ended by signal 9; it is started again"), "{said}");
    let report = last_line(&output);
    let reasons: Vec<&str> = report["reasons"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(reasons.iter().any(|why| why.ends_with("stage \"clean\" was started 2 times")), "{reasons:?}");
}

#[test]
fn ctrl_c_ends_the_run_and_tells_what_was_measured_so_far() {
    let room = room(&shop("", SQLITE));
    let args = ["bench", "t.toml", "--json", "-", "--rate", "1k/s", "--for", "60s", "--warmup", "0s"];
    let running = Running::of(room.command(&args).spawn().unwrap());
    let pid = running.pid();
    let store = wait_for("the sink", || workers(pid, "store"));
    running.signal(Signal::SIGINT);
    let output = running.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("stopped before all was measured"), "{said}");
    let report = last_line(&output);
    assert_eq!((&report["stopped"], report["runs"].as_array().unwrap().len()), (&Value::Bool(true), 0));
    wait_for("the end of its processes", || kill(Pid::from_raw(store), None).is_err().then_some(()));
    let folder = format!("/dev/shm/sluicebox-bench-{}-{pid}", nix::unistd::geteuid());
    assert!(!std::path::Path::new(&folder).exists(), "{folder}");
}

#[test]
fn a_killed_measurement_takes_its_processes_with_it_and_the_next_one_clears_up() {
    let room = room(&shop("", NULL));
    let args = ["bench", "t.toml", "--rate", "1k/s", "--for", "60s", "--warmup", "0s"];
    let running = Running::of(room.command(&args).spawn().unwrap());
    let store = wait_for("the sink", || workers(running.pid(), "store"));
    let folder = format!("/dev/shm/sluicebox-bench-{}-{}", nix::unistd::geteuid(), running.pid());
    running.signal(Signal::SIGKILL);
    running.end();
    wait_for("the end of its processes", || kill(Pid::from_raw(store), None).is_err().then_some(()));
    // What it left goes with the next one, this or another test's.
    let output = bench(&room, &["--rate", "1k/s", "--for", "100ms", "--warmup", "0s", "--repeat", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!std::path::Path::new(&folder).exists());
}
