//! The subscribing end: a SUB that connects to one path, again and again.

use super::connection::{Connection, Filled};
use super::frame;
use super::greeting::Role;
use crate::net::unix;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// How long to wait before the next try to connect.
const RETRY_NS: u64 = 20_000_000;

pub struct Subscriber {
    path: PathBuf,
    topics: Vec<String>,
    message_max: u64,
    connection: Option<Connection>,
    /// It has said what it wants.
    asked: bool,
    retry_ns: u64,
    connections: u64,
    /// The parts of a message that have come, one behind the other, and where each ends.
    parts: Vec<u8>,
    ends: Vec<usize>,
    /// The message in `parts` is whole and was given.
    given: bool,
}

impl Subscriber {
    /// One who wants all whose topics begin so. A publisher that sends a longer message is cut off.
    pub fn new(path: &Path, topics: Vec<String>, message_max: u64) -> Subscriber {
        let (parts, ends) = (Vec::new(), Vec::new());
        let path = path.to_path_buf();
        Subscriber {
            path,
            topics,
            message_max,
            connection: None,
            asked: false,
            retry_ns: 0,
            connections: 0,
            parts,
            ends,
            given: false,
        }
    }

    /// How many connections there have been: it is another one when this grows.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Whether there is somebody at the other end.
    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// What to wait for: to be read from while it is readable; `None`: time.
    pub fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().map(|connection| connection.stream.as_fd())
    }

    /// The parts of the next message, if one is there. Never waits. Who publishes can't be kept from going: then it is
    /// connected to again, as soon as somebody listens at the path.
    pub fn take(&mut self, now: u64) -> Option<Vec<&[u8]>> {
        if std::mem::take(&mut self.given) {
            self.forget_parts();
        }
        let mut read = false;
        loop {
            if self.connection.is_none() && now >= self.retry_ns {
                self.retry_ns = now + RETRY_NS;
                self.connect(now);
            }
            let connection = self.connection.as_mut()?;
            match connection.next_part() {
                Ok(Some((at, more))) => {
                    self.parts.extend_from_slice(connection.bytes(at));
                    self.ends.push(self.parts.len());
                    if self.parts.len() as u64 > self.message_max {
                        self.drop_connection();
                    } else if !more {
                        self.given = true;
                        return Some(self.message());
                    }
                    continue;
                }
                Ok(None) => {}
                Err(_) => {
                    self.drop_connection();
                    continue;
                }
            }
            if !self.asked && connection.is_open() {
                self.asked = true;
                let wishes: Vec<u8> = self
                    .topics
                    .iter()
                    .flat_map(|topic| frame::command("SUBSCRIBE", topic.as_bytes()))
                    .collect();
                if !connection.say(&wishes) {
                    self.drop_connection();
                    continue;
                }
            }
            if read {
                return None;
            }
            match connection.read() {
                Filled::Closed => self.drop_connection(),
                Filled::Nothing => return None,
                Filled::Some => read = true,
                Filled::Full => {}
            }
        }
    }

    fn message(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(from, to)| &self.parts[*from..*to]).collect()
    }

    fn connect(&mut self, now: u64) {
        self.asked = false;
        let stream = unix::connect(&self.path).ok();
        self.connection =
            stream.and_then(|stream| Connection::begin(stream, Role::Subscribe, self.message_max, now));
        self.connections += u64::from(self.connection.is_some());
    }

    fn drop_connection(&mut self) {
        self.connection = None;
        self.forget_parts();
    }

    fn forget_parts(&mut self) {
        self.parts.clear();
        self.ends.clear();
    }
}
