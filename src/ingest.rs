//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod common;
mod csv;
mod http;
mod jsonl;
mod shop;
mod syslog;
mod tcp;
mod udp;
mod unix;
mod zmq;

pub const OPERATORS: &[&Spec] = &[
    &csv::OPERATOR,
    &http::OPERATOR,
    &jsonl::OPERATOR,
    &shop::OPERATOR,
    &syslog::OPERATOR,
    &tcp::OPERATOR,
    &udp::OPERATOR,
    &unix::OPERATOR,
    &zmq::OPERATOR,
];
