//! A child process that an operator works with: what goes to it, how it is heard, and how it ends.
//!
//! Nothing here waits: all its pipes are read and written as far as they go, and one descriptor says when there is more
//! to do. It is in a process group of its own, so that a key pressed on a terminal does not reach it, and what it has
//! started ends with it. It is dead as soon as the thread is that started it.

mod complaints;
mod program;

use crate::error::{Error, Result, scarce};
use crate::offspring;
use complaints::Complaints;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
pub(crate) use program::Program;
use rustix::io::ioctl_fionread;
use rustix::process::{PidfdFlags, pidfd_open};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ChildStdin, ChildStdout, ExitStatus, Stdio};

/// A pipe has room for so much where the system lets it: each wake-up does more then.
const PIPE: i32 = 1 << 20;

pub(crate) struct Child {
    process: Process,
    stdin: Option<ChildStdin>,
    complaints: Complaints,
    events: Epoll,
    /// Its standard output, as long as that is waited for.
    voice: Option<OwnedFd>,
    /// Tells that the process has ended.
    _end: OwnedFd,
    outbox: Vec<u8>,
    /// So many bytes of it are written.
    sent: usize,
    /// So many bytes were ever written.
    written: u64,
    /// So many of these it has left in the pipe when it ended, or took no more.
    unread: u64,
    /// It is to be told when there is room again.
    asks_room: bool,
    /// Nothing is to come behind what is in the outbox.
    closing: bool,
    /// It takes nothing any more.
    deaf: bool,
}

/// The process itself, which does not outlive this.
struct Process {
    child: process::Child,
    /// It leads a group of all that it has started.
    group: Pid,
    /// It was ended, and waited for.
    over: bool,
}

impl Child {
    /// Starts the program; its standard output is the caller's to read, without waiting.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn start(program: &Program) -> Result<(Child, ChildStdout)> {
        let mut command = program.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        offspring::leave_with_parent(&mut command, SigSet::empty());
        let mut process = Process::of(command.spawn().map_err(|e| program.cannot(&scarce(&e)))?);
        let pipes = (process.child.stdin.take(), process.child.stdout.take(), process.child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(program.cannot("it has no standard streams"));
        };
        let cannot = |e: io::Error| program.cannot(&scarce(&e));
        let end = pidfd_open(rustix::process::Pid::from_child(&process.child), PidfdFlags::empty());
        let end = end.map_err(|e| cannot(e.into()))?;
        let events = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|e| cannot(e.into()))?;
        for fd in [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()] {
            let _ = fcntl(fd, FcntlArg::F_SETPIPE_SZ(PIPE));
            fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|e| cannot(e.into()))?;
        }
        let voice = stdout.as_fd().try_clone_to_owned().map_err(cannot)?;
        for fd in [voice.as_fd(), stderr.as_fd(), end.as_fd()] {
            events.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, 0)).map_err(|e| cannot(e.into()))?;
        }
        // That nobody reads any more is heard even while nothing is asked.
        events.add(&stdin, EpollEvent::new(EpollFlags::empty(), 0)).map_err(|e| cannot(e.into()))?;
        let child = Child {
            process,
            stdin: Some(stdin),
            complaints: Complaints::new(program.name(), stderr),
            events,
            voice: Some(voice),
            _end: end,
            outbox: Vec::new(),
            sent: 0,
            written: 0,
            unread: 0,
            asks_room: false,
            closing: false,
            deaf: false,
        };
        Ok((child, stdout))
    }

    /// It is readable when there is something to do.
    pub(crate) fn events(&self) -> BorrowedFd<'_> {
        self.events.0.as_fd()
    }

    /// What is to go to it is appended here, and goes with the next `push`.
    pub(crate) fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }

    /// How many bytes wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.outbox.len() - self.sent
    }

    /// How many bytes were written to it.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// How many bytes it may have read, of what was written to it: all that it has not left lying when it ended.
    pub(crate) fn read(&self) -> u64 {
        self.written - self.unread
    }

    /// It takes nothing any more, and has not been told the end.
    pub(crate) fn is_deaf(&self) -> bool {
        let Some(stdin) = self.stdin.as_ref().filter(|_| !self.closing) else { return self.deaf };
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        let polled = poll(&mut fds, PollTimeout::ZERO);
        polled.is_ok() && fds[0].revents().is_some_and(|found| found.contains(PollFlags::POLLERR))
    }

    /// Nothing comes behind what waits: its standard input ends then.
    pub(crate) fn close(&mut self) {
        self.closing = true;
        self.push();
    }

    /// Writes what waits, as far as there is room.
    pub(crate) fn push(&mut self) {
        while let Some(stdin) = &mut self.stdin
            && self.sent < self.outbox.len()
        {
            match stdin.write(&self.outbox[self.sent..]) {
                Ok(n) if n > 0 => {
                    self.sent += n;
                    self.written += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                _ => {
                    self.deaf = !self.closing;
                    self.leave();
                }
            }
        }
        if self.sent == self.outbox.len() {
            self.outbox.clear();
            self.sent = 0;
            if self.closing {
                self.stdin = None;
            }
        } else if self.sent > self.outbox.len() / 2 {
            self.outbox.drain(..self.sent);
            self.sent = 0;
        }
        self.ask_room();
    }

    /// Nothing goes to it any more. What lies in the pipe then nobody has read, and nobody will.
    fn leave(&mut self) {
        if let Some(stdin) = self.stdin.take() {
            self.unread = ioctl_fionread(&stdin).unwrap_or(0).min(self.written);
        }
    }

    /// Hears of room while something waits, and only then.
    fn ask_room(&mut self) {
        let asks = self.waiting() > 0;
        let Some(stdin) = self.stdin.as_ref().filter(|_| asks != self.asks_room) else { return };
        let flags = if asks { EpollFlags::EPOLLOUT } else { EpollFlags::empty() };
        // What can't be asked is tried again with the next call.
        let changed = self.events.modify(stdin, &mut EpollEvent::new(flags, 0));
        if changed.is_ok() {
            self.asks_room = asks;
        }
    }

    /// Passes on what it says on its standard error, as `who`.
    pub(crate) fn hear_complaints(&mut self, who: &str, now_ns: u64) {
        if self.complaints.hear(who, now_ns)
            && let Some(stderr) = self.complaints.ended()
        {
            let _ = self.events.delete(&stderr);
        }
    }

    /// What it said last on its standard error.
    pub(crate) fn last_words(&self) -> Option<&str> {
        self.complaints.last()
    }

    /// Its standard output has come to its end: it is not waited for any more.
    pub(crate) fn forget_voice(&mut self) {
        if let Some(voice) = self.voice.take() {
            let _ = self.events.delete(voice);
        }
    }

    /// Whether it has ended. What it has started may live on, and is not touched.
    pub(crate) fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.process.group), look), Ok(WaitStatus::StillAlive) | Err(Errno::EINTR))
    }

    /// Asks it, and what it has started, to end.
    pub(crate) fn ask_to_end(&self) {
        let _ = killpg(self.process.group, Signal::SIGTERM);
    }

    /// Ends it, and all that it has started, whatever they do. How it has ended, as a clause: "exited with code 3".
    pub(crate) fn end(&mut self) -> String {
        let how = self.process.end();
        self.leave();
        how
    }
}

impl Process {
    fn of(child: process::Child) -> Process {
        Process { group: Pid::from_raw(child.id() as i32), child, over: false }
    }

    fn end(&mut self) -> String {
        // Its number is its own as long as nobody has asked how it ended.
        let _ = killpg(self.group, Signal::SIGKILL);
        self.over = true;
        self.child.wait().map_or_else(|e| format!("can't be waited for: {e}"), told)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.over {
            self.end();
        }
    }
}

/// How a process ended, as a clause.
fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => {
            let name =
                Signal::try_from(signal).map_or_else(|_| signal.to_string(), |signal| signal.to_string());
            format!("was ended by {name}")
        }
        (None, None) => "has ended".to_string(),
    }
}

/// An error of what a child did, with its last words.
pub(crate) fn complaint(what: &str, last_words: Option<&str>) -> Error {
    let words = last_words.map_or(String::new(), |words| format!("; the last thing it said was {words:?}"));
    Error::failed(format!("{what}{words}"))
}
