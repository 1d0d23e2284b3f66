//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod agrawal;
mod arff;
mod common;
mod csv;
mod http;
mod hyperplane;
mod jsonl;
mod led;
mod lines;
mod rbf;
mod sea;
mod shop;
mod syslog;
mod tcp;
mod udp;
mod unix;
mod zmq;

pub const OPERATORS: &[&Spec] = &[
    &agrawal::OPERATOR,
    &arff::OPERATOR,
    &csv::OPERATOR,
    &http::OPERATOR,
    &hyperplane::OPERATOR,
    &jsonl::OPERATOR,
    &led::OPERATOR,
    &lines::OPERATOR,
    &rbf::OPERATOR,
    &sea::OPERATOR,
    &shop::OPERATOR,
    &syslog::OPERATOR,
    &tcp::OPERATOR,
    &udp::OPERATOR,
    &unix::OPERATOR,
    &zmq::OPERATOR,
];
