//! A thread that connects, so that neither a slow name server nor a silent host holds up a stage.

use super::{Socket, unix};
use crate::error::{Error, Result, reason, scarce};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Who does not answer within this time is not there.
const ANSWER: Duration = Duration::from_secs(5);
/// A wait before the next try grows from this
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// to this.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Whom to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `host:port`.
    Tcp(String),
    /// The path of a socket, from the current directory.
    Unix(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Tcp(place) | Target::Unix(place) => f.write_str(place),
        }
    }
}

impl Target {
    /// What a topology names, or why it can't be.
    pub(crate) fn tcp(place: &str) -> std::result::Result<Target, String> {
        let parts = place.rsplit_once(':').filter(|(host, _)| {
            !host.is_empty()
                && !host.contains(['/', ' ', '\0'])
                && (host.starts_with('[') || !host.contains(':'))
        });
        match parts.and_then(|(_, port)| port.parse::<u16>().ok()) {
            Some(1..) => Ok(Target::Tcp(place.to_string())),
            _ => Err(format!(
                "{place:?} is not a host and a port, such as \"127.0.0.1:7000\" or \"[::1]:7000\""
            )),
        }
    }

    /// The same of a path.
    pub(crate) fn unix(path: &str) -> std::result::Result<Target, String> {
        unix::check(path).map(|()| Target::Unix(path.to_string()))
    }

    fn connect(&self) -> io::Result<Socket> {
        match self {
            Target::Unix(path) => Socket::unix(UnixStream::connect(path)?),
            Target::Tcp(place) => {
                let mut failed = io::Error::other("the host has no address");
                for address in place.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, ANSWER) {
                        Ok(stream) => return Socket::tcp(stream),
                        Err(e) => failed = e,
                    }
                }
                Err(failed)
            }
        }
    }
}

/// Connects when it is asked to, and rings when it has.
pub(crate) struct Dialer {
    bell: Arc<EventFd>,
    asks: Sender<Duration>,
    answers: Receiver<std::result::Result<Socket, String>>,
    /// It was asked, and has not answered.
    asked: bool,
    pause: Duration,
}

impl Dialer {
    /// # Errors
    /// When there is no descriptor, or no thread, for it.
    pub(crate) fn new(target: Target) -> Result<Dialer> {
        let cannot = |why: &io::Error| Error::failed(format!("cannot connect to {target}: {}", scarce(why)));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).map_err(|e| cannot(&e.into()))?);
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let (ring, to) = (bell.clone(), target.clone());
        let work = move || serve(&to, &asked, &answer, &ring);
        let thread = std::thread::Builder::new().name("dialer".to_string()).spawn(work);
        thread.map_err(|e| cannot(&e))?;
        Ok(Dialer { bell, asks, answers, asked: false, pause: Duration::ZERO })
    }

    /// Asks for a connection, unless that was done: at once the first time, then after a pause that grows until `met`.
    pub(crate) fn dial(&mut self) {
        if !self.asked {
            // The thread ends when this one does.
            self.asked = self.asks.send(self.pause).is_ok();
            self.pause = (self.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        }
    }

    /// What has come of it, if anything has: a connection, or why there is none, as a clause.
    pub(crate) fn answer(&mut self) -> Option<std::result::Result<Socket, String>> {
        let answer = self.answers.try_recv().ok()?;
        // It rang for this.
        let _ = self.bell.read();
        self.asked = false;
        Some(answer)
    }

    /// The other end is as it should be: the next time it is dialled at once.
    pub(crate) fn met(&mut self) {
        self.pause = Duration::ZERO;
    }
}

/// Readable when there is an answer.
impl AsFd for Dialer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

fn serve(
    target: &Target,
    asked: &Receiver<Duration>,
    answer: &Sender<std::result::Result<Socket, String>>,
    bell: &EventFd,
) {
    while let Ok(pause) = asked.recv() {
        // Nobody asks twice: what ends this wait is that nobody is left to ask.
        if !pause.is_zero() && asked.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        if answer.send(target.connect().map_err(|e| reason(&e))).is_err() {
            return;
        }
        // A full counter means that it rings already.
        let _ = bell.write(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::net::TcpListener;

    fn answer(dialer: &mut Dialer) -> std::result::Result<Socket, String> {
        dialer.dial();
        let found = poll(&mut [PollFd::new(dialer.as_fd(), PollFlags::POLLIN)], PollTimeout::from(10_000u16));
        assert_eq!(found, Ok(1), "it rings");
        dialer.answer().expect("it rang for an answer")
    }

    #[test]
    fn it_connects_says_why_not_and_tries_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let mut dialer = Dialer::new(Target::Tcp(place.clone())).unwrap();
        assert!(answer(&mut dialer).is_ok());
        dialer.met();
        assert!(dialer.answer().is_none());
        drop(listener);
        assert_eq!(answer(&mut dialer).err().as_deref(), Some("connection refused"));
        assert_eq!(answer(&mut dialer).err().as_deref(), Some("connection refused"));
        let _listener = TcpListener::bind(place).unwrap();
        assert!(answer(&mut dialer).is_ok());
    }
}
