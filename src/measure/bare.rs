//! One process of the baseline: the same hop as a stage's worker, as one would write it by hand on libzmq. One message
//! a record, blocking receives, no polling; every message is counted.
//!
//! ```text
//!   stdin    connect        go START                                 (closed)
//!   stdout           bound  ready ...................... done             ends
//! ```
//!
//! Over ipc libzmq may lose the last messages of a socket that is closed while its receiver is full, whatever the
//! linger (zeromq/libzmq#4660). So each link ends with a message that says so, and no process closes a socket before
//! all have said that they are done.

use super::figures::part_sent;
use super::parts::{CHAIN, Chain, Count, Outlet, ages_path, count_path, socket_path};
use crate::clock::mono_ns;
use crate::error::{Error, Result, reason};
use crate::latency::{Encoder, Timings};
use nix::poll::ppoll;
use nix::sys::time::TimeSpec;
use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::time::Duration;

const HELLO: u8 = 0;
const DATA: u8 = 1;
const END: u8 = 2;
/// Kind and link, number on the link, when it was due.
const HEAD: usize = 24;
/// Messages; more than are ever on their way at a rate that can be held.
const HIGH_WATER_MARK: i32 = 100_000;

/// A source that is later than this at its end sends no more.
const LATE_NS: u64 = 1_000_000_000;

/// Is process `n` of the baseline that is described in `folder`.
pub fn node(folder: &Path, n: usize) -> Result<()> {
    let text = std::fs::read(folder.join(CHAIN)).map_err(|e| cannot("read its part", reason(&e)))?;
    let chain: Chain = serde_json::from_slice(&text).map_err(|e| cannot("read its part", e.to_string()))?;
    let of = chain.nodes.get(n).ok_or_else(|| cannot("find its part", format!("there is no {n}")))?;
    let context = zmq::Context::new();
    let inbox = if of.inlets > 0 { Some(bind(&context, &socket_path(folder, n))?) } else { None };
    let mut told = std::io::stdin().lock();
    say("bound")?;
    hear(&mut told, "connect")?;
    let connect = |outlet: &Outlet| connect(&context, &socket_path(folder, outlet.to), *outlet);
    let mut outboxes = of.outlets.iter().map(connect).collect::<Result<Vec<_>>>()?;
    outboxes.iter_mut().try_for_each(|outbox| outbox.send(HELLO, 0))?;
    let mut node = Running { inbox, outboxes, count: Count::default(), ages: Timings::default(), taken: 0 };
    node.greet(of.inlets)?;
    say("ready")?;
    let start = hear(&mut told, "go")?;
    let start: u64 = start.trim().parse().map_err(|_| cannot("begin", "it was told no time".to_string()))?;
    let (begin, end) = (start + chain.warmup_ns, start + chain.warmup_ns + chain.span_ns);
    match of.inlets {
        0 => node.make(of.rate, start, begin, end)?,
        inlets => node.pass_on(inlets, of.end.then_some(begin))?,
    }
    node.outboxes.iter_mut().try_for_each(|outbox| outbox.send(END, 0))?;
    node.count.sent = node.outboxes.iter().map(|outbox| (outbox.of.link, outbox.sent)).collect();
    let mut ages = Vec::new();
    node.ages.write(&mut Encoder::default(), &mut ages);
    let count = serde_json::to_vec(&node.count).expect("a count is plain data");
    std::fs::write(ages_path(folder, n), ages)
        .and_then(|()| std::fs::write(count_path(folder, n), count))
        .map_err(|e| cannot("leave its count", reason(&e)))?;
    say("done")?;
    // Its sockets stay open until all others have taken what it sent.
    told.read_to_end(&mut Vec::new()).map(|_| ()).map_err(|e| cannot("read stdin", reason(&e)))
}

struct Running {
    inbox: Option<zmq::Socket>,
    outboxes: Vec<Outbox>,
    count: Count,
    ages: Timings,
    /// Messages taken, or records made.
    taken: u64,
}

struct Outbox {
    socket: zmq::Socket,
    of: Outlet,
    sent: u64,
}

impl Running {
    /// Waits for the first message of each link: then all are connected.
    fn greet(&mut self, inlets: usize) -> Result<()> {
        let mut message = zmq::Message::new();
        for _ in 0..inlets {
            let (kind, link, ..) = receive(self.inbox.as_ref(), &mut message)?;
            if kind != HELLO {
                return Err(cannot("begin", format!("link {link} did not begin with a greeting")));
            }
            self.count.received.push((link, 0));
        }
        Ok(())
    }

    /// A source: an open loop, or flat out.
    fn make(&mut self, rate: Option<f64>, start: u64, begin: u64, end: u64) -> Result<()> {
        nix::sys::prctl::set_timerslack(1).map_err(|e| cannot("sleep precisely", e.to_string()))?;
        sleep_until(start);
        let late = begin + (end - begin) / 3 * 2;
        loop {
            let due = rate.map_or_else(mono_ns, |rate| start + (self.taken as f64 / rate * 1e9) as u64);
            // One that can't keep its rate is not waited for: what it has left to send is late anyway.
            if due >= end || mono_ns() > end + LATE_NS {
                break;
            }
            if rate.is_some() {
                sleep_until(due);
            }
            self.forward(due)?;
            let now = mono_ns();
            if now < begin || now > end {
                continue;
            }
            self.count.made += 1;
            if let Some(rate) = rate.filter(|_| now >= late) {
                self.kept_at(now - begin, rate);
            }
        }
        if let Some(rate) = rate {
            self.kept_at(end - begin, rate);
        }
        Ok(())
    }

    /// Which part of what was scheduled has been sent, if it is the best so far.
    fn kept_at(&mut self, ns: u64, rate: f64) {
        let kept = part_sent(self.count.made, rate, ns as f64 / 1e9);
        self.count.kept = self.count.kept.max(kept);
    }

    /// Any other: takes what comes until all links have ended. `begin`: from when on what comes is timed.
    fn pass_on(&mut self, inlets: usize, begin: Option<u64>) -> Result<()> {
        let mut message = zmq::Message::new();
        let mut open = inlets;
        while open > 0 {
            let (kind, link, seq, due) = receive(self.inbox.as_ref(), &mut message)?;
            if kind == END {
                open -= 1;
                continue;
            }
            let known = self.count.received.iter_mut().find(|(known, _)| *known == link);
            match known {
                Some((_, next)) if *next == seq => *next += 1,
                _ => self.count.strays += 1,
            }
            if begin.is_some_and(|begin| due >= begin) {
                self.ages.age.record(mono_ns().saturating_sub(due));
            }
            self.forward(due)?;
        }
        Ok(())
    }

    /// Sends what one message taken makes on each link.
    fn forward(&mut self, due: u64) -> Result<()> {
        let taken = self.taken;
        self.taken += 1;
        for outbox in &mut self.outboxes {
            for _ in 0..part(outbox.of.share, taken) {
                outbox.send(DATA, due)?;
            }
        }
        Ok(())
    }
}

/// How many messages message `n` makes, so that all together make `share` of them.
fn part(share: f64, n: u64) -> u64 {
    let whole = |n: u64| (n as f64 * share + 1e-6).floor() as u64;
    whole(n + 1) - whole(n)
}

impl Outbox {
    fn send(&mut self, kind: u8, due: u64) -> Result<()> {
        let mut message = zmq::Message::with_size(self.of.bytes.max(HEAD));
        message[0] = kind;
        message[4..8].copy_from_slice(&self.of.link.to_le_bytes());
        message[8..16].copy_from_slice(&self.sent.to_le_bytes());
        message[16..24].copy_from_slice(&due.to_le_bytes());
        self.sent += u64::from(kind == DATA);
        self.socket.send(message, 0).map_err(|e| cannot("send", e.message().to_string()))
    }
}

/// Kind, link, number, due.
fn receive(inbox: Option<&zmq::Socket>, message: &mut zmq::Message) -> Result<(u8, u32, u64, u64)> {
    let inbox = inbox.expect("a process with links into it has bound its socket");
    while let Err(e) = inbox.recv(message, 0) {
        if e != zmq::Error::EINTR {
            return Err(cannot("receive", e.message().to_string()));
        }
    }
    let head = message.first_chunk::<HEAD>().ok_or_else(|| cannot("receive", "too short".to_string()))?;
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
    Ok((head[0], (word(0) >> 32) as u32, word(8), word(16)))
}

fn bind(context: &zmq::Context, path: &Path) -> Result<zmq::Socket> {
    let open = || {
        let socket = context.socket(zmq::PULL)?;
        socket.set_rcvhwm(HIGH_WATER_MARK)?;
        socket.bind(&format!("ipc://{}", path.display()))?;
        Ok(socket)
    };
    open().map_err(|e: zmq::Error| cannot("bind", e.message().to_string()))
}

fn connect(context: &zmq::Context, path: &Path, of: Outlet) -> Result<Outbox> {
    let open = || {
        let socket = context.socket(zmq::PUSH)?;
        socket.set_sndhwm(HIGH_WATER_MARK)?;
        socket.connect(&format!("ipc://{}", path.display()))?;
        Ok(socket)
    };
    let socket = open().map_err(|e: zmq::Error| cannot("connect", e.message().to_string()))?;
    Ok(Outbox { socket, of, sent: 0 })
}

/// As a source of ours waits: by ppoll.
fn sleep_until(due: u64) {
    while let Some(ns) = due.checked_sub(mono_ns()).filter(|ns| *ns > 0) {
        // An interrupted wait is begun again.
        let _ = ppoll(&mut [], Some(TimeSpec::from_duration(Duration::from_nanos(ns))), None);
    }
}

fn say(word: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}").and_then(|()| out.flush()).map_err(|e| cannot("speak", reason(&e)))
}

/// The rest of a line that begins with `word`.
fn hear(told: &mut impl BufRead, word: &str) -> Result<String> {
    let mut line = String::new();
    told.read_line(&mut line).map_err(|e| cannot("read stdin", reason(&e)))?;
    let rest = line.strip_prefix(word).map(str::to_string);
    rest.ok_or_else(|| cannot("go on", format!("it was told \"{}\" and not \"{word}\"", line.trim())))
}

fn cannot(what: &str, why: String) -> Error {
    Error::failed(format!("a process of the baseline cannot {what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_out_whole_and_evenly() {
        let made = |share: f64| (0..1000).map(|n| part(share, n)).collect::<Vec<_>>();
        assert_eq!(made(1.0), [1; 1000]);
        assert_eq!(made(0.25).iter().sum::<u64>(), 250);
        assert!(made(0.25).chunks(4).all(|four| four.iter().sum::<u64>() == 1));
        assert_eq!((made(2.5).iter().sum::<u64>(), made(0.0).iter().sum::<u64>()), (2500, 0));
        // A third as f64 is a little less than a third.
        assert_eq!((0..3_000_000).map(|n| part(1.0 / 3.0, n)).sum::<u64>(), 1_000_000);
    }
}
