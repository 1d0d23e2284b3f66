//! One who watches: what it wants, and what waits for it.

use super::connection::{Connection, Filled};
use super::greeting::Role;
use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// So many bytes wait for one that is slow; what comes then it misses.
const WAITING_MAX: usize = 1 << 20;
/// Longer topics are nobody's.
const WISH_MAX: u64 = 4096;
/// So many beginnings of topics one may name; more are not heard.
const WISHES_MAX: usize = 256;

pub(super) struct Watcher {
    connection: Connection,
    /// What the topics that it wants begin with, and how often it has said so.
    wishes: Vec<(Vec<u8>, u32)>,
    /// By topic.
    wants: Vec<bool>,
    waiting: VecDeque<Arc<[u8]>>,
    bytes: usize,
    /// How much of the first of them has gone.
    gone: usize,
}

impl Watcher {
    /// Begins to talk with one who has connected; `None` when it is gone already, or is another user's.
    pub(super) fn begin(stream: UnixStream, topics: usize, now: u64) -> Option<Watcher> {
        let mut connection = Connection::begin(stream, Role::Publish, WISH_MAX, now)?;
        connection.keep_answers();
        let (wishes, wants) = (Vec::new(), vec![false; topics]);
        Some(Watcher { connection, wishes, wants, waiting: VecDeque::new(), bytes: 0, gone: 0 })
    }

    pub(super) fn stream(&self) -> &UnixStream {
        &self.connection.stream
    }

    /// For how long it has been here without a word, if it has not said READY.
    pub(super) fn silent_since(&self) -> Option<u64> {
        (!self.connection.is_open()).then_some(self.connection.since_ns)
    }

    /// Since when it is here for nothing.
    pub(super) fn wants_nothing_since(&self) -> Option<u64> {
        (!self.wants.contains(&true)).then_some(self.connection.since_ns)
    }

    pub(super) fn wants(&self, topic: usize) -> bool {
        self.wants[topic]
    }

    /// Hears what it says; `changed` gets each topic that it wants from now on, or no longer. False when it is to be
    /// cut off.
    pub(super) fn hear(&mut self, topics: &[String], mut changed: impl FnMut(usize, bool)) -> bool {
        let filled = self.connection.read();
        loop {
            let (on, at) = match self.connection.next_wish() {
                Ok(Some(wish)) => wish,
                Ok(None) => break,
                Err(_) => return false,
            };
            let beginning = self.connection.bytes(at).to_vec();
            if topics.iter().any(|topic| topic.as_bytes().starts_with(&beginning)) && self.wish(on, beginning)
            {
                for (at, topic) in topics.iter().enumerate() {
                    let wants = self.wishes.iter().any(|(wish, _)| topic.as_bytes().starts_with(wish));
                    if std::mem::replace(&mut self.wants[at], wants) != wants {
                        changed(at, wants);
                    }
                }
            }
        }
        let answers = self.connection.answers();
        if !answers.is_empty() {
            self.bytes += answers.len();
            self.waiting.push_back(answers.into());
        }
        // One who asks and does not listen is of no use.
        filled != Filled::Closed && self.bytes <= 2 * WAITING_MAX
    }

    /// Takes a wish into account; whether that can change what it wants.
    fn wish(&mut self, on: bool, beginning: Vec<u8>) -> bool {
        let known = self.wishes.iter().position(|(wish, _)| *wish == beginning);
        match (on, known) {
            (true, Some(at)) => self.wishes[at].1 = self.wishes[at].1.saturating_add(1),
            (true, None) if self.wishes.len() < WISHES_MAX => {
                self.wishes.push((beginning, 1));
                return true;
            }
            (false, Some(at)) => {
                self.wishes[at].1 -= 1;
                if self.wishes[at].1 == 0 {
                    self.wishes.swap_remove(at);
                    return true;
                }
            }
            _ => {}
        }
        false
    }

    /// Has a message wait for it, unless too much does already.
    pub(super) fn give(&mut self, message: &Arc<[u8]>) {
        if self.waiting.is_empty() || self.bytes + message.len() <= WAITING_MAX {
            self.bytes += message.len();
            self.waiting.push_back(message.clone());
        }
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes what waits, as far as the socket takes it; false when the watcher is gone.
    pub(super) fn write(&mut self) -> bool {
        while let Some(first) = self.waiting.front() {
            match self.connection.stream.write(&first[self.gone..]) {
                Ok(n) => self.gone += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return e.kind() == ErrorKind::WouldBlock,
            }
            if self.gone == first.len() {
                self.bytes -= first.len();
                self.gone = 0;
                self.waiting.pop_front();
            }
        }
        true
    }
}
