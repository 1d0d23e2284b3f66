//! What a snapshot costs the records that come meanwhile: windows of a million open keys, saved again and again.
//!
//! ```text
//!   fill    csv, a record for each key, as fast as it goes ─┐
//!                                                           ├─> window per = "k" ──> null
//!   paced   csv, keys all over the table, open loop ────────┘      | snapshot_every
//!                                                                  v
//!                                                             run directory
//! ```
//!
//! One side saves its windows every so often, the other never. A record waits from when its frame was sent until the
//! windows' worker takes it. Then that worker is killed: how long the next process takes until it is ready, the million
//! keys loaded.
//!
//! `cargo bench --bench snapshots -- [--keys 1000000] [--rate 50k] [--for 10s] [--every 2s] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::ours::Ours;
use sluicebox::clock::mono_ns;
use sluicebox::error::{Error, Result};
use sluicebox::latency::Latency;
use sluicebox::run::books::{Books, Worker};
use sluicebox::units::{Rate, Span};
use sluicebox::wire::ledger::State;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

const WINDOW: usize = 2;
/// The histograms are told each second, or after two.
const TOLD: Duration = Duration::from_millis(2500);

struct Job {
    keys: u64,
    rate: f64,
    span: Duration,
}

fn failed(what: &str, e: impl std::fmt::Display) -> Error {
    Error::failed(format!("cannot {what}: {e}"))
}

/// The files of both sources; the paced one has more than it is asked for, so that none comes to its end.
fn write(job: &Job, folder: &Path) -> Result<()> {
    let rows = |name: &str, keys: &mut dyn Iterator<Item = u64>| {
        let mut text = "k,ts,x\n".to_string();
        keys.for_each(|k| writeln!(text, "{k},2013-01-01T00:00:00Z,{}", k % 1009).expect("memory takes it"));
        std::fs::write(folder.join(name), text).map_err(|e| failed("write a file", e))
    };
    let paced = (job.rate * (job.span + 8 * TOLD).as_secs_f64()) as u64;
    rows("fill.csv", &mut (0..job.keys))?;
    rows("paced.csv", &mut (0..paced).map(|n| n * 104_729 % job.keys))
}

fn topology(job: &Job, every: &str) -> String {
    let source = |name: &str, more: &str| {
        format!(
            "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{name}.csv\"\ntime = \"ts\"\n\
             types = {{ k = \"i64\", ts = \"time\", x = \"i64\" }}\n{more}"
        )
    };
    format!(
        "name = \"{}\"\n{}{}[[stage]]\nname = \"windows\"\nfrom = [\"fill\", \"paced\"]\noperator = \"window\"\n\
         size = \"24h\"\nper = \"k\"\nkeys_max = {}\nfields = {{ n = \"count()\", sum = \"sum(x)\" }}\n\
         snapshot_every = \"{every}\"\n[[stage]]\nname = \"out\"\nfrom = \"windows\"\noperator = \"null\"\n",
        common::ours::NAME,
        source("fill", ""),
        source("paced", &format!("rate = {}\n", job.rate)),
        job.keys
    )
}

/// Waits until the windows' worker is as asked for.
fn wait(run: &mut Ours, is: impl Fn(&Books, &Worker) -> bool) -> Result<Worker> {
    loop {
        if let Some(plan) = run.plan()? {
            let books = Books::read(&plan, &run.dir)?;
            if let Some(worker) = books.of_stage(WINDOW).find(|worker| is(&books, worker)) {
                return Ok(worker.clone());
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn measure(job: &Job, folder: &Path, every: &str) -> Result<()> {
    let mut run = Ours::start(&topology(job, every), folder, &[])?;
    let filled = |books: &Books, worker: &Worker| {
        let links = &books.links;
        worker.account.done >= job.keys
            && links.iter().any(|book| book.link.from.stage == 0 && book.received.ended)
    };
    wait(&mut run, filled)?;
    std::thread::sleep(TOLD);
    let before = wait(&mut run, |_, _| true)?;
    std::thread::sleep(job.span);
    let after = wait(&mut run, |_, _| true)?;
    let mut waits: Latency = after.timings.link.clone();
    waits.subtract(&before.timings.link);
    let ms = |ns: Option<u64>| ns.map_or(f64::NAN, |ns| ns as f64 / 1e6);
    let [p50, p999] = [0.5, 0.999].map(|share| ms(waits.percentile_ns(share)));
    println!(
        "snapshot_every = {every:?}: {} records waited {p50:.3} ms (p50), {p999:.3} ms (p99.9), {:.3} ms (the longest)",
        after.account.done - before.account.done,
        ms(waits.max_ns())
    );
    let file = run.dir.path().join(format!("{WINDOW}.0.snapshot"));
    if let Ok(file) = std::fs::metadata(file) {
        let pid = after.pid.to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().map_err(|e| failed("run kill", e))?;
        let back = wait(&mut run, |_, worker| worker.epoch > after.epoch)?;
        let begin = mono_ns();
        wait(&mut run, |_, worker| worker.epoch == back.epoch && worker.state >= State::Ready)?;
        let load = ms(Some(mono_ns() - begin));
        println!("  {:.1} MB a snapshot; ready again in {load:.0} ms ({killed})", file.len() as f64 / 1e6);
    }
    Ok(())
}

fn begin(args: &Args) -> Result<()> {
    let job = Job {
        keys: args.get("--keys", |text| text.parse().ok().filter(|n| *n > 0))?,
        rate: args.get("--rate", Rate::parse)?.0,
        span: args.get("--for", Span::parse)?.duration(),
    };
    let every = args.get("--every", |text| Span::parse(text).map(|_| text.to_string()))?;
    let folder = tempfile::tempdir_in("/dev/shm").map_err(|e| failed("make a folder in /dev/shm", e))?;
    write(&job, folder.path())?;
    for every in ["never", &every] {
        measure(&job, folder.path(), every)?;
    }
    Ok(())
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--keys", usual: "1000000", smoke: "2000", about: "how many keys are open" },
    Opt { name: "--rate", usual: "50k", smoke: "2k", about: "records a second that come meanwhile" },
    Opt { name: "--for", usual: "10s", smoke: "1s", about: "how long they are looked at" },
    Opt { name: "--every", usual: "2s", smoke: "300ms", about: "how often the windows are saved" },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, begin)
}
