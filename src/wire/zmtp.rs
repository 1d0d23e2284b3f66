//! The direct engine: ZMTP 3.1 over Unix sockets on the stage's own thread, because libzmq's I/O threads cost two
//! more wake-ups a hop.
//!
//! It is ZeroMQ all the same (RFC 23 and 37: PUSH and PULL, NULL mechanism): any peer of libzmq can be at the other
//! end. What a link needs and nothing more: a PUSH connects and has one peer; a PULL binds and has many.
//!
//! | what | where |
//! |---|---|
//! | heads of frames, commands | `frame` |
//! | greeting, READY, versions, socket types | `greeting` |
//! | what stands in the bytes of a connection: pure | `decoder` |
//! | one socket and its receive buffer | `connection` |
//! | who is connected to a PULL, and who may stay | `guests` |
//! | the two ends | `inbox`, `outbox` |
//!
//! The path in the file system is `net::unix`.

mod connection;
mod decoder;
mod frame;
mod greeting;
mod guests;
mod inbox;
mod outbox;

pub(super) use inbox::Inbox;
pub(super) use outbox::Outbox;
