//! The laws of a link, without any socket: what a sender may write when, and what a receiver takes.
//!
//! - A receiver SHALL take each record at most once, and those of one sender's life in the order of sending.
//! - A sequence number SHALL be used for one record only, over all lives of a sender.
//! - A frame SHALL speak only of what its sender has offered, and that is public before the frame is written: so a
//!   stray frame can't move `next` or the epoch to where no true one comes.
//! - What was offered is received, shed, lost or in flight, and only one of these. A frame SHALL be shed whole, and
//!   only while no byte of it was handed over. What is missing at rest and was not shed is lost; nobody counts that.
//! - Credit SHALL bound what is in flight. Numbers of what was shed or lost cost none of it.
//! - A gap or a Beat SHALL move `next`, so that lost records can't block for ever.
//! - End SHALL be said behind all that was offered, when what was shed is public too.

mod received;
mod sender;

pub use received::{Received, Verdict};
pub use sender::{BEAT_NS, LinkSender, Load, OnFull, Step, Terms};
