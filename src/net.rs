//! Sockets, listeners and child processes of operators: how bytes come from those who live outside, and how they go
//! there.
//!
//! Who opens a listener bounds it here: how many may come, how much of each is held, and for how long. Nothing here
//! knows what the bytes mean (that is `format`), counts or rejects (that is the operator's affair).
//!
//! | what | where |
//! |---|---|
//! | a connected stream, of TCP or a Unix socket | `socket` |
//! | a thread that connects | `dialer` |
//! | the path of a Unix socket | `unix` |
//! | a socket of libzmq | `zmq` |
//! | a child process, its pipes and its end | `child` |

pub(crate) mod child;
mod dialer;
mod socket;
pub(crate) mod unix;
pub(crate) mod zmq;

pub(crate) use dialer::{Dialer, Target};
pub(crate) use socket::Socket;
