//! What one end of a link knows of the worker at the other end, and nothing else of it.
//!
//! Today it is read from that worker's ledger, which is mapped. Where there is no common memory it will be a mirror of
//! that ledger, kept by a thread that hears what the other publishes. A mirror lags, so only what may be old without
//! harm is to be relied on: counts that grow, and a state that is never taken back within a life.

use super::ledger::{Ledger, State};
use super::link::Received;
use crate::operator::{Amount, PortId};
use std::sync::Arc;

/// Whether the process with a number is a sender of a worker now.
pub type Expects = Arc<dyn Fn(u32) -> bool + Send + Sync>;

/// A worker at the other end of a link.
pub struct Peer(Ledger);

impl Peer {
    /// One whose ledger is mapped.
    pub(crate) fn mapped(ledger: Ledger) -> Peer {
        Peer(ledger)
    }

    /// Whether a process is one of these workers now: a worker that was started again is another process.
    pub(crate) fn expects(peers: Vec<Arc<Peer>>) -> Expects {
        Arc::new(move |pid| peers.iter().any(|peer| peer.0.pid() == pid))
    }

    pub fn state(&self) -> State {
        self.0.state()
    }

    /// It takes nothing any more, and nothing more comes of it.
    pub fn is_gone(&self) -> bool {
        self.state() >= State::Finished
    }

    /// Its life: how many processes have been this worker.
    pub fn epoch(&self) -> u32 {
        self.0.epoch()
    }

    /// What it has taken over one of its incoming links.
    pub fn received(&self, incoming: usize) -> Received {
        self.0.received(incoming)
    }

    /// What it has offered to one of its outgoing links.
    pub fn offered(&self, outgoing: usize) -> Amount {
        self.0.offered(outgoing)
    }

    /// How many records have left by one of its ports.
    pub(crate) fn let_out(&self, port: PortId) -> u64 {
        self.0.account().ports[port.index()]
    }

    /// Records that it has taken and not done.
    pub(crate) fn backlog(&self) -> u64 {
        self.0.received_total().saturating_sub(self.0.done())
    }
}
