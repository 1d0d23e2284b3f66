//! The source and the sink `zmq`: what other programs send and get, over faults of both sides.

mod feeds;
mod hostile;
mod pages;
mod python;
mod raw;
mod readers;
mod stops;

use crate::run::{Running, Sandbox, text, wait_for};
use serde_json::Value;

/// A source of numbers, their rejects, and files for both.
fn fed(source: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "in"
operator = "zmq"
max_rejects = "100%"
types = {{ n = "i64" }}
{source}
[[stage]]
name = "out"
operator = "jsonl"
from = "in"
path = "out.jsonl"
if_exists = "replace"
[[stage]]
name = "bad"
operator = "jsonl"
from = "in/rejected"
path = "bad.jsonl"
if_exists = "replace"
"#
    )
}

const BOUND: &str = "bind = \"ipc://in.ipc\"";

/// A socket of libzmq that gives up after a while.
fn socket(kind: zmq::SocketType) -> zmq::Socket {
    let socket = zmq::Context::new().socket(kind).unwrap();
    socket.set_linger(10_000).unwrap();
    socket.set_rcvtimeo(60_000).unwrap();
    socket.set_sndtimeo(60_000).unwrap();
    socket
}

/// The endpoint of a file of the test's folder.
fn endpoint(room: &Sandbox, name: &str) -> String {
    format!("ipc://{}", room.path(name).display())
}

/// One who pushes into the source.
fn pusher(room: &Sandbox) -> zmq::Socket {
    let push = socket(zmq::PUSH);
    push.connect(&endpoint(room, "in.ipc")).unwrap();
    push
}

/// Waits until a stage has got so many records.
fn wait_in(room: &Sandbox, stage: &str, records: u64) {
    room.wait_worker(stage, "to have all", |worker| worker["in"].as_u64() >= Some(records));
}

/// Stops a run that goes on for ever; its account, which must balance.
fn stopped(room: &Sandbox, running: Running) -> Value {
    running.signal(nix::sys::signal::Signal::SIGTERM);
    let account = running.account();
    assert_eq!(account["balances"], true, "{account}");
    room.audit();
    account
}

/// What a file holds, line by line.
fn lines(room: &Sandbox, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(room.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(room: &Sandbox) -> Vec<u64> {
    lines(room, "out.jsonl").iter().map(|row| row["n"].as_u64().unwrap()).collect()
}
