//! Where stages run and how they wait: `engine`, `wait`, `cpus`, `[machine]`.

use super::{Sandbox, text, three, wait_for};
use nix::sys::signal::Signal;
use std::fs;

const ROWS: usize = 20_000;

fn sound(room: &Sandbox, topology: &str) {
    room.numbers("n.csv", ROWS);
    let account = room.run(topology);
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()));
    assert_eq!(account["records"]["stored"], ROWS / 2);
    room.audit();
}

/// What holds the sockets of a running topology: files that a worker's process has open, by kind.
fn descriptors(room: &Sandbox, stage: &str) -> Vec<String> {
    let pid = room.worker(stage).unwrap()["pid"].clone();
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .map(|to| to.display().to_string())
        .collect()
}

/// The threads of libzmq are there when it is asked for, by the file, a stage or the environment, and only then.
#[test]
fn the_engine_is_chosen_by_file_stage_and_environment() {
    let threads = |topology: &str, engine: &str| {
        let room = Sandbox::new();
        room.numbers("n.csv", ROWS);
        room.write("t.toml", topology);
        let mut command = room.command(&["run", "t.toml", "--json"]);
        command.env("SLUICEBOX_ENGINE", engine);
        let running = super::Running::of(command.spawn().unwrap());
        room.wait_worker("store", "runs", |worker| worker["in"].as_u64().unwrap() > 10);
        let of = |stage: &str| {
            let pid = room.worker(stage).unwrap()["pid"].clone();
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
            // A thread may end between the two readings.
            let name =
                |task: std::io::Result<fs::DirEntry>| fs::read_to_string(task.ok()?.path().join("comm")).ok();
            let names = tasks.filter_map(name);
            names.filter(|name| name.starts_with("ZMQ")).count()
        };
        // Nobody comes to an end while it is looked at.
        room.signal("numbers", Signal::SIGSTOP);
        let found = ["even", "store"].map(|stage| of(stage) > 0);
        room.signal("numbers", Signal::SIGCONT);
        running.account();
        found
    };
    let slow = three(r#"rate = "10k/s""#, "");
    let name = "name = \"t\"\n";
    assert_eq!(threads(&slow, ""), [false, false], "direct where nobody says another thing");
    let all = slow.replacen(name, "name = \"t\"\nengine = \"libzmq\"\n", 1);
    assert_eq!(threads(&all, ""), [true, true]);
    assert_eq!(threads(&all, "direct"), [false, false], "the environment lies over the file");
    assert_eq!(threads(&slow, "libzmq"), [true, true]);
    let one = slow.replace("name = \"even\"", "name = \"even\"\nengine = \"libzmq\"");
    assert_eq!(threads(&one, ""), [true, false], "the engines understand each other");
}

#[test]
fn an_engine_that_does_not_exist_is_told_by_the_name_of_the_variable() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", ""));
    let output = super::Running::of(
        room.command(&["check", "t.toml"]).env("SLUICEBOX_ENGINE", "0mq").spawn().unwrap(),
    )
    .end();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("SLUICEBOX_ENGINE is \"0mq\": it may be \"direct\" or \"libzmq\""), "{said}");
}

#[test]
fn every_way_to_wait_loses_nothing() {
    for wait in ["park", "adaptive", "spin"] {
        for engine in ["direct", "libzmq"] {
            let keys = format!("wait = \"{wait}\"\nengine = \"{engine}\"\n");
            sound(&Sandbox::new(), &three("", "").replace("[[stage]]\n", &format!("[[stage]]\n{keys}")));
        }
    }
}

#[test]
fn a_stage_runs_on_its_processors_only() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20 * ROWS);
    let topology = three(r#"rate = "20k/s""#, "cpus = [0]").replacen("[[stage]]", "cpus = 1\n[[stage]]", 1);
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        eprintln!("skipped: there is one processor");
        return;
    }
    let running = room.start(&topology, &[]);
    for (stage, processor) in [("numbers", "1"), ("even", "1"), ("store", "0")] {
        room.wait_worker(stage, "runs", |worker| worker["state"] == "running");
        let status =
            fs::read_to_string(format!("/proc/{}/status", room.worker(stage).unwrap()["pid"])).unwrap();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
        assert_eq!(allowed.trim(), processor, "{stage}");
    }
    running.signal(nix::sys::signal::Signal::SIGINT);
    running.account();
}

/// The kernel's file is held while the topology runs, or it is said why not.
#[test]
fn shallow_idle_is_held_or_it_is_said_why_not() {
    const FILE: &str = "/dev/cpu_dma_latency";
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let topology =
        three(r#"rate = "20k/s""#, "").replacen("[[stage]]", "[machine]\nidle = \"shallow\"\n[[stage]]", 1);
    let may = fs::File::options().write(true).open(FILE).is_ok();
    let running = room.start(&topology, &[]);
    if may {
        let folder = format!("/proc/{}/fd", running.pid());
        let held = || {
            let mut entries = fs::read_dir(&folder).ok()?;
            let is = |entry: std::io::Result<fs::DirEntry>| fs::read_link(entry.ok()?.path()).ok();
            entries.any(|entry| is(entry).is_some_and(|to| to.as_os_str() == FILE)).then_some(())
        };
        wait_for("the file to be held", held);
    }
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr).contains("can't be had here"), !may);
}

/// A stage on direct links has few descriptors: a listener, and a connection for each peer.
#[test]
fn a_direct_link_takes_one_descriptor_at_each_end() {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(&three(r#"rate = "20k/s""#, ""), &[]);
    room.wait_worker("store", "runs", |worker| worker["in"].as_u64().unwrap() > 10);
    let open = descriptors(&room, "even");
    let sockets = open.iter().filter(|to| to.starts_with("socket:")).count();
    assert_eq!(sockets, 4, "listener, inlet, outlet, and where it can be watched: {open:?}");
    running.account();
}
