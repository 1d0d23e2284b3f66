//! Processes of a bench: the bench's own program, started once more to play a part.

use sluicebox::error::{Error, Result};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The word that tells a process of its part; the part and its parameters follow.
const PART: &str = "--part";

/// What this process is to play, if it was started by `Part::start`.
pub fn part() -> Option<Vec<String>> {
    let mut words = std::env::args().skip(1);
    (words.next().as_deref() == Some(PART)).then(|| words.collect())
}

/// A process that plays a part; it does not outlive this value.
pub struct Part {
    pub name: String,
    child: Child,
    /// It may end when this is closed.
    pub stdin: Option<ChildStdin>,
    out: BufReader<ChildStdout>,
}

impl Part {
    pub fn start(words: &[String]) -> Result<Part> {
        let name = words[0].clone();
        let failed = |e: std::io::Error| Error::failed(format!("cannot start the {name}: {e}"));
        let program = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(program);
        command.arg(PART).args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let out = BufReader::new(child.stdout.take().expect("its stdout is piped"));
        Ok(Part { name, stdin: child.stdin.take(), child, out })
    }

    /// Stops it where it is: it neither reads nor ends from then on.
    pub fn halt(&self) -> Result<()> {
        let pid = self.child.id().to_string();
        let halted = Command::new("kill").args(["-STOP", &pid]).status();
        halted.map(|_| ()).map_err(|e| Error::failed(format!("cannot stop the {}: {e}", self.name)))
    }

    /// The next line that it says, as numbers.
    pub fn says<const N: usize>(&mut self) -> Result<[f64; N]> {
        let mut line = String::new();
        let died = || Error::failed(format!("the {} died before it said how it went", self.name));
        self.out.read_line(&mut line).map_err(|_| died())?;
        let numbers: Option<Vec<f64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
        numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(died)
    }

    /// Lets it end, and waits until it has.
    pub fn leave(mut self) -> Result<()> {
        drop(self.stdin.take());
        let ended = self.child.wait();
        if ended.as_ref().is_ok_and(std::process::ExitStatus::success) {
            return Ok(());
        }
        Err(Error::failed(format!("the {} did not end well: {ended:?}", self.name)))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
