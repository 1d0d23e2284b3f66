//! One hop over ipc between two processes: what does a link of ours cost over bare libzmq?
//!
//! ```text
//!                    a clock says when each record is due (open loop)
//!                                        |
//!        sender process                  v                 receiver process
//!   bare  100 bytes ───────────────── PUSH ══ ipc ══ PULL ───────────────────────── due to now
//!   ours  batch > encode > header ─── PUSH ══ ipc ══ PULL ─ header > judge > decode ─ due to now
//! ```
//!
//! One record a message on both sides, 100 bytes of payload each (ours: id, birth and a text of 84 bytes), the same
//! socket options, the same pacing and the same waiting in poll. A record's time runs from when it SHOULD have been
//! sent, so a stall counts for all it delays. The first tenth of each run is not timed. Nothing is asserted about time.
//!
//! `cargo bench --bench one_way -- [--rate 10k] [--for 2s] [--repeat 6] [--smoke]`

mod common;

use common::abba::{Ratio, rounds};
use common::args::{self, Args, Opt};
use common::bare::RECORD_BYTES;
use common::child::{self, Part};
use common::median::median;
use common::pace::{paced, sleep};
use common::{compare, cue, report};
use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result};
use sluicebox::latency::Latency;
use sluicebox::wire::codec;
use sluicebox::wire::header::{Header, Kind, LEN};
use sluicebox::wire::link::{Received, Verdict};
use sluicebox::wire::socket::{Context, Inbox, Outbox};
use std::path::Path;
use std::process::ExitCode;

const FRAME_MAX: u64 = 1 << 20;
/// Nothing came for so long: something is broken.
const SILENCE_NS: u64 = 5_000_000_000;
/// Two processes, each with its own thread and an I/O thread of libzmq.
const BUSY_THREADS: usize = 4;

/// The sending end: a record that was due at `due_ns`; false when there is no room for it now.
trait Sends {
    fn send(&mut self, due_ns: u64) -> Result<bool>;
}

/// The receiving end.
trait Receives {
    /// When the next record was due, if one is there.
    fn take(&mut self) -> Result<Option<u64>>;
    /// Waits for one; false when the time was up before.
    fn wait(&mut self, ns: u64) -> Result<bool>;
}

// Bare libzmq.

struct BareSender(zmq::Socket);
struct BareReceiver(zmq::Socket);

fn bare_sender(context: &zmq::Context, path: &Path) -> Result<BareSender> {
    let open = || {
        let socket = context.socket(zmq::PUSH)?;
        socket.set_linger(0)?;
        socket.set_sndhwm(8192)?;
        socket.connect(&format!("ipc://{}", path.display()))?;
        Ok(socket)
    };
    open().map(BareSender).map_err(|e| bare("connect", e))
}

fn bare_receiver(context: &zmq::Context, path: &Path) -> Result<BareReceiver> {
    let open = || {
        let socket = context.socket(zmq::PULL)?;
        socket.set_linger(0)?;
        socket.set_rcvhwm(8192)?;
        socket.bind(&format!("ipc://{}", path.display()))?;
        Ok(socket)
    };
    open().map(BareReceiver).map_err(|e| bare("bind", e))
}

impl Sends for BareSender {
    fn send(&mut self, due_ns: u64) -> Result<bool> {
        let mut message = zmq::Message::with_size(RECORD_BYTES);
        message.fill(b'x');
        message[..8].copy_from_slice(&due_ns.to_le_bytes());
        match self.0.send(message, zmq::DONTWAIT) {
            Ok(()) => Ok(true),
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => Ok(false),
            Err(e) => Err(bare("send", e)),
        }
    }
}

impl Receives for BareReceiver {
    fn take(&mut self) -> Result<Option<u64>> {
        let mut message = zmq::Message::new();
        match self.0.recv(&mut message, zmq::DONTWAIT) {
            Ok(()) => {
                let due = message.first_chunk().ok_or_else(|| Error::failed("a message is too short"))?;
                Ok(Some(u64::from_le_bytes(*due)))
            }
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => Ok(None),
            Err(e) => Err(bare("receive", e)),
        }
    }

    fn wait(&mut self, ns: u64) -> Result<bool> {
        match zmq::poll(&mut [self.0.as_poll_item(zmq::POLLIN)], ns.div_ceil(1_000_000) as i64) {
            Ok(ready) => Ok(ready > 0),
            Err(zmq::Error::EINTR) => Ok(true),
            Err(e) => Err(bare("wait", e)),
        }
    }
}

fn bare(what: &str, e: zmq::Error) -> Error {
    Error::failed(format!("bare libzmq cannot {what}: {}", e.message()))
}

// Ours.

struct OurSender {
    outbox: Outbox,
    batch: Batch,
    text: String,
    body: Vec<u8>,
    seq: u64,
    bytes: u64,
}

struct OurReceiver {
    inbox: Inbox,
    batch: Batch,
    received: Received,
}

fn schema() -> Schema {
    Schema::of(&[("text", Type::Str)])
}

fn our_sender(context: &Context, path: &Path) -> Result<OurSender> {
    Ok(OurSender {
        outbox: context.connect(path)?,
        batch: Batch::new(&schema()),
        // With its id and its birth a record has RECORD_BYTES.
        text: "x".repeat(RECORD_BYTES - 16),
        body: Vec::new(),
        seq: 0,
        bytes: 0,
    })
}

fn our_receiver(context: &Context, path: &Path) -> Result<OurReceiver> {
    let inbox = context.bind(Some(path), None, FRAME_MAX, std::sync::Arc::new(|_| false))?;
    Ok(OurReceiver { inbox, batch: Batch::new(&schema()), received: Received::default() })
}

impl Sends for OurSender {
    fn send(&mut self, due_ns: u64) -> Result<bool> {
        self.batch.clear();
        self.batch.id.push(self.seq);
        self.batch.born_ns.push(due_ns);
        self.batch.columns[0].push(Value::Str(&self.text));
        self.body.clear();
        codec::encode(&self.batch, &mut self.body);
        let bytes = self.bytes + self.body.len() as u64;
        let header = Header {
            count: 1,
            body_len: self.body.len() as u32,
            seq: self.seq,
            sent_ns: mono_ns(),
            bytes,
            ..Header::new(Kind::Data, 1, 1)
        };
        let taken = self.outbox.offer(&header.write(), &self.body)?;
        if taken {
            (self.seq, self.bytes) = (self.seq + 1, bytes);
        }
        Ok(taken)
    }
}

impl Receives for OurReceiver {
    fn take(&mut self) -> Result<Option<u64>> {
        let Some(frame) = self.inbox.take()? else { return Ok(None) };
        let (header, body) = Header::read(frame).map_err(|why| Error::failed(format!("a frame is {why}")))?;
        if self.received.judge(&header) != Verdict::Take {
            return Err(Error::failed(format!("frame {} came twice", header.seq)));
        }
        self.batch.clear();
        codec::decode(body, header.count as usize, header.has(Header::LATE), &mut self.batch).ok_or_else(
            || Error::failed(format!("frame {} ({LEN} bytes and a body) is broken", header.seq)),
        )?;
        Ok(self.batch.born_ns.first().copied())
    }

    fn wait(&mut self, ns: u64) -> Result<bool> {
        self.inbox.wait(None, [None; 2], ns)
    }
}

// What is the same for both.

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Bare,
    Ours,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Bare => "bare",
            Side::Ours => "ours",
        }
    }
}

/// Sends `count` records at a rate, from when it is told to; says how many had left by the end of their time, and
/// stays until it may end.
fn send(sender: &mut impl Sends, rate: f64, count: u64) -> Result<()> {
    // The first one shows that the two are connected.
    offer(sender, mono_ns())?;
    cue::wait()?;
    println!("{}", paced(rate, count, |due| offer(sender, due))?);
    cue::stay()
}

fn offer(sender: &mut impl Sends, due_ns: u64) -> Result<()> {
    while !sender.send(due_ns)? {
        sleep(20_000)?;
    }
    Ok(())
}

/// Takes `count` records and gives each one's age to `record`.
fn receive(from: &mut impl Receives, count: u64, mut record: impl FnMut(u64, u64)) -> Result<()> {
    for n in 0..count {
        let due = loop {
            if let Some(due) = from.take()? {
                break due;
            }
            if !from.wait(SILENCE_NS)? {
                return Err(Error::failed(format!("record {n} of {count} did not come: the sender died")));
            }
        };
        record(n, mono_ns().saturating_sub(due));
    }
    Ok(())
}

/// One run: p50 and p99 in microseconds, and the share of records that were sent by the end of their time.
struct Run {
    p50: f64,
    p99: f64,
    in_time: f64,
}

fn run(side: Side, receiver: &mut impl Receives, path: &Path, (rate, count): (f64, u64)) -> Result<Run> {
    let words = ["sender", side.name(), &path.display().to_string(), &rate.to_string(), &count.to_string()];
    let mut sender = Part::start(&words.map(str::to_string))?;
    receive(receiver, 1, |_, _| {})?;
    cue::go(&mut sender)?;
    let mut ages = Latency::default();
    receive(receiver, count, |n, age| {
        if n >= count / 10 {
            ages.record(age);
        }
    })?;
    let [in_time] = sender.says()?;
    sender.leave()?;
    let us = |share| ages.percentile_ns(share).unwrap_or(0) as f64 / 1e3;
    Ok(Run { p50: us(0.5), p99: us(0.99), in_time: in_time / count as f64 })
}

fn measure(side: Side, pace: (f64, u64)) -> Result<Run> {
    let folder = tempfile::tempdir().map_err(|e| Error::failed(format!("cannot make a folder: {e}")))?;
    let path = folder.path().join("0");
    let run = match side {
        Side::Bare => run(side, &mut bare_receiver(&zmq::Context::new(), &path)?, &path, pace)?,
        Side::Ours => run(side, &mut our_receiver(&Context::default(), &path)?, &path, pace)?,
    };
    let late = if run.in_time < 0.99 { "  INVALID: the sender could not keep the rate" } else { "" };
    println!("{}  p50 {:9.1} us  p99 {:9.1} us{late}", side.name(), run.p50, run.p99);
    Ok(run)
}

fn compare(args: &Args) -> Result<()> {
    let (load, repeat) = (compare::load(args)?, compare::repeat(args)?);
    println!(
        "one hop over ipc, {RECORD_BYTES}-byte records, one a message, {load}; {repeat} pairs, taken as bare, ours, \
         ours, bare"
    );
    report::warn_of_cores(BUSY_THREADS);
    let runs = rounds(&[Side::Bare, Side::Ours], repeat, |side| measure(*side, (load.rate, load.count())))?;
    println!("median of {repeat} pairs; ours/bare with its 95 % interval:");
    for (name, value) in [("p50", (|run| run.p50) as fn(&Run) -> f64), ("p99", |run| run.p99)] {
        let [bare, ours]: [Vec<f64>; 2] = [0, 1].map(|side| runs[side].iter().map(value).collect());
        let ratio = Ratio::of(&ours, &bare);
        println!("{name}  bare {:9.1} us  ours {:9.1} us  ours/bare {ratio}", median(bare), median(ours));
    }
    Ok(())
}

/// What `run` starts: SIDE PATH RATE COUNT.
fn sender(words: &[String]) -> Result<()> {
    let usage = || Error::usage("--part is for this bench's own use");
    let [_, side, path, rate, count] = words else { return Err(usage()) };
    let (rate, count) = rate.parse().ok().zip(count.parse().ok()).ok_or_else(usage)?;
    let path = Path::new(path);
    if side == Side::Bare.name() {
        return send(&mut bare_sender(&zmq::Context::new(), path)?, rate, count);
    }
    send(&mut our_sender(&Context::default(), path)?, rate, count)
}

const OPTIONS: &[Opt] = &[
    compare::RATE,
    Opt { usual: "2s", ..compare::FOR },
    Opt { name: "--repeat", usual: "6", smoke: "2", about: "a number of pairs" },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(sender(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
