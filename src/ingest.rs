//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

mod csv;
mod shop;

// What they are made of.
mod field;
mod goods;
mod input;
mod number;
mod pace;
mod random;
mod records;
mod rejects;
mod rows;
mod sample;
mod scan;
mod table;

pub const OPERATORS: &[&Spec] = &[&csv::OPERATOR, &shop::OPERATOR];
