//! What ten thousand hostile connections cost a pipeline beside them, and how long a true client waits among them.
//!
//! ```text
//!   source ══ link ══> pass ══ link ══> null        what is measured: a run of its own, at a rate
//!
//!   true clients, ten a second ─┐
//!                               ├──> tcp  ══ link ═╦═> null        a run beside it, which listens
//!   10,000 that say nothing,    ├──> http ══ link ═╝
//!   garbage, half lines, lines ─┘
//!   without an end
//! ```
//!
//! On side `quiet` there are true clients alone. On side `flood` half of the hostile ones are at each door; they take
//! turns to say more, `--pieces` a second in all, of which one in six has 16 KiB; who finds that it was sent away comes
//! again. What they cost themselves is measured too, though they would be other hosts. A true client connects, gives
//! one record and is served when that is counted by the sink (`tcp`), or answered (`http`); the longest wait is told.
//! The listeners' account has to be right at the end.
//!
//! `cargo bench --bench flood -- [--rate 10k] [--for 5s] [--repeat 10] [--close] [--pieces 5k] [--smoke]`

mod common;

#[path = "../tests/it/net/attackers.rs"]
mod attackers;

use attackers::{CLIENTS, SAY, say};
use common::args::{self, Args, Opt};
use common::bare::failed;
use common::child::{self, Part};
use common::close::{self, CLOSE, Close};
use common::ours::{self, Ours};
use common::pace::paced;
use common::report::{self, Side, Value};
use common::run::{self, Load, Run};
use common::{abba, compare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sluicebox::error::{Error, Result};
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use sluicebox::topology::plan::Plan;
use sluicebox::units::Rate;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Ports = [u16; 2];

/// Between two true clients, and two looks whether one is served.
const BETWEEN: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(1);
/// Nobody waits longer than this.
const PATIENCE: Duration = Duration::from_secs(30);
/// Files of the process that attacks: its connections, and some.
const NEED: u64 = CLIENTS as u64 + 100;

fn topology([tcp, http]: Ports) -> String {
    let listens = |name: &str, port: u16| {
        format!(
            "[[stage]]\nname = \"{name}\"\noperator = \"{name}\"\nlisten = \"127.0.0.1:{port}\"\n\
             types = {{ n = \"i64\" }}\nmax_rejects = \"100%\"\n\n"
        )
    };
    format!(
        "name = \"{}\"\n\n{}{}[[stage]]\nname = \"null\"\nfrom = [\"tcp\", \"http\"]\noperator = \"null\"\n",
        ours::NAME,
        listens("tcp", tcp),
        listens("http", http)
    )
}

// Who attacks.

/// How many pieces were said behind the first ones.
static SAID: AtomicU64 = AtomicU64::new(0);

/// A process of hostile clients: flood TCP HTTP PIECES. It says `1` when all have come, and at its end how many pieces
/// a second they have said.
fn part(words: &[String]) -> Result<()> {
    let usage = || Error::usage("--part is for this bench's own use");
    let [of, tcp, http, pieces] = words else { return Err(usage()) };
    let port = |text: &str| text.parse::<u16>().map_err(|_| usage());
    let (ports, pieces): (Ports, f64) = ([port(tcp)?, port(http)?], pieces.parse().map_err(|_| usage())?);
    if of != "flood" {
        return Err(usage());
    }
    // Strangers are as many others on the machine.
    close::leave();
    let (soft, hard) = limits()?;
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(NEED), hard).map_err(|e| failed("open so many files", e))?;
    let mut clients = (0..CLIENTS).map(|n| attack(ports, n)).collect::<Result<Vec<TcpStream>>>()?;
    println!("1");
    let begin = Instant::now();
    std::thread::spawn(move || {
        // It may end when this is closed.
        _ = std::io::stdin().read_to_end(&mut Vec::new());
        println!("{}", SAID.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64());
        std::process::exit(0);
    });
    let speak = |_| {
        let n = SAID.fetch_add(1, Ordering::Relaxed) as usize % CLIENTS;
        if !say(&mut clients[n], says(n).1) {
            clients[n] = attack(ports, n)?;
        }
        Ok(())
    };
    // As many as there may be; the process is ended.
    paced(pieces, u64::MAX >> 32, speak).map(|_| ())
}

/// How many files a process may open, and how many it may be allowed to.
fn limits() -> Result<(u64, u64)> {
    getrlimit(Resource::RLIMIT_NOFILE).map_err(|e| failed("ask for limits", e))
}

fn says(n: usize) -> attackers::Says {
    SAY[n / 2 % SAY.len()]
}

/// A hostile client comes, and says what it says first.
fn attack(ports: Ports, n: usize) -> Result<TcpStream> {
    let attacks = || {
        let stream = TcpStream::connect(("127.0.0.1", ports[n % 2]))?;
        stream.set_nonblocking(true).map(|()| stream)
    };
    let mut stream = attacks().map_err(|e| failed("connect", e))?;
    say(&mut stream, says(n).0);
    Ok(stream)
}

// Who is true.

/// Those who look whether they are served: by what is counted of the run.
struct Counted {
    plan: Plan,
    dir: RunDir,
}

impl Counted {
    fn stored(&self) -> Result<u64> {
        Ok(Books::read(&self.plan, &self.dir)?.totals(&self.plan).stored)
    }

    /// One line by `tcp`.
    fn line(&self, port: u16) -> Result<()> {
        let before = self.stored()?;
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|e| failed("connect", e))?;
        stream.write_all(b"{\"n\":1}\n").map_err(|e| failed("send", e))?;
        let start = Instant::now();
        while self.stored()? == before {
            std::thread::sleep(LOOK);
            if start.elapsed() > PATIENCE {
                return Err(failed("serve", "a true client has waited for too long"));
            }
        }
        Ok(())
    }
}

/// One record by `http`, again where it was sent away.
fn post(port: u16) -> Result<()> {
    let start = Instant::now();
    let mut answer = String::new();
    while start.elapsed() < PATIENCE {
        let mut ask = || {
            let mut stream = TcpStream::connect(("127.0.0.1", port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
                  Content-Length: 7\r\n\r\n{\"n\":1}",
            )?;
            answer.clear();
            stream.read_to_string(&mut answer)
        };
        if ask().is_ok() && answer.starts_with("HTTP/1.1 200 ") {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    Err(failed("serve", "a true client has waited for too long"))
}

/// True clients, one after the other, until it is enough; the longest wait at each door in milliseconds.
fn true_clients(counted: &Counted, [tcp, http]: Ports, enough: &Receiver<()>) -> Result<[f64; 2]> {
    let mut waits = [0.0_f64; 2];
    let timed = |ask: &dyn Fn() -> Result<()>| {
        let start = Instant::now();
        ask().map(|()| start.elapsed().as_secs_f64() * 1e3)
    };
    while enough.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
        waits[0] = waits[0].max(timed(&|| counted.line(tcp))?);
        waits[1] = waits[1].max(timed(&|| post(http))?);
    }
    Ok(waits)
}

// Runs.

/// What runs beside the pipeline.
struct Beside {
    listeners: Ours,
    clients: JoinHandle<Result<[f64; 2]>>,
    enough: Sender<()>,
    flood: Option<Part>,
}

impl Beside {
    fn start(floods: bool, pieces: f64) -> Result<Beside> {
        // They were free a moment ago.
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let [tcp, http] = [free(), free()].map(|at| at.map(|at| at.port()).map_err(|e| failed("bind", e)));
        let ports = [tcp?, http?];
        let mut listeners = Ours::start(&topology(ports), Path::new("/"), &[])?;
        let plan = loop {
            match listeners.plan()? {
                Some(plan) => break plan,
                None => std::thread::sleep(LOOK),
            }
        };
        let counted = Counted { plan, dir: listeners.dir.clone() };
        let start = Instant::now();
        while ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            std::thread::sleep(LOOK);
            if start.elapsed() > PATIENCE {
                return Err(failed("listen", "nobody listens"));
            }
        }
        let flood = match floods {
            true => {
                let words =
                    ["flood".to_string(), ports[0].to_string(), ports[1].to_string(), pieces.to_string()];
                let mut part = Part::start(&words)?;
                let [_] = part.says()?;
                Some(part)
            }
            false => None,
        };
        let (enough, is_enough) = channel();
        let clients = std::thread::spawn(move || true_clients(&counted, ports, &is_enough));
        Ok(Beside { listeners, clients, enough, flood })
    }

    /// Ends it all. The account has to be right, whatever came.
    fn end(mut self, run: Run) -> Result<Flooded> {
        let mut pieces = f64::NAN;
        if let Some(flood) = &mut self.flood {
            drop(flood.stdin.take());
            [pieces] = flood.says()?;
        }
        drop(self.enough);
        let waits_ms = self.clients.join().map_err(|_| failed("serve", "a true client died"))??;
        let rejected = self.listeners.stop()?.records.rejected;
        if self.flood.is_some() && rejected == 0 {
            return Err(failed("attack", "nothing that hostile clients said was rejected"));
        }
        Ok(Flooded { run, waits_ms, pieces })
    }
}

struct Flooded {
    run: Run,
    /// Of true clients, the longest at each door in milliseconds.
    waits_ms: [f64; 2],
    /// So many a second were said by hostile clients.
    pieces: f64,
}

const VALUES: [Value<Flooded>; 6] = [
    ("p50 us", |it| it.run.due_us[0]),
    ("p99 us", |it| it.run.due_us[1]),
    ("CPU us/rec", |it| it.run.cpu_us),
    ("tcp max ms", |it| it.waits_ms[0]),
    ("http max ms", |it| it.waits_ms[1]),
    ("pieces/s", |it| it.pieces),
];
const SIDES: [Side; 2] = [Side { name: "quiet", ours: false }, Side { name: "flood", ours: true }];

fn measure(side: &Side, load: Load, pieces: f64) -> Result<Flooded> {
    let beside = Beside::start(side.ours, pieces)?;
    let run = run::ours(load, compare::pipeline, 1)?;
    let flooded = beside.end(run)?;
    if flooded.pieces < 0.9 * pieces {
        println!("INVALID: the hostile clients could not say as much");
    }
    Ok(flooded)
}

fn compare(args: &Args) -> Result<()> {
    let (load, repeat) = (compare::load(args)?, compare::repeat(args)?);
    let Rate(pieces) = args.get("--pieces", Rate::parse)?;
    println!(
        "2 links beside {CLIENTS} hostile connections that say {pieces:.0} pieces a second, {load}; {repeat} rounds in \
         ABBA order"
    );
    let (_, hard) = limits()?;
    if hard < NEED {
        println!("SKIPPED: {NEED} open files are needed, and the limit is {hard}");
        return Ok(());
    }
    report::warn_of_cores(4);
    let _close = Close::begin(args)?;
    let runs = abba::rounds(&SIDES, repeat, |side| {
        let run = measure(side, load, pieces)?;
        report::line(&VALUES, side, &run);
        Ok(run)
    })?;
    report::tell(&VALUES, &SIDES, &runs);
    let worst = |at: usize| runs[1].iter().map(|it| it.waits_ms[at]).fold(0.0, f64::max);
    println!("true clients waited {:.1} ms at most at tcp, {:.1} ms at http", worst(0), worst(1));
    Ok(())
}

const OPTIONS: &[Opt] = &[
    compare::RATE,
    compare::FOR,
    compare::REPEAT,
    CLOSE,
    Opt { name: "--pieces", usual: "5k", smoke: "5k", about: "what hostile clients say, in pieces a second" },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
