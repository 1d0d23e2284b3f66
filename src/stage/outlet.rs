//! One outgoing link: the socket that moves what its sender says, and the worker at the other end.

use super::bodies::Bodies;
use crate::error::Result;
use crate::run::wiring::Link;
use crate::wire::endpoint::Outbox;
use crate::wire::link::{LinkSender, Step};
use crate::wire::peer::Peer;

/// A link as its sending worker has it.
pub(super) struct Outlet {
    pub link: Link,
    pub socket: Outbox,
    pub receiver: Peer,
    pub sender: LinkSender,
}

impl Outlet {
    /// Hands over what waits and may go; true when nothing of it is here any more. A receiver that is gone takes
    /// nothing: what is for it stays offered, and so counts as lost.
    pub(super) fn serve(&mut self, bodies: &mut Bodies, now: u64) -> Result<bool> {
        if self.receiver.is_gone() {
            while let Some(body) = self.sender.give_up() {
                bodies.release(body);
            }
            return Ok(true);
        }
        loop {
            if self.sender.wants_word() {
                self.hear();
            }
            let gone = match self.sender.next(now) {
                None => break,
                Some(Step::Shed(body)) => Some(body),
                Some(Step::Write(head, body)) => {
                    if !self.socket.offer(&head.write(), bodies.bytes(body), now)? {
                        return Ok(false);
                    }
                    self.sender.handed_over(now)
                }
            };
            gone.into_iter().for_each(|body| bodies.release(body));
        }
        Ok(self.socket.flush(now)? && !self.sender.has_waiting())
    }

    /// Whether a frame waits, or a part of one; for a receiver that is gone nothing does.
    pub(super) fn has_waiting(&self) -> bool {
        !self.receiver.is_gone() && (self.sender.has_waiting() || self.socket.holds_one())
    }

    /// Hears how far the receiver is.
    pub(super) fn hear(&mut self) {
        self.sender.heard(&self.receiver.received(self.link.incoming));
    }

    /// Records before its receiver: on the way to it, and not done by it.
    pub(super) fn load(&mut self) -> u64 {
        if self.receiver.is_gone() {
            return u64::MAX;
        }
        self.hear();
        self.sender.load() + self.receiver.backlog()
    }

    /// Speaks, if the link has been silent: what comes next, or with `end` (the flags of it) that nothing does.
    pub(super) fn tell(&mut self, end: Option<u8>, idle: bool, now: u64) -> Result<()> {
        // What is on its way says more.
        if self.socket.holds_one() || (end.is_some() && self.heard_end()) {
            return Ok(());
        }
        match self.sender.tell(end, idle, now) {
            Some(head) => self.socket.offer(&head.write(), &[], now).map(|_| ()),
            None => Ok(()),
        }
    }

    pub(super) fn heard_end(&self) -> bool {
        self.receiver.is_gone() || self.receiver.received(self.link.incoming).ended
    }
}
