//! What the command says on its standard streams, without being held up by who does not read them.
//!
//! A run must hear signals and start crashed stages again while a pager is full, a log collector stalls or a terminal
//! is halted. So once it has begun a thread of its own writes to standard error. What waits for it is bounded: pictures
//! are left out while anything waits, then lines, and how many is told. At the end the account waits for its reader
//! like that of any program, but no longer than a moment for one whose run was asked to stop, or is asked to now.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;
use sluicebox::error::{Error, Result};
use sluicebox::{printable, stop};
use std::collections::VecDeque;
use std::io::{stderr, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// So much may wait to be read.
const BYTES_MAX: usize = 1 << 20;
/// How long the last words wait for a reader.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often a signal is looked for meanwhile.
const LOOK: Duration = Duration::from_millis(20);

static VOICE: OnceLock<Arc<Voice>> = OnceLock::new();

#[derive(Default)]
struct Voice {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    texts: VecDeque<String>,
    bytes: usize,
    /// Lines that found no room since the last one that did.
    missed: u64,
    /// Something is being written.
    writing: bool,
}

/// From now on a thread writes what is said. Where there is none, it is written at once as before.
pub fn begin() {
    let voice = Arc::new(Voice::default());
    let writer = voice.clone();
    let thread = std::thread::Builder::new().name("voice".to_string());
    let thread = stop::unheard(|| thread.spawn(move || writer.write()));
    if thread.is_ok() {
        let _ = VOICE.set(voice);
    }
}

/// Says a line on standard error. Nobody may be there to read it.
pub fn tell(line: &str) {
    say(format!("{line}\n"));
}

/// Says lines as they are.
pub fn say(lines: String) {
    put(lines, true);
}

/// Says the last line of a run: there is room for it, whatever waits before it.
pub fn tell_last(line: &str) {
    put(format!("{line}\n"), false);
}

/// Draws on the terminal, unless something waits to be written; whether it did. `must`: it takes away what was drawn.
pub fn draw(drawing: String, must: bool) -> bool {
    if drawing.is_empty() {
        return true;
    }
    let Some(voice) = VOICE.get() else { return put(drawing, false) };
    let idle = || {
        let waiting = voice.lock();
        waiting.texts.is_empty() && !waiting.writing
    };
    (must || idle()) && put(drawing, false)
}

/// Prints results for a person. A closed pipe is success: who reads has seen enough.
pub fn print(text: &str) -> Result<()> {
    print_as_is(&printable::lines(text))
}

/// Prints what a program reads: JSON has its own escapes.
pub fn print_as_is(text: &str) -> Result<()> {
    match write_all(stdout().as_fd(), text.as_bytes()) {
        Err(e) if e != Errno::EPIPE => {
            Err(Error::failed(format!("cannot write the results: {}", e.desc().to_lowercase())))
        }
        _ => Ok(()),
    }
}

/// Prints the results of a run that is over, as they are, behind all that was said: a signal still ends the waiting for
/// who reads them.
pub fn print_last(text: String) -> Result<()> {
    finish();
    let (done, written) = channel();
    let asked = stop::asked();
    let own = text.clone();
    let thread = std::thread::Builder::new().spawn(move || done.send(print_as_is(&own)));
    if thread.is_err() {
        return print_as_is(&text);
    }
    let start = Instant::now();
    loop {
        match written.recv_timeout(LOOK) {
            Ok(printed) => return printed,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if is_late(asked, start) {
            return Err(Error::failed(
                "nobody reads standard output, so the results could not be written (`sluicebox status` has them)",
            ));
        }
    }
}

/// Whether nobody waits any more for a reader: of a run that was asked to stop a moment ago, or is asked to now.
fn is_late(asked: u32, since: Instant) -> bool {
    stop::asked() > asked || (asked > 0 && since.elapsed() > LAST_WORDS)
}

/// Waits until all that was said is written.
pub fn finish() {
    let Some(voice) = VOICE.get() else { return };
    let (start, asked) = (Instant::now(), stop::asked());
    let mut waiting = voice.lock();
    while !waiting.is_over() && !is_late(asked, start) {
        waiting = voice.changed.wait_timeout(waiting, LOOK).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Puts a text where it will be written; false when there is no room for it.
fn put(text: String, line: bool) -> bool {
    let Some(voice) = VOICE.get() else {
        let _ = write_all(stderr().as_fd(), text.as_bytes());
        return true;
    };
    let put = voice.lock().put(text, line);
    voice.changed.notify_all();
    put
}

impl Voice {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) {
        loop {
            let mut waiting = self.lock();
            waiting.writing = false;
            self.changed.notify_all();
            while waiting.is_over() {
                waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            waiting.writing = true;
            let text = waiting.take();
            drop(waiting);
            // Nobody may be there to read it.
            let _ = write_all(stderr().as_fd(), text.as_bytes());
        }
    }
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.texts.is_empty() && self.missed == 0 && !self.writing
    }

    fn put(&mut self, text: String, line: bool) -> bool {
        // What takes away a picture is short, and there is one for each picture at most.
        if line && self.bytes + text.len() > BYTES_MAX {
            self.missed += 1;
            return false;
        }
        self.bytes += text.len();
        self.texts.push_back(text);
        true
    }

    /// The next text; behind the last one how many were missed.
    fn take(&mut self) -> String {
        let text = self.texts.pop_front().unwrap_or_else(|| {
            format!(
                "{} lines were left out here: they came faster than they were read\n",
                std::mem::take(&mut self.missed)
            )
        });
        self.bytes = self.bytes.saturating_sub(text.len());
        text
    }
}

/// Writes it all, at the reader's speed. Another program may have made the stream one that does not wait.
fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                poll(&mut [PollFd::new(to, PollFlags::POLLOUT)], PollTimeout::NONE)?;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted_and_told_behind_what_did() {
        let mut waiting = Waiting::default();
        let line = |n: usize| format!("{n}{}\n", "x".repeat(BYTES_MAX / 4));
        let put: Vec<bool> = (0..6).map(|n| waiting.put(line(n), true)).collect();
        assert_eq!(put, [true, true, true, false, false, false]);
        assert!(waiting.put("\u{1b}[J".to_string(), false), "a picture that is there can be taken away");
        let taken: Vec<String> = (0..5).map(|_| waiting.take()).collect();
        assert_eq!(taken[..4], [line(0), line(1), line(2), "\u{1b}[J".to_string()]);
        assert_eq!(taken[4], "3 lines were left out here: they came faster than they were read\n");
        assert!(waiting.is_over() && waiting.put(line(6), true), "there is room again");
        assert_eq!(waiting.bytes, line(6).len());
    }
}
