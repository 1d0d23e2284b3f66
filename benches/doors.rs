//! How long a line is on its way from who writes it to the row at a sink, through `tcp`, `zmq` and standard input.
//!
//! ```text
//!   this process: a clock says when each line is due (open loop)
//!     |
//!     ├─ a connection, a PUSH or a pipe ══> bare: read, part, parse                                due to now
//!     └─ the same ════════════════════════> ours: `sluicebox stage` ═ link ═> the sink's process   due to now
//! ```
//!
//! A line is an object of JSON in 100 bytes that tells when it SHOULD have been written, so a stall counts for all it
//! delays; one is written at a time, and over `zmq` a message is a line. `bare` is one process, which reads in a
//! blocking call and looks at the clock as soon as it has parsed a line: it hands it to nobody. Ours are two processes,
//! so one process more is woken: a source as any topology has it, and a sink that looks at the clock as soon as
//! it is called with the row. The first tenth of a run is not timed. CPU time is that of those who read.
//!
//! `cargo bench --bench doors -- [--rates 1k,10k] [--for 5s] [--repeat 10] [--close] [--doors tcp,zmq,stdin] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::bare::{RECORD_BYTES, Receives, Record, SILENCE, Sends, failed};
use common::child::{self, Part};
use common::close::{CLOSE, Close};
use common::libzmq::Zmq;
use common::pace::paced;
use common::report::{self, Side, Value};
use common::run::Load;
use common::usage::cpu_ns;
use common::{abba, compare, ours};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicebox::clock::mono_ns;
use sluicebox::data::{Batch, Schema, Values};
use sluicebox::error::{Error, Result};
use sluicebox::latency::Latency;
use sluicebox::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema};
use sluicebox::registry;
use sluicebox::run::dir::{RUN_DIR, RunDir};
use sluicebox::stage;
use sluicebox::topology::plan::WorkerId;
use sluicebox::topology::{Rooms, load_from};
use sluicebox::units::Rate;
use sluicebox::wire::endpoint::Context;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

// Lines.

/// "Due" of the first line, which shows that all are connected.
const HELLO: u64 = 0;

#[derive(serde::Deserialize)]
struct Line<'a> {
    due: u64,
    text: &'a str,
}

fn line(due: u64) -> Record {
    let mut line = [b'x'; RECORD_BYTES];
    let mut begin = &mut line[..];
    write!(begin, "{{\"due\":{due},\"text\":\"").expect("a number is shorter than the line");
    line[RECORD_BYTES - 3..].copy_from_slice(b"\"}\n");
    line
}

// Who writes them: the same for both sides.

enum Writer {
    Tcp(TcpStream),
    Zmq(Zmq),
    Pipe(ChildStdin),
}

impl Sends for Writer {
    fn send(&mut self, line: &Record) -> Result<()> {
        match self {
            Writer::Tcp(stream) => stream.write_all(line).map_err(|e| failed("send", e)),
            Writer::Zmq(socket) => socket.send(line),
            Writer::Pipe(pipe) => pipe.write_all(line).map_err(|e| failed("send", e)),
        }
    }
}

// What both sides count.

/// How old lines were, which the end of a run tells.
struct Ages {
    count: u64,
    come: u64,
    ages: Latency,
}

/// How many lines this process has seen.
static COME: AtomicU64 = AtomicU64::new(0);

impl Ages {
    fn new(count: u64) -> Ages {
        Ages { count, come: 0, ages: Latency::default() }
    }

    /// Whether it was the last one. `0` is said of the first line, and `P50 P99` in microseconds behind the last.
    fn record(&mut self, due: u64, now: u64) -> bool {
        self.come += 1;
        COME.store(self.come, Ordering::Relaxed);
        if due == HELLO {
            println!("0");
        } else if self.come > self.count / 10 {
            self.ages.record(now.saturating_sub(due));
        }
        let last = self.come == self.count + 1;
        if last {
            let us = |share| self.ages.percentile_ns(share).map_or(f64::NAN, |ns| ns as f64 / 1e3);
            println!("{} {}", us(0.5), us(0.99));
        }
        last
    }
}

/// Ends the process when no line has come for long: the other end is broken.
fn watch_for_silence() {
    std::thread::spawn(|| {
        let mut before = u64::MAX;
        loop {
            let come = COME.load(Ordering::Relaxed);
            if come == before {
                eprintln!("doors: nothing more comes behind {come} lines");
                std::process::exit(1);
            }
            before = come;
            std::thread::sleep(SILENCE);
        }
    });
}

// Bare: one process.

fn bare_zmq(path: &str, mut ages: Ages) -> Result<()> {
    let context = zmq::Context::new();
    let bind = |socket: &zmq::Socket| socket.bind(&format!("ipc://{path}"));
    let mut from = Zmq::open(&context, zmq::PULL, "bind", bind)?;
    let mut line = [0; RECORD_BYTES];
    loop {
        from.receive(&mut line)?;
        if ages.record(parse(&line)?, mono_ns()) {
            return Ok(());
        }
    }
}

fn bare_stream(mut from: impl BufRead, mut ages: Ages) -> Result<()> {
    let mut line = Vec::with_capacity(RECORD_BYTES);
    loop {
        line.clear();
        from.read_until(b'\n', &mut line).map_err(|e| failed("receive", e))?;
        if ages.record(parse(&line)?, mono_ns()) {
            return Ok(());
        }
    }
}

fn parse(line: &[u8]) -> Result<u64> {
    let Line { due, text } = serde_json::from_slice(line).map_err(|e| failed("parse", e))?;
    std::hint::black_box(text);
    Ok(due)
}

fn bare(door: Door, at: &str, ages: Ages) -> Result<()> {
    match door {
        Door::Zmq => bare_zmq(at, ages),
        Door::Stdin => bare_stream(std::io::stdin().lock(), ages),
        Door::Tcp => {
            let (stream, _) = TcpListener::bind(at)
                .and_then(|listener| listener.accept())
                .map_err(|e| failed("bind", e))?;
            bare_stream(BufReader::with_capacity(64 << 10, stream), ages)
        }
    }
}

// Ours: the program itself reads, and this operator is where rows come to.

const CLOCK: Spec = Spec::new("clock", "tells how old rows are", "", plan).parameters::<Params>();
const ROOMS: &Rooms = &[registry::ROOMS[0], registry::ROOMS[1], registry::ROOMS[2], ("storage", &[&CLOCK])];
const SOURCE: &str = "door";
/// The run directory, in the folder of a run.
const RUN: &str = "runs/t";

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How many rows there will be behind the first.
    count: u64,
}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let Params { count } = params::read(params)?;
    Ok(Planned::new(Schema::default(), move || Clock(Ages::new(count))))
}

struct Clock(Ages);

impl Operator for Clock {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let now = mono_ns();
        let Values::I64(dues) = &batch.columns[0].values else { panic!("the topology says so") };
        dues.iter().for_each(|due| _ = self.0.record(*due as u64, now));
        Ok(Next::Wait)
    }
}

fn topology(source: &str, count: u64) -> String {
    format!(
        "name = \"{}\"\n\n[[stage]]\nname = \"{SOURCE}\"\n{source}\ntypes = {{ due = \"i64\", text = \"str\" }}\n\
         \n[[stage]]\nname = \"clock\"\nfrom = \"{SOURCE}\"\noperator = \"clock\"\ncount = {count}\n",
        ours::NAME
    )
}

fn sink(folder: &Path) -> Result<()> {
    let dir = RunDir::at(folder.join(RUN));
    // As any process of a stage.
    nix::sys::prctl::set_timerslack(1).map_err(|e| failed("sleep precisely", e))?;
    stage::run(ROOMS, &dir.plan()?, &dir, WorkerId { stage: 1, worker: 0 }, &Context::default())
}

/// The process of the source; it does not outlive this value.
struct Source(Child);

impl Source {
    fn start(folder: &Path) -> Result<Source> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluicebox"));
        command.args(["stage", "t.toml", "--name", SOURCE]).current_dir(folder);
        command.env_remove("SLUICEBOX_ENGINE").env(RUN_DIR, folder.join(RUN)).stdin(Stdio::piped());
        let child = command.spawn();
        child.map(Source).map_err(|e| Error::failed(format!("cannot start sluicebox: {e}")))
    }

    fn end(mut self) -> Result<()> {
        // Who reads standard input has ended, and has no need of it.
        _ = kill(Pid::from_raw(self.0.id() as i32), Signal::SIGINT);
        match self.0.wait() {
            Ok(ended) if ended.success() => Ok(()),
            ended => Err(Error::failed(format!("the source did not end well: {ended:?}"))),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

// Doors.

#[derive(Clone, Copy)]
enum Door {
    Tcp,
    Zmq,
    Stdin,
}

const DOORS: [(&str, Door); 3] = [("tcp", Door::Tcp), ("zmq", Door::Zmq), ("stdin", Door::Stdin)];

/// The doors that a list such as `tcp,zmq` names.
fn doors(text: &str) -> Option<Vec<(&'static str, Door)>> {
    text.split(',').map(|name| DOORS.into_iter().find(|(door, _)| *door == name)).collect()
}

impl Door {
    /// Where it will be.
    fn place(self, folder: &Path) -> Result<String> {
        if let Door::Tcp = self {
            // It was free a moment ago.
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            return free.map(|at| at.to_string()).map_err(|e| failed("bind", e));
        }
        Ok(folder.join("socket").display().to_string())
    }

    fn source(self, at: &str) -> String {
        match self {
            Door::Tcp => format!("operator = \"tcp\"\nlisten = \"{at}\""),
            Door::Zmq => format!("operator = \"zmq\"\nbind = \"ipc://{at}\""),
            Door::Stdin => "operator = \"jsonl\"\npath = \"-\"".to_string(),
        }
    }

    /// Who writes into it; `pipe` is the standard input of who reads.
    fn writer(self, context: &zmq::Context, at: &str, pipe: Option<ChildStdin>) -> Result<Writer> {
        match self {
            Door::Tcp => {
                let stream = connected(at)?;
                stream.set_nodelay(true).map_err(|e| failed("connect", e))?;
                Ok(Writer::Tcp(stream))
            }
            Door::Zmq => {
                let connect = |socket: &zmq::Socket| socket.connect(&format!("ipc://{at}"));
                Zmq::open(context, zmq::PUSH, "connect", connect).map(Writer::Zmq)
            }
            Door::Stdin => pipe.map(Writer::Pipe).ok_or_else(|| failed("write", "there is no pipe")),
        }
    }
}

/// Who reads may not be there yet.
const CONNECT_TRIES: usize = 2000;

fn connected(at: &str) -> Result<TcpStream> {
    for _ in 0..CONNECT_TRIES {
        if let Ok(stream) = TcpStream::connect(at) {
            return Ok(stream);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(failed("connect", "who reads did not come"))
}

// Runs.

struct Run {
    /// p50 and p99 in microseconds, from when lines were due.
    due_us: [f64; 2],
    cpu_us: f64,
}

const VALUES: [Value<Run>; 3] =
    [("p50 us", |run| run.due_us[0]), ("p99 us", |run| run.due_us[1]), ("CPU us/rec", |run| run.cpu_us)];
const SIDES: [Side; 2] = [Side { name: "bare", ours: false }, Side { name: "ours", ours: true }];

fn measure(side: &Side, (name, door): (&str, Door), load: Load) -> Result<Run> {
    // In memory, and short: a socket's path takes no more than 107 bytes.
    let folder = tempfile::Builder::new().prefix("sb").tempdir_in("/dev/shm");
    let folder = folder.map_err(|e| Error::failed(format!("cannot make a folder in /dev/shm: {e}")))?;
    let at = door.place(folder.path())?;
    let words = match side.ours {
        true => ["sink".to_string(), folder.path().display().to_string()].to_vec(),
        false => ["bare", name, &at, &load.count().to_string()].map(str::to_string).to_vec(),
    };
    if side.ours {
        freeze(&topology(&door.source(&at), load.count()), folder.path())?;
    }
    let mut sink = Part::start(&words)?;
    let mut source = if side.ours { Some(Source::start(folder.path())?) } else { None };
    let pipe = match &mut source {
        Some(source) => source.0.stdin.take(),
        None if matches!(door, Door::Stdin) => sink.stdin.take(),
        None => None,
    };
    let context = zmq::Context::new();
    let mut writer = door.writer(&context, &at, pipe)?;
    writer.send(&line(HELLO))?;
    let [_] = sink.says()?;
    let cpu_before = cpu_ns()?;
    let in_time = paced(load.rate, load.count(), |due| writer.send(&line(due)))?;
    let due_us = sink.says()?;
    let cpu_us = (cpu_ns()? - cpu_before) as f64 / load.count() as f64 / 1e3;
    drop(writer);
    source.map_or(Ok(()), Source::end)?;
    sink.leave()?;
    if (in_time as f64) < 0.99 * load.count() as f64 {
        println!("INVALID: who writes could not keep the rate");
    }
    Ok(Run { due_us, cpu_us })
}

/// Makes a run of a topology, as the launcher does.
fn freeze(topology: &str, folder: &Path) -> Result<()> {
    let file = folder.join("t.toml");
    std::fs::write(&file, topology).map_err(|e| Error::failed(format!("cannot write the topology: {e}")))?;
    let checked = load_from(ROOMS, &file, &[]).map_err(|e| Error::usage(e.to_string()))?;
    let (plan, dir) = (checked.plan.begin(), RunDir::at(folder.join(RUN)));
    dir.make(&plan)?;
    dir.freeze(&plan)
}

fn compare(args: &Args) -> Result<()> {
    let (ns, repeat) = (compare::span_ns(args)?, compare::repeat(args)?);
    let rates = |text: &str| text.split(',').map(Rate::parse).collect::<Option<Vec<Rate>>>();
    let (rates, doors) = (args.get("--rates", rates)?, args.get("--doors", doors)?);
    report::warn_of_cores(3);
    let _close = Close::begin(args)?;
    for Rate(rate) in rates {
        let load = Load { rate, ns };
        for door in &doors {
            println!("\nlines of {RECORD_BYTES} bytes by {}, {load}; {repeat} rounds in ABBA order", door.0);
            let runs = abba::rounds(&SIDES, repeat, |side| {
                let run = measure(side, *door, load)?;
                report::line(&VALUES, side, &run);
                Ok(run)
            })?;
            report::tell(&VALUES, &SIDES, &runs);
        }
    }
    Ok(())
}

/// What `measure` starts: bare DOOR PLACE COUNT, or sink FOLDER.
fn part(words: &[String]) -> Result<()> {
    watch_for_silence();
    let usage = || Error::usage("--part is for this bench's own use");
    match words {
        [of, folder] if of == "sink" => sink(&PathBuf::from(folder)),
        [of, name, at, count] if of == "bare" => {
            let door = doors(name).and_then(|doors| doors.first().copied()).ok_or_else(usage)?;
            bare(door.1, at, Ages::new(count.parse().map_err(|_| usage())?))
        }
        _ => Err(usage()),
    }
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--rates", usual: "1k,10k", smoke: "10k", about: "lines a second" },
    compare::FOR,
    compare::REPEAT,
    CLOSE,
    Opt {
        name: "--doors",
        usual: "tcp,zmq,stdin",
        smoke: "tcp,zmq,stdin",
        about: "which, of tcp, zmq and stdin",
    },
];

fn main() -> ExitCode {
    match child::part() {
        Some(words) => args::end(part(&words)),
        None => args::begin(OPTIONS, compare),
    }
}
