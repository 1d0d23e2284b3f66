//! Three hops between four processes: what does a record pay on bare sockets, and what on ours?
//!
//! ```text
//!              a clock says when each record is due (open loop)
//!                                 |
//!                                 v
//!   zmq       source ── PUSH ══ ipc ══ PULL ── hop ── PUSH ══ ipc ══ PULL ── hop ── PUSH ══ ipc ══ PULL ── sink
//!   unix      source ──── Unix stream ──────── hop ──── Unix stream ──────── hop ──── Unix stream ──────── sink
//!   direct    shop > select > derive ═ link ═ select ══════ link ═══════════ select ══════ link ═════════ null
//!   libzmq    the same, with engine = "libzmq" in every stage
//!   threads   the same, with process = "p" in every stage: four threads of one process
//!   steps     shop > select > derive > select > select > null, in one stage
//!   one_core  as direct, all processes kept on one core
//! ```
//!
//! A record has 100 bytes on every side. `zmq` sends a message a record and waits in a blocking receive; `unix` writes
//! a record at once, behind its length, and reads what is there, without an I/O thread. Ours is the program itself, at
//! work on a topology. Ages run from when a record SHOULD have been sent, so a stall counts for all it delays, and from
//! when it was sent. CPU time is that of all processes, the launcher included. What is told lies behind the warm-up: a
//! tenth of a run, half a second at least; of ours, up to the moment when the sink first tells how old records are.
//!
//! `cargo bench --bench chain -- [--rate 10k] [--for 5s] [--repeat 10] [--sides zmq,direct] [--saturate] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::bare::{self, RECORD_BYTES, Receives, Record, SILENCE, Sends, failed};
use common::compare::{self, source};
use common::libzmq::Zmq;
use common::report::Side;
use common::run::{self, Load, Run};
use common::{child, cue, ours};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use sluicebox::error::{Error, Result};
use std::io::{BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const HOPS: usize = 3;

// Bare libzmq.

fn zmq_to(context: &zmq::Context, path: &Path) -> Result<Zmq> {
    Zmq::open(context, zmq::PUSH, "connect", |socket| socket.connect(&format!("ipc://{}", path.display())))
}

fn zmq_from(context: &zmq::Context, path: &Path) -> Result<Zmq> {
    Zmq::open(context, zmq::PULL, "bind", |socket| socket.bind(&format!("ipc://{}", path.display())))
}

// Bare Unix sockets.

struct UnixTo(UnixStream);
struct UnixFrom(BufReader<UnixStream>);

/// The other end may not be there yet.
const CONNECT_TRIES: usize = 2000;

fn unix_to(path: &Path) -> Result<UnixTo> {
    for _ in 0..CONNECT_TRIES {
        if let Ok(stream) = UnixStream::connect(path) {
            return Ok(UnixTo(stream));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(failed("connect", "the next process did not come"))
}

fn unix_from(path: &Path) -> Result<UnixFrom> {
    let listener = UnixListener::bind(path).map_err(|e| failed("bind", e))?;
    let (stream, _) = listener.accept().map_err(|e| failed("accept", e))?;
    stream.set_read_timeout(Some(SILENCE)).map_err(|e| failed("accept", e))?;
    Ok(UnixFrom(BufReader::with_capacity(64 << 10, stream)))
}

impl Sends for UnixTo {
    fn send(&mut self, record: &Record) -> Result<()> {
        let mut framed = [0; 4 + RECORD_BYTES];
        framed[..4].copy_from_slice(&(RECORD_BYTES as u32).to_le_bytes());
        framed[4..].copy_from_slice(record);
        self.0.write_all(&framed).map_err(|e| failed("send", e))
    }
}

impl Receives for UnixFrom {
    fn receive(&mut self, into: &mut Record) -> Result<()> {
        let mut len = [0; 4];
        self.0.read_exact(&mut len).map_err(|e| failed("receive", e))?;
        if u32::from_le_bytes(len) as usize != RECORD_BYTES {
            return Err(failed("receive", "a record has another length"));
        }
        self.0.read_exact(into).map_err(|e| failed("receive", e))
    }
}

// What both do between the ends.

fn hop(from: &mut impl Receives, to: &mut impl Sends) -> Result<()> {
    let mut record = [0; RECORD_BYTES];
    while bare::word(&record, 0) != bare::LAST {
        from.receive(&mut record)?;
        to.send(&record)?;
    }
    cue::stay()
}

/// A process of a bare chain: PART SIDE FOLDER PLACE RATE NS; place n reads from socket n and writes to socket n + 1.
fn part(words: &[String]) -> Result<()> {
    let usage = || Error::usage("--part is for this bench's own use");
    let [_, side, folder, place, rate, ns] = words else { return Err(usage()) };
    let place: usize = place.parse().map_err(|_| usage())?;
    let load = Load { rate: rate.parse().map_err(|_| usage())?, ns: ns.parse().map_err(|_| usage())? };
    let (reads, writes) = [place, place + 1].map(|socket| Path::new(folder).join(socket.to_string())).into();
    if side == "zmq" {
        let context = zmq::Context::new();
        return match place {
            0 => bare::source(&mut zmq_to(&context, &writes)?, load.rate, load.ns),
            HOPS => bare::sink(&mut zmq_from(&context, &reads)?, load.rate, load.warm_ns()),
            _ => hop(&mut zmq_from(&context, &reads)?, &mut zmq_to(&context, &writes)?),
        };
    }
    match place {
        0 => bare::source(&mut unix_to(&writes)?, load.rate, load.ns),
        HOPS => bare::sink(&mut unix_from(&reads)?, load.rate, load.warm_ns()),
        _ => hop(&mut unix_from(&reads)?, &mut unix_to(&writes)?),
    }
}

fn run_bare(side: &str, load: Load) -> Result<Run> {
    let folder = tempfile::tempdir().map_err(|e| failed("make a folder", e))?;
    let folder = folder.path().display().to_string();
    let words = |place: usize| {
        let part = if place == 0 {
            "source"
        } else if place == HOPS {
            "sink"
        } else {
            "hop"
        };
        [part, side, &folder, &place.to_string(), &load.rate.to_string(), &load.ns.to_string()]
            .map(str::to_string)
    };
    let others: Vec<Vec<String>> = (1..=HOPS).map(|place| words(place).to_vec()).collect();
    run::bare(load, &words(0), &others, 1)
}

// Ours.

/// A step that changes nothing.
const IDENTITY: &str = "{ operator = \"select\", keep = [\"order_id\", \"text\"] }";
const SINK: &str = "{ operator = \"null\" }";

fn four_stages(more: &str, pace: &str) -> String {
    let stage = |name: &str, from: &str, steps: &str| {
        format!("[[stage]]\nname = \"{name}\"\n{from}{more}steps = [{steps}]\n\n")
    };
    format!("name = \"{}\"\n\n", ours::NAME)
        + &stage("source", "", &source(pace))
        + &stage("one", "from = \"source\"\n", IDENTITY)
        + &stage("two", "from = \"one\"\n", IDENTITY)
        + &stage("sink", "from = \"two\"\n", SINK)
}

fn one_stage(pace: &str) -> String {
    format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"all\"\nsteps = [{}, {IDENTITY}, {IDENTITY}, {SINK}]\n",
        ours::NAME,
        source(pace)
    )
}

/// Runs ours with this process, and so all that it starts, kept on one core.
fn on_one_core(run: impl FnOnce() -> Result<Run>) -> Result<Run> {
    let denied = |e| Error::failed(format!("cannot choose a core: {e}"));
    let all = sched_getaffinity(Pid::from_raw(0)).map_err(denied)?;
    let last = (0..CpuSet::count()).rev().find(|cpu| all.is_set(*cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(last.unwrap_or(0)).map_err(denied)?;
    sched_setaffinity(Pid::from_raw(0), &one).map_err(denied)?;
    let done = run();
    sched_setaffinity(Pid::from_raw(0), &all).map_err(denied)?;
    done
}

const SIDES: [Side; 7] = [
    Side { name: "zmq", ours: false },
    Side { name: "unix", ours: false },
    Side { name: "direct", ours: true },
    Side { name: "libzmq", ours: true },
    Side { name: "threads", ours: true },
    Side { name: "steps", ours: true },
    Side { name: "one_core", ours: true },
];

fn measure(side: &Side, load: Load) -> Result<Run> {
    match side.name {
        "direct" => run::ours(load, |pace| four_stages("", pace), 1),
        "libzmq" => run::ours(load, |pace| four_stages("engine = \"libzmq\"\n", pace), 1),
        "threads" => run::ours(load, |pace| four_stages("process = \"p\"\n", pace), 1),
        "steps" => run::ours(load, one_stage, 1),
        "one_core" => on_one_core(|| run::ours(load, |pace| four_stages("", pace), 1)),
        bare => run_bare(bare, load),
    }
}

fn compare(args: &Args) -> Result<()> {
    let load = compare::load(args)?;
    let saturate = args.get("--saturate", |text| Some(text == "on"))?;
    let load = if saturate { Load { rate: f64::INFINITY, ..load } } else { load };
    compare::compare(args, &SIDES, load, (&format!("{HOPS} hops"), HOPS + 1), measure)
}

const OPTIONS: &[Opt] = &[
    compare::RATE,
    compare::FOR,
    compare::REPEAT,
    Opt {
        name: "--sides",
        usual: "zmq,unix,direct,libzmq,threads,steps,one_core",
        smoke: "zmq,unix,direct,libzmq,threads,steps,one_core",
        about: "which to run, of zmq, unix, direct, libzmq, threads, steps and one_core",
    },
    Opt { name: "--saturate", usual: "off", smoke: "off", about: "as fast as can be, without a rate" },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
