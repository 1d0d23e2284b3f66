//! The one error of the project: a sentence for a person, and how the process should end.
//!
//! A sentence says who, what, why and what to do. Whoever calls adds the name (`Error::by`), so that the
//! place where a thing fails need not know for whom it works.

use crate::printable::{lines, one_line};
use nix::libc;
use std::fmt;

/// Result of everything that can fail for a reason outside the program.
pub type Result<T> = std::result::Result<T, Error>;

/// How a process ends when an error reaches `main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Who read standard output has seen enough: a closed pipe is success.
    Closed = 0,
    /// It was tried and failed.
    Failed = 1,
    /// The command line or the topology is wrong.
    Usage = 2,
    /// Stopped before everything was drained; the rest is counted.
    Stopped = 3,
    /// A stage crashed too often and was given up.
    GaveUp = 4,
    /// The account does not balance.
    Unbalanced = 5,
    /// A bug in sluicebox.
    Bug = 70,
}

impl Exit {
    const ALL: [Exit; 7] =
        [Exit::Closed, Exit::Failed, Exit::Usage, Exit::Stopped, Exit::GaveUp, Exit::Unbalanced, Exit::Bug];

    /// What a process means by its exit code; `None` for one that is none of ours.
    pub(crate) fn of_code(code: i32) -> Option<Exit> {
        Exit::ALL.into_iter().find(|exit| *exit as i32 == code)
    }
}

/// One sentence and an exit code. Whatever it names is printable, wherever it will be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub exit: Exit,
    pub sentence: String,
}

impl Error {
    pub fn new(exit: Exit, sentence: impl Into<String>) -> Error {
        let sentence = sentence.into();
        Error { exit, sentence: one_line(&sentence).into_owned() }
    }

    /// Something was asked for that can't be, told by pictures of several lines, which are printable (they may hold
    /// colours).
    pub fn drawn(pictures: String) -> Error {
        Error { exit: Exit::Usage, sentence: pictures }
    }

    /// Something outside failed: exit code 1.
    pub fn failed(sentence: impl Into<String>) -> Error {
        Error::new(Exit::Failed, sentence)
    }

    /// The user asked for something that can't be: exit code 2.
    pub fn usage(sentence: impl Into<String>) -> Error {
        Error::new(Exit::Usage, sentence)
    }

    /// Puts the name of who speaks in front: `stage "store": …`.
    pub fn by(self, who: impl fmt::Display) -> Error {
        Error { exit: self.exit, sentence: format!("{who}: {}", self.sentence) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Error {}

/// Says on standard error what a person should know although the work goes on. Nobody may be there to read it.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", lines(text));
}

/// The operating system's words for an error, without Rust's ` (os error 2)`, in lower case as a clause.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The same where a limit may be why there is no more of a thing, and what to do about it.
pub(crate) fn scarce(error: &std::io::Error) -> String {
    let advice = match error.raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE) => " (raise the limit of open files: `ulimit -n`)",
        Some(libc::EAGAIN | libc::ENOMEM) => {
            " (free some memory, or raise the limit of processes, `ulimit -u`, or of memory, `ulimit -v`)"
        }
        Some(libc::EFBIG) => " (raise the limit of a file's size: `ulimit -f`)",
        _ => "",
    };
    format!("{}{advice}", reason(error))
}
