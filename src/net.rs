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
//! | where peers connect to; who of them may | `listener`, `peers` |
//! | all who are connected, bounded, in one wait | `hub` |
//! | what comes as datagrams | `datagrams` |
//! | the path of a Unix socket | `unix` |
//! | records posted to us, and by us; a secret in a file | `http`, `courier`, `token` |
//! | a socket of libzmq | `zmq` |
//! | a child process, its pipes and its end | `child` |

pub(crate) mod child;
pub(crate) mod courier;
mod datagrams;
mod dialer;
pub(crate) mod http;
mod hub;
mod listener;
mod peers;
mod socket;
pub(crate) mod token;
pub(crate) mod unix;
pub(crate) mod zmq;

pub(crate) use datagrams::{Datagram, Datagrams};
pub(crate) use dialer::{Dialer, Target};
pub(crate) use hub::{Hub, Source};
pub(crate) use listener::Listener;
pub(crate) use peers::{Peers, PeersParams, address, is_here};
pub(crate) use socket::Socket;

use crate::error::{Error, reason};
use std::fmt::Display;
use std::io;

/// Why one can't listen there, and what to do.
fn cannot_listen(at: &impl Display, why: &io::Error) -> Error {
    let advice = match why.kind() {
        io::ErrorKind::AddrInUse => "another program has it: end that, or choose another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 are for who may have them: choose another",
        io::ErrorKind::AddrNotAvailable => {
            "it is no address of this host: `ip address` shows those there are"
        }
        _ => "choose another",
    };
    Error::failed(format!("cannot listen at {at}: {} ({advice})", reason(why)))
}
