//! Raw declarations of libzmq 4.3.5, the ones that the `zmq` crate takes and a few that it lacks.
//!
//! Why not the `zmq-sys` of crates.io: it builds libzmq 4.3.4 without CURVE and without eventfd. This one takes its
//! place through `[patch.crates-io]`. The meaning of each name is in the manual pages of libzmq
//! (<https://libzmq.readthedocs.io>); libzmq itself is under the MPL-2.0.

#[cfg(not(target_os = "linux"))]
compile_error!("sluicebox runs on Linux only: its libzmq is built for eventfd and epoll");

// Nothing here calls libsodium, libzmq does: this keeps it on the link line.
extern crate libsodium_sys as _;

mod consts;
pub mod errno;
mod functions;

pub use consts::*;
pub use functions::*;
pub use std::os::unix::io::RawFd;
