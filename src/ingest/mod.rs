//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod csv;

// What sources share.
mod field;
mod input;
mod pace;
mod records;
mod rejects;
mod rows;
mod sample;
mod scan;
mod table;

pub const OPERATORS: &[&Spec] = &[&csv::OPERATOR];
