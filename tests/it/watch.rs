//! Looking at a stream while it runs: any SUB of ZeroMQ may, nobody is held up by it, and who looks knows what it
//! missed.

mod command;
mod edges;
mod feed;
mod hostile;
mod subscriber;

use crate::run::{Running, Sandbox, text, three, wait_for};
use serde_json::Value;
use std::process::{Child, Output};

/// A message as a SUB gets it.
#[derive(Debug)]
struct Message {
    topic: String,
    worker: u64,
    epoch: u64,
    seq: u64,
    count: u64,
    body: Vec<u8>,
}

impl Message {
    fn end(&self) -> u64 {
        self.seq + self.count
    }

    /// The objects of a body of JSON.
    fn rows(&self) -> Vec<Value> {
        text(&self.body).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A SUB of libzmq at the process of a stage's first worker.
struct Sub {
    socket: zmq::Socket,
}

impl Sub {
    /// Connects to the worker, which must be there, and waits until it is heard: nothing is missed from then on.
    fn at(room: &Sandbox, stage: &str, topic: &str) -> Sub {
        let worker = room.wait_worker(stage, "to be watched", |worker| worker["watch"].is_string());
        let sub = Sub::to(worker["watch"].as_str().unwrap());
        sub.socket.set_subscribe(topic.as_bytes()).unwrap();
        sub
    }

    fn to(endpoint: &str) -> Sub {
        let socket = zmq::Context::new().socket(zmq::SUB).unwrap();
        socket.set_rcvtimeo(30_000).unwrap();
        socket.set_linger(0).unwrap();
        socket.connect(endpoint).unwrap();
        Sub { socket }
    }

    fn next(&self) -> Message {
        self.heard().expect("a message within 30 s")
    }

    /// The next message, if one comes in time.
    fn heard(&self) -> Option<Message> {
        let parts = self.socket.recv_multipart(0).ok()?;
        let [topic, head, body] = parts.try_into().expect("three parts");
        let words: Vec<u64> =
            head.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
        let [life, seq, count] = words[..] else { panic!("a head of 24 bytes, not {head:?}") };
        let topic = String::from_utf8(topic).unwrap();
        Some(Message { topic, worker: life >> 32, epoch: life & 0xffff_ffff, seq, count, body })
    }

    /// The next message that has records.
    fn records(&self) -> Message {
        loop {
            let message = self.next();
            if message.count > 0 {
                return message;
            }
        }
    }
}

/// `watch` of the test's topology, as a child.
fn watching(room: &Sandbox, args: &[&str]) -> Child {
    room.command(&[&["watch", "t.toml"], args].concat()).spawn().unwrap()
}

/// How many records a `watch` has seen and missed, as it says at its end.
fn told(output: &Output) -> (u64, u64) {
    let said = text(&output.stderr);
    let line = said.lines().rfind(|line| line.starts_with("watched ")).unwrap_or_else(|| panic!("{said}"));
    let numbers = line.replace(',', "");
    let numbers: Vec<u64> = numbers.split(' ').filter_map(|word| word.parse().ok()).collect();
    (line.split(' ').nth(1).unwrap().replace(',', "").parse().unwrap(), *numbers.last().unwrap())
}

/// A source, a filter and a sink; `rate` of the source.
fn paced(rate: &str) -> String {
    three(&format!("rate = \"{rate}\""), "if_exists = \"replace\"")
}

fn sum(account: &Value, what: &str) -> u64 {
    account["records"][what].as_u64().unwrap()
}

/// Runs until a stage has done something.
fn started(room: &Sandbox, topology: &str, stage: &str) -> Running {
    let run = room.start(topology, &[]);
    room.wait_worker(stage, "to work", |worker| worker["in"].as_u64() > Some(0));
    run
}
