//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod common;
mod csv;
mod shop;
mod zmq;

pub const OPERATORS: &[&Spec] = &[&csv::OPERATOR, &shop::OPERATOR, &zmq::OPERATOR];
