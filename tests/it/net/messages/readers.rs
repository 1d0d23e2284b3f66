//! Programs that pull or subscribe, and a sink that waits for them.

use super::*;
use crate::run::three;
use nix::sys::signal::Signal;

/// Numbers that go out by a sink.
fn out(sink: &str) -> String {
    three("", "").replace("\"sqlite\"", "\"zmq\"").replace("path = \"out.db\"", sink)
}

const BOUND: &str = "bind = \"ipc://out.ipc\"";

fn puller(room: &Sandbox) -> zmq::Socket {
    let pull = socket(zmq::PULL);
    pull.connect(&endpoint(room, "out.ipc")).unwrap();
    pull
}

/// A sink SHALL wait for a reader, and give it all, one record a message where that is said.
#[test]
fn a_reader_that_comes_late_gets_all() {
    let room = Sandbox::new();
    room.numbers("n.csv", 2_000);
    let running = room.start(&out(&format!("{BOUND}\nrows_max = 1")), &[]);
    room.wait_worker("store", "to have records", |worker| worker["in"].as_u64() > Some(0));
    assert_eq!(room.worker("store").unwrap()["out"], 0, "nobody is there");
    let pull = puller(&room);
    for n in 0..1_000 {
        let row: Value = serde_json::from_slice(&pull.recv_bytes(0).unwrap()).unwrap();
        assert_eq!((&row["n"], &row["x"]), (&(n * 2).into(), &(n * 2 % 10).into()));
    }
    let account = running.account();
    assert_eq!((&account["records"]["stored"], &account["records"]["lost"]), (&1_000.into(), &0.into()));
}

#[test]
fn a_reader_that_is_killed_costs_what_was_with_it_and_the_next_gets_the_rest() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    let running = room.start(&out(&format!("{BOUND}\nrows_max = 1\nqueue_max = 5")), &[]);
    let first = socket(zmq::PULL);
    first.set_rcvhwm(5).unwrap();
    first.connect(&endpoint(&room, "out.ipc")).unwrap();
    (0..100).for_each(|_| drop(first.recv_bytes(0).unwrap()));
    first.set_linger(0).unwrap();
    drop(first);
    let second = puller(&room);
    let number = |body: Vec<u8>| serde_json::from_slice::<Value>(&body).unwrap()["n"].as_u64().unwrap();
    let mut last = number(second.recv_bytes(0).unwrap());
    while last < 19_998 {
        let next = number(second.recv_bytes(0).unwrap());
        assert_eq!(next, last + 2, "none is missing between");
        last = next;
    }
    let account = running.account();
    assert_eq!(account["records"]["stored"], 10_000, "the socket had them all: {account}");
}

#[test]
fn patience_has_an_end_and_a_stop_is_heard_while_it_waits() {
    let room = Sandbox::new();
    room.numbers("n.csv", 2_000);
    let output = room.start(&out(&format!("{BOUND}\npatience = \"10ms\"")), &[]).end();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("nobody takes records at ipc://out.ipc"),
        "{}",
        text(&output.stderr)
    );
    let room = Sandbox::new();
    room.numbers("n.csv", 2_000);
    let running = room.start(&format!("drain_timeout = \"100ms\"\n{}", out(BOUND).trim_start()), &[]);
    room.wait_worker("store", "to have records", |worker| worker["in"].as_u64() > Some(0));
    running.signal(Signal::SIGTERM);
    let output = running.end();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert_eq!(crate::run::last_line(&output)["balances"], true);
}

/// A reader that reads nothing SHALL hold up no stop, and what it did not read be warned of.
#[test]
fn a_stop_warns_of_what_a_reader_has_not_read() {
    const RECORDS: u64 = 40;
    let room = Sandbox::new();
    let topology = fed("bind = \"ipc://in.ipc\"").replace("n = \"i64\"", "n = \"i64\", pad = \"str\"");
    let sink = format!("operator = \"zmq\"\nfrom = \"in\"\nrows_max = 1\n{BOUND}");
    let file = "operator = \"jsonl\"\nfrom = \"in\"\npath = \"out.jsonl\"\nif_exists = \"replace\"";
    let topology = topology.replace(file, &sink);
    let running = room.start(&format!("drain_timeout = \"5s\"\n{}", topology.trim_start()), &[]);
    let pull = socket(zmq::PULL);
    pull.set_rcvhwm(1).unwrap();
    pull.connect(&endpoint(&room, "out.ipc")).unwrap();
    let push = pusher(&room);
    let pad = "x".repeat(100_000);
    (0..RECORDS).for_each(|n| push.send(&format!("{{\"n\":{n},\"pad\":\"{pad}\"}}"), 0).unwrap());
    // The kernel does not take so much.
    room.wait_worker("out", "to have given all away", |worker| worker["out"].as_u64() == Some(RECORDS));
    running.signal(Signal::SIGTERM);
    let output = running.end();
    let said = text(&output.stderr);
    assert!(said.contains("what was sent last to ipc://out.ipc may not have come there"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// PUB SHALL give copies to all who are there, and wait for nobody.
#[test]
fn who_subscribes_gets_copies_and_nobody_is_waited_for() {
    let room = Sandbox::new();
    room.numbers("n.csv", 40_000);
    let topology = out(&format!("{BOUND}\nsocket = \"pub\"\nformat = \"json\""));
    let running =
        room.start(&topology.replace("path = \"n.csv\"", "path = \"n.csv\"\nrate = \"10k/s\""), &[]);
    room.wait_worker("store", "to run", |worker| worker["in"].as_u64() > Some(0));
    let both: Vec<zmq::Socket> = ["", "store"]
        .map(|topic| {
            let sub = socket(zmq::SUB);
            sub.set_subscribe(topic.as_bytes()).unwrap();
            sub.connect(&endpoint(&room, "out.ipc")).unwrap();
            sub
        })
        .into();
    for sub in &both {
        let parts = sub.recv_multipart(0).unwrap();
        assert_eq!((parts.len(), parts[0].as_slice()), (2, &b"store"[..]), "the topic is the stage's name");
        let row: Value = serde_json::from_str(text(&parts[1]).lines().next().unwrap()).unwrap();
        assert_eq!(row["n"].as_u64().unwrap() % 2, 0);
    }
    let account = running.account();
    assert_eq!(account["records"]["stored"], 20_000, "{account}");
}
