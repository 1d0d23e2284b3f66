//! A process that a measurement starts: this program again, in a role of its own. It never outlives the measurement.

use crate::error::{Error, Result, reason, scarce};
use crate::supervisor::spawn::leave_with_parent;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

pub(super) struct Process {
    child: Child,
    said: Option<Receiver<String>>,
    errors: Receiver<String>,
    /// The last line on its standard error: its sentence, when it has failed.
    last: Option<String>,
}

impl Process {
    /// Starts this program with other arguments. `talks`: lines go to and fro over its stdin and stdout.
    pub(super) fn start<A: AsRef<OsStr>>(args: &[A], talks: bool) -> Result<Process> {
        let program = std::env::current_exe()
            .map_err(|e| Error::failed(format!("cannot find this program's own file: {}", reason(&e))))?;
        let pipe = || if talks { Stdio::piped() } else { Stdio::null() };
        let mut command = Command::new(program);
        command.args(args).stdin(pipe()).stdout(pipe()).stderr(Stdio::piped());
        leave_with_parent(&mut command);
        let mut child = command
            .spawn()
            .map_err(|e| Error::failed(format!("cannot start a process to measure with: {}", reason(&e))))?;
        let said = child.stdout.take().map(lines).transpose()?;
        let errors = lines(child.stderr.take().expect("it was piped"))?;
        Ok(Process { child, said, errors, last: None })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says a line to it. One that is gone hears nothing, and that shows in what it says.
    pub(super) fn tell(&mut self, line: &str) {
        if let Some(stdin) = &mut self.child.stdin {
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// Closes its stdin: it may end.
    pub(super) fn release(&mut self) {
        self.child.stdin.take();
    }

    /// The next line that it says, which must begin with `word`.
    ///
    /// # Errors
    /// When it ends instead, or says nothing for so long.
    pub(super) fn hear(&mut self, word: &str, patience: Duration) -> Result<String> {
        let said = self.said.as_ref().expect("it was started to talk");
        match said.recv_timeout(patience) {
            Ok(line) if line.starts_with(word) => Ok(line),
            Ok(line) => Err(Error::failed(format!("it should have said \"{word}\", but said \"{line}\""))),
            Err(RecvTimeoutError::Timeout) => {
                Err(Error::failed(format!("it did not say \"{word}\" within {patience:?}")))
            }
            Err(RecvTimeoutError::Disconnected) => Err(Error::failed(self.last_words())),
        }
    }

    /// What it has said on standard error since the last time.
    pub(super) fn errors(&mut self) -> Vec<String> {
        let lines: Vec<String> = self.errors.try_iter().collect();
        self.last = lines.last().cloned().or(self.last.take());
        lines
    }

    /// Its sentence, once it has ended.
    pub(super) fn last_words(&mut self) -> String {
        // Until its end of the pipe is closed.
        let rest: Vec<String> = std::iter::from_fn(|| self.errors.recv_timeout(LAST_WORDS).ok()).collect();
        self.last = rest.last().cloned().or(self.last.take());
        self.last.clone().unwrap_or_else(|| "it ended without a word".to_string())
    }

    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to drain; asked again, to leave at once.
    pub(super) fn ask_to_stop(&self) {
        // One that has just ended needs no signal.
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long the pipe of a process that has ended is listened to.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Each line as it comes.
fn lines(from: impl Read + Send + 'static) -> Result<Receiver<String>> {
    let (sender, receiver) = channel();
    let hear = move || {
        for line in BufReader::new(from).split(b'\n').map_while(|line| line.ok()) {
            // Nobody may want it any more.
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().spawn(hear);
    let cannot = |e| Error::failed(format!("cannot start a thread to measure with: {}", scarce(&e)));
    thread.map(|_| receiver).map_err(cannot)
}
