//! The sinks `tcp` and `unix`: what a reader gets, also one that goes away.

use super::{WATCHDOG, case, examples, reader};
use crate::run::{Sandbox, text, three, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::channel;

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(WATCHDOG)).unwrap();
    stream
}

#[test]
fn a_reader_gets_what_the_pages_say() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tcp", "unix"] {
        for example in examples("storage", name) {
            let (place, read) = if name == "tcp" {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                (listener.local_addr().unwrap().to_string(), reader(move || accept(&listener)))
            } else {
                let path = folder.path().join("reader.sock");
                let listener = UnixListener::bind(&path).unwrap();
                (path.display().to_string(), reader(move || listener.accept().unwrap().0))
            };
            let case = case("storage", name, &example, "connect", &place);
            let mut run = case.start().unwrap();
            for (inlet, from, to) in example.turns() {
                run.feed(inlet, &example.inputs[inlet].rows.batch, from, to).unwrap();
            }
            run.finish().unwrap();
            drop(run);
            assert_eq!(read.join().unwrap().trim_end(), example.stored.unwrap().text, "{name}");
        }
    }
}

/// A sink to a listener, behind 20,000 numbers.
fn into(listener: &TcpListener, more: &str) -> String {
    let place = listener.local_addr().unwrap();
    three("", more).replace("sqlite", "tcp").replace("path = \"out.db\"", &format!("connect = \"{place}\""))
}

/// A reader that goes away SHALL be waited for, and get the rest, from a whole line on; all counts as stored.
#[test]
fn a_reader_that_goes_away_gets_the_rest_when_it_is_back() {
    let room = Sandbox::new();
    room.numbers("n.csv", 200_000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = room.start(&into(&listener, ""), &[]);
    let mut seen = BTreeSet::new();
    let mut take = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        seen.insert(record["n"].as_u64().unwrap());
    };
    let mut first = BufReader::new(accept(&listener));
    for _ in 0..1000 {
        let mut line = String::new();
        first.read_line(&mut line).unwrap();
        take(&line);
    }
    drop(first);
    let mut rest = String::new();
    accept(&listener).read_to_string(&mut rest).unwrap();
    rest.lines().for_each(&mut take);
    let account = running.account();
    assert_eq!(account["records"]["stored"], 100_000, "{account}");
    assert_eq!(account["records"]["lost"], 0);
    assert!(seen.contains(&0) && seen.contains(&199_998) && seen.len() > 1000, "{}", seen.len());
    assert!(rest.ends_with("}\n"));
}

#[test]
fn a_slow_reader_loses_nothing() {
    let room = Sandbox::new();
    room.numbers("n.csv", 200_000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = room.start(&into(&listener, "format = \"csv\""), &[]);
    let mut stream = accept(&listener);
    // The stream stands still before the first byte is read.
    room.wait_worker("numbers", "is held up", |worker| {
        worker["state"] == "blocked" || worker["out"] == 200_000
    });
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    let mut lines = all.lines();
    assert_eq!(lines.next(), Some("n,x"));
    assert!(lines.eq((0..200_000).step_by(2).map(|n| format!("{n},{}", n % 10))));
    assert_eq!(running.account()["records"]["stored"], 100_000);
}

/// A reader that says back what it reads SHALL get all: it is heard while it takes no more.
#[test]
fn a_reader_that_talks_back_gets_all() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1_000_000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = room.start(&into(&listener, ""), &[]);
    let mut stream = accept(&listener);
    let (mut lines, mut piece) = (0, vec![0; 64 << 10]);
    loop {
        let n = stream.read(&mut piece).unwrap();
        if n == 0 {
            break;
        }
        lines += piece[..n].iter().filter(|byte| **byte == b'\n').count();
        stream.write_all(&piece[..n]).unwrap();
    }
    assert_eq!((lines, &running.account()["records"]["stored"]), (500_000, &Value::from(500_000)));
}

/// Patience SHALL begin with the trouble, not with the process: a reader may go away before the first record.
#[test]
fn a_reader_that_goes_away_before_the_first_record_is_waited_for() {
    let room = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let topology = format!(
        "name = \"t\"\n[[stage]]\nname = \"lines\"\noperator = \"jsonl\"\npath = \"in.fifo\"\n\
         types = {{ n = \"i64\" }}\n\
         [[stage]]\nname = \"store\"\noperator = \"tcp\"\nfrom = \"lines\"\nconnect = \"{place}\"\npatience = \"1s\"\n"
    );
    nix::unistd::mkfifo(&room.path("in.fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = room.start(&topology, &[]);
    let mut fifo = std::fs::OpenOptions::new().write(true).open(room.path("in.fifo")).unwrap();
    let first = accept(&listener);
    // Longer than its patience.
    let begun = std::time::Instant::now();
    wait_for("time to pass", || (begun.elapsed().as_millis() > 1_500).then_some(()));
    drop((first, listener));
    let back = std::thread::spawn(move || {
        let mut all = String::new();
        accept(&TcpListener::bind(place).unwrap()).read_to_string(&mut all).unwrap();
        all
    });
    fifo.write_all(b"{\"n\":1}\n").unwrap();
    drop(fifo);
    assert_eq!(back.join().unwrap(), "{\"n\":1}\n");
    assert_eq!(running.account()["records"]["stored"], 1);
}

/// A reader that takes its time and goes away before it has all SHALL be waited for again: while there is a connection
/// patience does not run.
#[test]
fn a_reader_that_breaks_off_late_is_waited_for_each_time() {
    let room = Sandbox::new();
    let line = format!("{{\"s\":\"{}\"}}\n", "x".repeat(800_000));
    room.write("in.jsonl", &line);
    let listener = UnixListener::bind(room.path("reader.sock")).unwrap();
    let running = room.start(
        "name = \"t\"\n[[stage]]\nname = \"lines\"\noperator = \"jsonl\"\npath = \"in.jsonl\"\n\
         types = { s = \"str\" }\n[[stage]]\nname = \"store\"\noperator = \"unix\"\nfrom = \"lines\"\n\
         connect = \"reader.sock\"\npatience = \"300ms\"\n",
        &[],
    );
    for _ in 0..2 {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
        let begun = std::time::Instant::now();
        wait_for("patience to be over", || (begun.elapsed().as_millis() > 600).then_some(()));
    }
    let mut all = String::new();
    listener.accept().unwrap().0.read_to_string(&mut all).unwrap();
    assert!(all == line, "{} bytes", all.len());
    assert_eq!(running.account()["records"]["stored"], 1);
}

#[test]
fn a_reader_that_is_not_there_is_waited_for_and_then_told() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let topology = into(&free, "patience = \"200ms\"");
    let place = free.local_addr().unwrap();
    drop(free);
    let failed = room.start(&topology, &[]).end();
    let told = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{told}");
    let expected = format!(
        "stage \"store\": operator \"tcp\": cannot connect to {place}: connection refused (start what listens there, \
         or raise \"patience\")"
    );
    assert!(told.contains(&expected), "{told}");
    // One that comes in time is found.
    let (up, comes) = channel();
    let late = std::thread::spawn(move || {
        comes.recv_timeout(WATCHDOG).unwrap();
        let mut all = String::new();
        accept(&TcpListener::bind(place).unwrap()).read_to_string(&mut all).unwrap();
        all
    });
    let running = room.start(&topology.replace("200ms", "60s"), &[]);
    wait_for("the sink to wait", || room.worker("store").filter(|worker| worker["pid"] != 0));
    up.send(()).unwrap();
    assert_eq!(late.join().unwrap().lines().count(), 5);
    assert_eq!(running.account()["records"]["stored"], 5);
}

#[test]
fn what_can_not_be_a_peer_is_told_before_anything_starts() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let long = format!("{}.sock", "x".repeat(110));
    for (operator, connect, told) in [
        ("tcp", "7000", "\"7000\" is not a host and a port, such as \"127.0.0.1:7000\""),
        ("tcp", "localhost", "\"localhost\" is not a host and a port"),
        ("tcp", "localhost:0", "is not a host and a port"),
        ("tcp", "localhost:99999", "is not a host and a port"),
        ("tcp", "tcp://localhost:7000", "is not a host and a port"),
        ("tcp", ":7000", "is not a host and a port"),
        ("unix", "", "the path names no socket: name a file"),
        ("unix", &long, "the path has 115 bytes, and that of a socket at most 107"),
    ] {
        let place = format!("connect = {connect:?}");
        let sink = three("", "").replace("sqlite", operator).replace("path = \"out.db\"", &place);
        room.write("t.toml", &sink);
        let failed = room.sluicebox(&["check", "t.toml"]);
        let said = text(&failed.stderr);
        assert!(failed.status.code() == Some(2) && said.contains(told), "{connect}: {said}");
    }
}
