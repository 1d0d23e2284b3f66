//! What can't be gone on from is refused in a sentence: files that are not whole, other topologies, nothing at all.

use super::resumed::topology;
use super::{books, fall, restarts, write};
use crate::run::{Running, Sandbox, last_line, text, three, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::PathBuf;

const ROWS: usize = 16_000;
const RATE: &str = r#", rate = "3k/s""#;

fn room() -> Sandbox {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    room
}

/// The snapshot of the learner.
fn snapshot(room: &Sandbox) -> PathBuf {
    room.path("sluicebox/t/1.0.snapshot")
}

/// Asks to go on, which must be refused as the command line is; what it said.
fn refused(room: &Sandbox, more: &[&str]) -> String {
    let output = room.sluicebox(&[&["run", "t.toml", "--json", "--resume"], more].concat());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    told
}

fn stopped(room: &Sandbox) -> Running {
    let running = room.start(&topology(RATE, "snapshot_every = 500"), &[]);
    room.wait_worker("tens", "has records", |worker| worker["in"].as_u64().unwrap() > 1_000);
    running
}

#[test]
fn nothing_to_resume_another_topology_and_one_that_runs_are_refused() {
    let room = room();
    room.write("t.toml", &topology(RATE, "snapshot_every = 500"));
    let told = refused(&room, &[]);
    assert!(told.contains("there is nothing to resume: no run of \"t\" has left its directory"), "{told}");
    assert!(!room.path("sluicebox").exists(), "nothing was made");
    let running = stopped(&room);
    let told = refused(&room, &[]);
    assert!(told.contains("is running already"), "{told}");
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().status.code(), Some(0));
    let told = refused(&room, &["--set", "learn.steps.1.k=3", "--set", "tens.snapshot_every=1s"]);
    let sentence = "the topology says another thing now (learn.steps.1.k, tens.snapshot_every)";
    assert!(told.contains(sentence), "{told}");
    let rest = Running::of(room.command(&["run", "t.toml", "--json", "--resume"]).spawn().unwrap());
    assert_eq!(rest.account()["records"]["in"], ROWS, "what was refused has touched nothing");
}

#[test]
fn a_damaged_snapshot_ends_no_run_but_is_not_resumed_from() {
    let room = room();
    let running = stopped(&room);
    wait_for("a snapshot", || snapshot(&room).exists().then_some(()));
    // The source is held, so that the run does not end meanwhile; and the launcher, so that it starts none before the
    // file is what it is to be.
    room.signal("numbers", Signal::SIGSTOP);
    running.signal(Signal::SIGSTOP);
    let learner = books(&room).unwrap().of_stage(1).next().cloned().unwrap();
    kill(Pid::from_raw(learner.pid as i32), Signal::SIGKILL).unwrap();
    wait_for("it to go", || books(&room)?.of_stage(1).all(|worker| !worker.alive).then_some(()));
    let whole = fs::read(snapshot(&room)).unwrap();
    fs::write(snapshot(&room), &whole[..whole.len() - 1]).unwrap();
    running.signal(Signal::SIGCONT);
    wait_for("it to be back", || {
        books(&room)?.of_stage(1).find(|worker| worker.epoch > learner.epoch).map(|_| ())
    });
    room.wait_worker("learn", "goes on", |worker| {
        worker["state"] == "running" || worker["state"] == "finished"
    });
    room.signal("numbers", Signal::SIGCONT);
    running.signal(Signal::SIGINT);
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("1.0.snapshot can't be used: the state is cut short"), "{told}");
    let restarts = restarts(&told);
    assert!(restarts.iter().any(|(as_of, since)| *as_of == 0 && *since > 0), "{told}");
    let forgotten = last_line(&output)["stages"][1]["forgotten"].as_u64().unwrap();
    assert_eq!(forgotten, restarts.iter().map(|(_, since)| *since as u64).sum::<u64>());

    let whole = fs::read(snapshot(&room)).unwrap();
    for (bytes, why) in [
        (whole[..100].to_vec(), "the state is cut short"),
        (
            [&whole[..whole.len() / 2], &[whole[whole.len() / 2] ^ 1], &whole[whole.len() / 2 + 1..]]
                .concat(),
            "damaged",
        ),
        (b"something else".to_vec(), "it is no snapshot"),
        (fs::read(room.path("sluicebox/t/2.0.snapshot")).unwrap(), "it is of another run or worker"),
    ] {
        fs::write(snapshot(&room), bytes).unwrap();
        let told = refused(&room, &[]);
        assert!(told.contains("1.0.snapshot can't be used: ") && told.contains(why), "{why}: {told}");
    }
    fs::write(snapshot(&room), whole).unwrap();
    let rest = Running::of(room.command(&["run", "t.toml", "--json", "--resume"]).spawn().unwrap());
    let account = rest.account();
    assert_eq!(
        (&account["records"]["in"], &account["stages"][1]["forgotten"]),
        (&ROWS.into(), &forgotten.into())
    );
}

/// A directory that takes no more costs the snapshot, is told once, and lets windows out at a stop.
#[test]
fn a_snapshot_that_cannot_be_written_ends_no_run() {
    let room = room();
    let running = room.start(&topology(RATE, "snapshot_every = 100"), &[]);
    room.wait_worker("tens", "has records", |worker| worker["in"].as_u64().unwrap() > 300);
    let draft = room.path("sluicebox/t/2.0.draft");
    // One that is being written holds the name for a moment.
    wait_for("the name to be free", || fs::create_dir(&draft).ok());
    let done = room.worker("tens").unwrap()["in"].as_u64().unwrap();
    room.wait_worker("tens", "has more", |worker| worker["in"].as_u64().unwrap() > done + 1_000);
    running.signal(Signal::SIGINT);
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(told.matches("2.0.draft: is a directory; the snapshot before stays").count(), 1, "{told}");
    let account = last_line(&output);
    assert!(account["stages"][2].get("waiting").is_none(), "what no snapshot holds can't wait in one");
    let counted = room.query("out.db", "SELECT sum(n) FROM tens");
    assert_eq!(account["records"]["in"], counted, "so windows went out as they were");
    fs::remove_dir(&draft).unwrap();
}

/// Nobody is told of what nobody has forgotten, and `--fail-on-loss` judges what was.
#[test]
fn never_means_that_a_kill_takes_all() {
    let room = room();
    let running = room.start(&topology(RATE, r#"snapshot_every = "never""#), &["--fail-on-loss"]);
    fall(&room, 2, 1_000);
    assert!(!room.path("sluicebox/t/2.0.snapshot").exists());
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let forgotten = last_line(&output)["stages"][2]["forgotten"].as_u64().unwrap();
    assert!(forgotten >= 1_000, "{forgotten}");
    assert_eq!(restarts(&told), [(0, forgotten as usize)]);
    assert!(told.contains("--fail-on-loss was said"), "{told}");
}

#[test]
fn snapshots_of_what_remembers_nothing_are_warned_of() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", "snapshot_every = \"5s\""));
    let output = room.sluicebox(&["check", "t.toml"]);
    let told = text(&output.stderr) + &text(&output.stdout);
    assert!(told.contains("stage \"store\": none of its steps remembers anything"), "{told}");
}
