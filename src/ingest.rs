//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod common;
mod csv;
mod jsonl;
mod shop;
mod zmq;

pub const OPERATORS: &[&Spec] = &[&csv::OPERATOR, &jsonl::OPERATOR, &shop::OPERATOR, &zmq::OPERATOR];
