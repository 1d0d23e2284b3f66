//! One stream to three readers, each of whom gets every record: bare PUB/SUB, and links of ours.
//!
//! ```text
//!        a clock says when each record is due (open loop)
//!                            |
//!                            v
//!                                 ┌══ ipc ══ SUB  sink
//!   zmq      source ──── PUB ─────┼══ ipc ══ SUB  sink
//!                                 └══ ipc ══ SUB  sink
//!
//!                                            ┌═ link ═ null
//!   direct   shop > select > derive > encode ┼═ link ═ null
//!   libzmq   (engine = "libzmq")             └═ link ═ null
//! ```
//!
//! A record has 100 bytes on both sides; `zmq` sends a message a record. PUB drops what a slow reader has no room for,
//! which a link of ours never does: a run that lost a record is an error. Ages and CPU time are those of all three
//! readers together, as in the bench `chain`, whose page says how they are taken.
//!
//! `cargo bench --bench fan_out -- [--rate 10k] [--for 5s] [--repeat 10] [--sides zmq,direct] [--smoke]`

#[path = "common/abba.rs"]
mod abba;
#[path = "common/args.rs"]
mod args;
#[path = "common/bare.rs"]
mod bare;
#[path = "common/child.rs"]
mod child;
#[path = "common/cue.rs"]
mod cue;
#[path = "common/median.rs"]
mod median;
#[path = "common/ours.rs"]
mod ours;
#[path = "common/pace.rs"]
mod pace;
#[path = "common/report.rs"]
mod report;
#[path = "common/run.rs"]
mod run;
#[path = "common/usage.rs"]
mod usage;

use args::{Args, Opt};
use bare::{RECORD_BYTES, Receives, Record, SILENCE, Sends, failed};
use report::Side;
use run::{Load, Run};
use sluicebox::error::{Error, Result};
use sluicebox::units::{Rate, Span};
use std::path::Path;
use std::process::ExitCode;

const READERS: usize = 3;

// Bare libzmq.

struct Publisher(zmq::Socket);
struct Subscriber(zmq::Socket);

/// In messages, as in a link of ours.
const HIGH_WATER_MARK: i32 = 8192;

/// XPUB is a PUB that also tells of subscriptions: without them the first records would go nowhere.
fn publisher(context: &zmq::Context, path: &Path) -> Result<Publisher> {
    let open = || {
        let socket = context.socket(zmq::XPUB)?;
        socket.set_sndhwm(HIGH_WATER_MARK)?;
        socket.set_rcvtimeo(SILENCE.as_millis() as i32)?;
        // The same subscription from different readers is told each time.
        socket.set_xpub_verbose(true)?;
        socket.bind(&format!("ipc://{}", path.display()))?;
        for _ in 0..READERS {
            socket.recv_bytes(0)?;
        }
        Ok(Publisher(socket))
    };
    open().map_err(|e: zmq::Error| failed("publish", e))
}

fn subscriber(context: &zmq::Context, path: &Path) -> Result<Subscriber> {
    let open = || {
        let socket = context.socket(zmq::SUB)?;
        socket.set_rcvhwm(HIGH_WATER_MARK)?;
        socket.set_rcvtimeo(SILENCE.as_millis() as i32)?;
        socket.set_subscribe(b"")?;
        socket.connect(&format!("ipc://{}", path.display()))?;
        Ok(Subscriber(socket))
    };
    open().map_err(|e: zmq::Error| failed("subscribe", e))
}

impl Sends for Publisher {
    fn send(&mut self, record: &Record) -> Result<()> {
        self.0.send(&record[..], 0).map_err(|e| failed("send", e))
    }
}

impl Receives for Subscriber {
    fn receive(&mut self, into: &mut Record) -> Result<()> {
        match self.0.recv_into(into, 0) {
            Ok(RECORD_BYTES) => Ok(()),
            Ok(n) => Err(failed("receive", format!("a message has {n} bytes"))),
            Err(e) => Err(failed("receive", e)),
        }
    }
}

/// A process of the bare side: PART PATH RATE NS.
fn part(words: &[String]) -> Result<()> {
    let usage = || Error::usage("--part is for this bench's own use");
    let [part, path, rate, ns] = words else { return Err(usage()) };
    let load = Load { rate: rate.parse().map_err(|_| usage())?, ns: ns.parse().map_err(|_| usage())? };
    let (context, path) = (zmq::Context::new(), Path::new(path));
    match part.as_str() {
        "source" => bare::source(&mut publisher(&context, path)?, load.rate, load.ns),
        _ => bare::sink(&mut subscriber(&context, path)?, load.rate, load.warm_ns()),
    }
}

fn run_bare(load: Load) -> Result<Run> {
    let folder = tempfile::tempdir().map_err(|e| failed("make a folder", e))?;
    let path = folder.path().join("0").display().to_string();
    let words = |part: &str| [part, &path, &load.rate.to_string(), &load.ns.to_string()].map(str::to_string);
    run::bare(load, &words("source"), &[(); READERS].map(|()| words("sink").to_vec()), READERS)
}

// Ours.

fn topology(more: &str, pace: &str) -> String {
    // With its id, its birth and its order a record has RECORD_BYTES.
    let text = "x".repeat(RECORD_BYTES - 24);
    let source = format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"source\"\n{more}steps = [\n  {{ operator = \"shop\", {pace} }},\n  \
         {{ operator = \"select\", keep = [\"order_id\"] }},\n  \
         {{ operator = \"derive\", fields = {{ text = \"'{text}'\" }} }},\n]\n",
        ours::NAME
    );
    let reader =
        |n| format!("\n[[stage]]\nname = \"sink{n}\"\nfrom = \"source\"\n{more}operator = \"null\"\n");
    (0..READERS).map(reader).fold(source, |all, one| all + &one)
}

const SIDES: [Side; 3] = [
    Side { name: "zmq", ours: false },
    Side { name: "direct", ours: true },
    Side { name: "libzmq", ours: true },
];

fn measure(side: &Side, load: Load) -> Result<Run> {
    let run = match side.name {
        "direct" => run::ours(load, |pace| topology("", pace), READERS)?,
        "libzmq" => run::ours(load, |pace| topology("engine = \"libzmq\"\n", pace), READERS)?,
        _ => run_bare(load)?,
    };
    report::line(load.values(), side, &run);
    Ok(run)
}

fn compare(args: &Args) -> Result<()> {
    let Rate(rate) = args.get("--rate", Rate::parse)?;
    let Span { ns } = args.get("--for", |text| Span::parse(text).filter(|span| span.ns >= 1_000_000))?;
    let repeat = args.get("--repeat", |text| text.parse().ok().filter(|n| *n > 0))?;
    let sides = args.get("--sides", |text| report::chosen(&SIDES, text))?;
    let load = Load { rate, ns };
    println!("1 to {READERS}, {RECORD_BYTES}-byte records, {load}; {repeat} rounds in ABBA order");
    report::warn_of_cores(READERS + 1);
    let runs = abba::rounds(&sides, repeat, |side| measure(side, load))?;
    report::tell(load.values(), &sides, &runs);
    Ok(())
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--rate", usual: "10k", smoke: "10k", about: "records a second" },
    Opt { name: "--for", usual: "5s", smoke: "200ms", about: "the length of a run" },
    Opt { name: "--repeat", usual: "10", smoke: "1", about: "the number of rounds" },
    Opt {
        name: "--sides",
        usual: "zmq,direct,libzmq",
        smoke: "zmq,direct,libzmq",
        about: "which to run, of zmq, direct and libzmq",
    },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
