//! What bare senders and receivers of the benches share: 100-byte records that carry when they were due and when they
//! were sent, an open loop at one end, and a clock at the other.

use super::cue;
use super::pace::paced;
use sluicebox::clock::mono_ns;
use sluicebox::error::{Error, Result};
use std::io::{BufWriter, Write};
use std::time::Duration;

pub const RECORD_BYTES: usize = 100;
pub type Record = [u8; RECORD_BYTES];

/// "Due" of the first record, which shows that all are connected, and of the last one.
const HELLO: u64 = 0;
pub const LAST: u64 = u64::MAX;
/// Nothing came for so long: something is broken.
pub const SILENCE: Duration = Duration::from_secs(10);
/// Flat out, so many are sent between two looks at the clock.
const FLAT_OUT: usize = 64;

pub trait Sends {
    /// Sends one record; waits for room.
    fn send(&mut self, record: &Record) -> Result<()>;
}

pub trait Receives {
    /// Waits for the next record.
    fn receive(&mut self, into: &mut Record) -> Result<()>;
}

/// Number `at` of those that a record begins with: when it was due, when it was sent.
pub fn word(record: &Record, at: usize) -> u64 {
    u64::from_le_bytes(record[8 * at..][..8].try_into().expect("eight bytes are eight bytes"))
}

fn record(due: u64) -> Record {
    let mut record = [b'x'; RECORD_BYTES];
    record[..8].copy_from_slice(&due.to_le_bytes());
    record[8..16].copy_from_slice(&mono_ns().to_le_bytes());
    record
}

/// The sending end: says hello, waits to begin, and sends at a rate for a time; an infinite rate is as fast as can be.
/// Says how many it sent, and how many of them by the end of their time.
pub fn source(to: &mut impl Sends, rate: f64, ns: u64) -> Result<()> {
    to.send(&record(HELLO))?;
    cue::wait()?;
    let (sent, in_time) = if rate.is_finite() {
        let count = ((rate * ns as f64 / 1e9) as u64).max(1);
        (count, paced(rate, count, |due| to.send(&record(due)))?)
    } else {
        let (mut sent, end) = (0, mono_ns() + ns);
        while mono_ns() < end {
            let now = record(mono_ns());
            (0..FLAT_OUT).try_for_each(|_| to.send(&now))?;
            sent += FLAT_OUT as u64;
        }
        (sent, sent)
    };
    to.send(&record(LAST))?;
    println!("{sent} {in_time}");
    cue::stay()
}

/// The receiving end: says `0` when it has heard hello, and at the end `RECORDS TIMED NS`: how many came, how many of
/// them behind the first `warm_ns`, and in what time these; then, where the source keeps a rate, a line for each of
/// these: its age from when it was due, and from when it was sent.
pub fn sink(from: &mut impl Receives, rate: f64, warm_ns: u64) -> Result<()> {
    let mut record = [0; RECORD_BYTES];
    from.receive(&mut record)?;
    println!("0");
    let mut ages: Vec<(u64, u64)> = Vec::with_capacity(1 << 20);
    let (mut records, mut timed, mut warm_until, mut first, mut last) = (0_u64, 0_u64, None, 0, 0);
    loop {
        from.receive(&mut record)?;
        let due = word(&record, 0);
        if due == LAST {
            break;
        }
        records += 1;
        let now = mono_ns();
        if due < *warm_until.get_or_insert(due + warm_ns) {
            first = now;
            continue;
        }
        (timed, last) = (timed + 1, now);
        if rate.is_finite() {
            ages.push((now.saturating_sub(due), now.saturating_sub(word(&record, 1))));
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut say = || {
        writeln!(out, "{records} {timed} {}", last.saturating_sub(first))?;
        ages.iter().try_for_each(|(due, sent)| writeln!(out, "{due} {sent}"))?;
        out.flush()
    };
    say().map_err(|e| Error::failed(format!("cannot write to stdout: {e}")))?;
    drop(out);
    cue::stay()
}

pub fn failed(what: &str, e: impl std::fmt::Display) -> Error {
    Error::failed(format!("bare sockets cannot {what}: {e}"))
}
