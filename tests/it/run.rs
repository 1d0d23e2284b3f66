//! Whole topologies with real processes: what they store, and what a fault does to them.

mod damaged;
mod faults;
mod flow;
mod hand;
mod hostile;
mod keyed;
mod neighbours;
mod per;
mod placed;
mod rejects;
mod routed;
mod shedding;
mod silent;
mod snapshots;
mod stopping;
mod summaries;
mod threads;
mod timing;
mod values;
mod waits;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No test waits longer than this for anything.
const WATCHDOG: Duration = Duration::from_secs(90);
/// How often a thing that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A folder and a run directory of a test's own.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Sandbox {
        let base = Path::new("/dev/shm");
        let folder = if base.is_dir() { TempDir::new_in(base) } else { TempDir::new() };
        Sandbox { folder: folder.unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// `rows` lines `n,x` with n from 0 and x = n % 10.
    pub fn numbers(&self, name: &str, rows: usize) {
        let lines: String = (0..rows).map(|n| format!("{n},{}\n", n % 10)).collect();
        self.write(name, &format!("n,x\n{lines}"));
    }

    pub fn command(&self, args: &[&str]) -> Command {
        self.here(Command::new(env!("CARGO_BIN_EXE_sluicebox")), args)
    }

    /// A shell that becomes the program, once it has changed what a process inherits: `ulimit -n 64`.
    pub fn behind(&self, before: &str, args: &[&str]) -> Command {
        let script = format!("{before}; exec {} \"$@\"", env!("CARGO_BIN_EXE_sluicebox"));
        self.here(Command::new("bash"), &[&["-c", &script, "bash"], args].concat())
    }

    fn here(&self, mut command: Command, args: &[&str]) -> Command {
        command.args(args).current_dir(self.folder.path()).env("XDG_RUNTIME_DIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn sluicebox(&self, args: &[&str]) -> Output {
        Running::of(self.command(args).spawn().unwrap()).end()
    }

    /// Starts `run` of a topology.
    pub fn start(&self, topology: &str, more: &[&str]) -> Running {
        self.write("t.toml", topology);
        Running::of(self.command(&[&["run", "t.toml", "--json"], more].concat()).spawn().unwrap())
    }

    /// Runs a topology to its end, which must be a good one.
    pub fn run(&self, topology: &str) -> Value {
        self.start(topology, &[]).account()
    }

    pub fn status(&self) -> Option<Value> {
        let output = self.sluicebox(&["status", "t.toml", "--json"]);
        serde_json::from_slice(&output.stdout).ok()
    }

    /// What `status` says of the first worker of a stage.
    pub fn worker(&self, stage: &str) -> Option<Value> {
        let status = self.status()?;
        let stage = status["stages"].as_array()?.iter().find(|of| of["name"] == stage)?.clone();
        Some(stage["workers"][0].clone())
    }

    /// Waits until a worker is as asked for, and gives it.
    pub fn wait_worker(&self, stage: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("{stage} {what}"), || self.worker(stage).filter(&is))
    }

    /// A worker that is to stop has stopped when this comes back, with each of its threads.
    pub fn signal(&self, stage: &str, signal: Signal) {
        let pid = self.worker(stage).unwrap()["pid"].as_i64().unwrap();
        kill(Pid::from_raw(pid as i32), signal).unwrap();
        if signal == Signal::SIGSTOP {
            wait_for(&format!("{stage} to stop"), || stopped(pid).then_some(()));
        }
    }

    /// `audit` must say that everything balances; gives what it says.
    pub fn audit(&self) -> Value {
        let output = self.sluicebox(&["audit", "t.toml", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// One number out of a database.
    pub fn query(&self, database: &str, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.path(database)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// Whether every thread of a process is stopped.
fn stopped(pid: i64) -> bool {
    let mut threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.all(|thread| {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status"));
        status.is_ok_and(|status| status.contains("State:\tT"))
    })
}

/// A process that a test started; it is killed if the test ends before it.
pub struct Running {
    child: Option<Child>,
}

impl Running {
    pub fn of(child: Child) -> Running {
        Running { child: Some(child) }
    }

    pub fn pid(&self) -> i32 {
        self.child.as_ref().unwrap().id() as i32
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Waits for its end, under the watchdog.
    pub fn end(mut self) -> Output {
        let mut child = self.child.take().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let (done, finished) = std::sync::mpsc::channel::<()>();
        let dog = std::thread::spawn(move || {
            if finished.recv_timeout(WATCHDOG).is_err() {
                kill(pid, Signal::SIGKILL).unwrap();
                panic!("a process did not end within {WATCHDOG:?}");
            }
        });
        // Both pipes are read while it runs.
        child.stdin.take();
        let output = child.wait_with_output().unwrap();
        done.send(()).unwrap();
        dog.join().unwrap();
        output
    }

    /// Waits for a good end and gives the account.
    pub fn account(self) -> Value {
        let output = self.end();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        last_line(&output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON of the last line on standard output.
pub fn last_line(output: &Output) -> Value {
    let all = text(&output.stdout);
    serde_json::from_str(all.lines().last().expect("a line of JSON")).unwrap()
}

pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < WATCHDOG, "waited {WATCHDOG:?} for {what}");
        std::thread::park_timeout(LOOK);
    }
}

/// Source, middle and sink: n and x go through a filter into SQLite.
pub fn three(source: &str, sink: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
{source}
[[stage]]
name = "even"
operator = "filter"
from = "numbers"
where = "x % 2 = 0"
[[stage]]
name = "store"
operator = "sqlite"
from = "even"
path = "out.db"
{sink}
"#
    )
}
