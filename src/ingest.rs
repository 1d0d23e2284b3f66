//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod common;
mod csv;
mod http;
mod shop;
mod syslog;
mod tcp;
mod udp;
mod unix;

pub const OPERATORS: &[&Spec] = &[
    &csv::OPERATOR,
    &http::OPERATOR,
    &shop::OPERATOR,
    &syslog::OPERATOR,
    &tcp::OPERATOR,
    &udp::OPERATOR,
    &unix::OPERATOR,
];
