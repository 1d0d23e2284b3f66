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

mod common;

use common::args::{self, Args, Opt};
use common::bare::{self, failed};
use common::compare::{self, source};
use common::libzmq::Zmq;
use common::report::Side;
use common::run::{self, Load, Run};
use common::{child, ours};
use sluicebox::error::{Error, Result};
use std::path::Path;
use std::process::ExitCode;

const READERS: usize = 3;

// Bare libzmq.

/// XPUB is a PUB that also tells of subscriptions: without them the first records would go nowhere.
fn publisher(context: &zmq::Context, path: &Path) -> Result<Zmq> {
    Zmq::open(context, zmq::XPUB, "publish", |socket| {
        // The same subscription from different readers is told each time.
        socket.set_xpub_verbose(true)?;
        socket.bind(&format!("ipc://{}", path.display()))?;
        (0..READERS).try_for_each(|_| socket.recv_bytes(0).map(|_| ()))
    })
}

fn subscriber(context: &zmq::Context, path: &Path) -> Result<Zmq> {
    Zmq::open(context, zmq::SUB, "subscribe", |socket| {
        socket.set_subscribe(b"")?;
        socket.connect(&format!("ipc://{}", path.display()))
    })
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
    let source = format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"source\"\n{more}steps = [{}]\n",
        ours::NAME,
        source(pace)
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
    match side.name {
        "direct" => run::ours(load, |pace| topology("", pace), READERS),
        "libzmq" => run::ours(load, |pace| topology("engine = \"libzmq\"\n", pace), READERS),
        _ => run_bare(load),
    }
}

fn compare(args: &Args) -> Result<()> {
    let what = format!("1 to {READERS}");
    compare::compare(args, &SIDES, compare::load(args)?, (&what, READERS + 1), measure)
}

const OPTIONS: &[Opt] = &[
    compare::RATE,
    compare::FOR,
    compare::REPEAT,
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
