//! What it costs a pipeline to be watched: by nobody, by one, by ten who want all, of whom one has stopped reading.
//!
//! ```text
//!   source ══ link ══> pass ══ link ══> null        what is measured
//!      :                :                 :
//!      └ ─ ─ ─ ─ ─ ─ ─ ─ ┴ ─ ─ ─ ─ ─ ─ ─ ─ ┴ ─ ─>   SUB, ten processes of libzmq
//! ```
//!
//! Watchers attach when records flow, to every process of the run, and get each stream as JSON. At a rate the ages of
//! records at the end are compared; as fast as can be (`--saturate`), how many come through.
//!
//! `cargo bench --bench watch -- [--rate 10k] [--for 5s] [--repeat 10] [--close] [--saturate] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::bare::failed;
use common::child::{self, Part};
use common::close::{self, CLOSE, Close};
use common::compare;
use common::report::Side;
use common::run::{self, Load, Run};
use sluicebox::error::{Error, Result};
use sluicebox::run::dir::RunDir;
use sluicebox::topology::plan::Plan;
use std::io::Read;
use std::process::ExitCode;

/// A process that watches: watcher ENDPOINT…
fn part(words: &[String]) -> Result<()> {
    let ["watcher", endpoints @ ..] = &words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err(Error::usage("--part is for this bench's own use"));
    };
    close::leave();
    let attach = || {
        let socket = zmq::Context::new().socket(zmq::SUB)?;
        endpoints.iter().try_for_each(|endpoint| socket.connect(endpoint))?;
        ["source/json", "pass/json", "null/json"]
            .iter()
            .try_for_each(|topic| socket.set_subscribe(topic.as_bytes()))?;
        socket.set_linger(0)?;
        Ok(socket)
    };
    let socket = attach().map_err(|e: zmq::Error| failed("watch", e))?;
    std::thread::spawn(|| {
        // It may end when this is closed.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let mut said = false;
    loop {
        socket.recv_multipart(0).map_err(|e| failed("watch", e))?;
        if !std::mem::replace(&mut said, true) {
            println!("1");
        }
    }
}

/// So many watchers of a run, each of which has seen something; of several the last reads no more.
fn watchers(n: usize, plan: &Plan, dir: &RunDir) -> Result<Vec<Part>> {
    let endpoints = plan.workers().map(|at| dir.watch_endpoint(plan, at));
    let words: Vec<String> = std::iter::once("watcher".to_string()).chain(endpoints).collect();
    let mut all = (0..n).map(|_| Part::start(&words)).collect::<Result<Vec<Part>>>()?;
    all.iter_mut().try_for_each(|part| part.says().map(|[_]: [f64; 1]| ()))?;
    if let [_, .., last] = &all[..] {
        last.halt()?;
    }
    Ok(all)
}

const SIDES: [Side; 3] = [
    Side { name: "nobody", ours: false },
    Side { name: "one", ours: true },
    Side { name: "ten", ours: true },
];

fn measure(side: &Side, load: Load) -> Result<Run> {
    let n = match side.name {
        "nobody" => 0,
        "one" => 1,
        _ => 10,
    };
    run::ours_beside(load, compare::pipeline, 1, |plan, dir| watchers(n, plan, dir))
}

fn compare(args: &Args) -> Result<()> {
    let load = compare::load(args)?;
    let close = Close::begin(args)?;
    compare::compare(args, &SIDES, load, ("2 links, watched", 4), measure)?;
    drop(close);
    if args.get("--saturate", |text| Some(text == "on"))? {
        let load = Load { rate: f64::INFINITY, ..load };
        compare::compare(args, &SIDES, load, ("2 links, watched", 4), measure)?;
    }
    Ok(())
}

const OPTIONS: &[Opt] = &[
    compare::RATE,
    compare::FOR,
    compare::REPEAT,
    CLOSE,
    Opt { name: "--saturate", usual: "off", smoke: "on", about: "as fast as can be, too" },
    Opt {
        name: "--sides",
        usual: "nobody,one,ten",
        smoke: "nobody,one,ten",
        about: "which to run, of nobody, one and ten",
    },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
