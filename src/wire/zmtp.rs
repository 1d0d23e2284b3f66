//! The direct engine: ZMTP 3.1 over Unix sockets on the stage's own thread, because libzmq's I/O threads cost two
//! more wake-ups a hop.
//!
//! It is ZeroMQ all the same (RFC 23, 29 and 37: PUSH and PULL, XPUB and SUB, NULL mechanism): any peer of libzmq can
//! be at the other end. What links and taps need and nothing more: a PUSH or a SUB connects and has one peer; a PULL or
//! an XPUB binds and has many.
//!
//! | what | where |
//! |---|---|
//! | heads of frames, commands | `frame` |
//! | greeting, READY, versions, socket types | `greeting` |
//! | what stands in the bytes of a connection: pure | `decoder` |
//! | one socket and its receive buffer | `connection` |
//! | who is connected to a PULL, and who may stay | `guests` |
//! | the two ends of a link | `inbox`, `outbox` |
//! | who watches, and what waits for it | `watcher` |
//! | the two ends of a tap | `publisher`, `subscriber` |
//! | who comes in by a path (of which `net::unix` knows) | `door` |

mod connection;
mod decoder;
mod door;
mod frame;
mod greeting;
mod guests;
mod inbox;
mod outbox;
mod publisher;
mod subscriber;
mod watcher;

pub(super) use inbox::Inbox;
pub(super) use outbox::Outbox;
pub use publisher::{Message, Publisher};
pub use subscriber::Subscriber;
