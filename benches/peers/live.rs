//! The job over TCP, in an open loop: how long after its window's end a row is here.

use crate::common::median::median;
use crate::common::memory::peak;
use crate::common::pace::paced;
use crate::common::usage::cpu_ns;
use crate::side::{Side, Sides, Way};
use sluicebox::clock::mono_ns;
use sluicebox::error::{Error, Result};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const SIDES: [Side; 4] = [Side::Stages, Side::OneStage, Side::Flink, Side::FlinkEager];
const RATE: u64 = 10_000;
const KEYS: u64 = 1_000;
/// The rows of so many windows are not counted: a JVM compiles meanwhile.
const WARM: usize = 5;
/// So long may a side take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// Delays of a run's rows, in ms, with processor time and memory.
struct Run {
    p50: f64,
    p99: f64,
    most: f64,
    cpu: f64,
    bytes: f64,
}

pub fn compare(sides: &Sides, seconds: u64, repeat: u64) -> Result<()> {
    let seconds = seconds.max(WARM as u64 + 3);
    let mut runs: Vec<Vec<Run>> = SIDES.iter().map(|_| Vec::new()).collect();
    for _ in 0..repeat {
        for (side, runs) in SIDES.iter().zip(&mut runs) {
            runs.extend(run(sides, *side, seconds)?);
        }
    }
    println!("{RATE} lines a second, {KEYS} keys, windows of a second, {seconds} s: delay of a row in ms");
    println!("{:<26}{:>9}{:>9}{:>9}{:>10}{:>10}", "", "p50", "p99", "most", "CPU share", "peak MiB");
    for (side, runs) in SIDES.iter().zip(&runs) {
        if runs.is_empty() {
            println!("{:<26}{:>9}", side.name(), "not there");
            continue;
        }
        let of = |what: fn(&Run) -> f64| median(runs.iter().map(what).collect());
        let (p50, p99, most) = (of(|run| run.p50), of(|run| run.p99), of(|run| run.most));
        let (share, mib) = (of(|run| run.cpu) / seconds as f64, of(|run| run.bytes) / f64::from(1 << 20));
        println!("{:<26}{p50:>9.2}{p99:>9.2}{most:>9.2}{share:>10.2}{mib:>10.0}", side.name());
    }
    Ok(())
}

/// One run; `None` where the side is not there.
fn run(sides: &Sides, side: Side, seconds: u64) -> Result<Option<Run>> {
    let failed = |e: std::io::Error| Error::failed(format!("{}: {e}", side.name()));
    let listen = || TcpListener::bind("127.0.0.1:0").and_then(|door| Ok((door.local_addr()?.port(), door)));
    let ((to, lines), (from, rows)) = (listen().map_err(failed)?, listen().map_err(failed)?);
    let Some(mut command) = sides.command(side, Way::Ports(to, from))? else { return Ok(None) };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let cpu = cpu_ns()?;
    let (delays, bytes) = peak(|| -> Result<Vec<f64>> {
        let mut child = command.spawn().map_err(failed)?;
        let reading = thread::spawn(move || arrivals(&rows, seconds));
        let mut out = accept(&lines).map_err(failed)?;
        out.set_nodelay(true).map_err(failed)?;
        let (mut n, mut ends) = (0, Vec::new());
        paced(RATE as f64, seconds * RATE, |due| {
            // The first line of a second closes the window before it.
            if n % RATE == 0 && n > 0 {
                ends.push(due);
            }
            let line = line(n);
            n += 1;
            out.write_all(line.as_bytes()).map_err(failed)
        })?;
        drop(out);
        let at = reading.join().map_err(|_| Error::failed("the reader ended in panic"))?.map_err(failed)?;
        child.wait().map_err(failed)?;
        let due = (seconds * KEYS) as usize;
        if at.len() != due {
            return Err(Error::failed(format!("{} told {} rows of {due}", side.name(), at.len())));
        }
        // The last window ends with the stream, not with a line behind it.
        let counted = ends.iter().zip(at.chunks(KEYS as usize)).skip(WARM);
        let delay =
            |(end, at): (&u64, &[u64])| at.iter().map(|at| (*at as f64 - *end as f64) / 1e6).collect();
        Ok(counted.flat_map(|window| -> Vec<f64> { delay(window) }).collect())
    });
    let mut delays = delays?;
    delays.sort_by(f64::total_cmp);
    let of = |share: f64| delays[((delays.len() as f64 * share) as usize).min(delays.len() - 1)];
    let cpu = (cpu_ns()? - cpu) as f64 / 1e9;
    Ok(Some(Run { p50: of(0.5), p99: of(0.99), most: of(1.0), cpu, bytes: bytes as f64 }))
}

/// Line n: each key once in each `KEYS`, each second `RATE` lines.
fn line(n: u64) -> String {
    let (ms, x) = (n * 1_000 / RATE, (n * 7919 % 10_007) as f64 / 8.0);
    let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    format!("{},2013-01-01T{h:02}:{m:02}:{s:02}.{ms:03}Z,{x}\n", n % KEYS)
}

/// Who comes, or an error when nobody does.
fn accept(door: &TcpListener) -> std::io::Result<TcpStream> {
    door.set_nonblocking(true)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match door.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock && Instant::now() < until => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(e) => return Err(e),
        }
    }
}

/// When each row was here, without the header of ours.
fn arrivals(door: &TcpListener, seconds: u64) -> std::io::Result<Vec<u64>> {
    // Some come only when they have a row: after the first window.
    let mut rows = accept(door)?;
    rows.set_read_timeout(Some(PATIENCE))?;
    let (mut at, mut piece, mut begins, mut header) = (Vec::new(), vec![0; 1 << 16], true, false);
    at.reserve((seconds * KEYS) as usize);
    loop {
        let n = rows.read(&mut piece)?;
        if n == 0 {
            return Ok(at);
        }
        let now = mono_ns();
        for byte in &piece[..n] {
            header = if begins { *byte == b'w' } else { header };
            begins = *byte == b'\n';
            if begins && !header {
                at.push(now);
            }
        }
    }
}
