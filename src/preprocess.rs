//! Cleaning and shaping: the operators of the room `preprocess`.

mod cast;
mod derive;
mod filter;
mod select;
mod standardize;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &filter::OPERATOR, //
    &derive::OPERATOR,
    &select::OPERATOR,
    &standardize::OPERATOR,
];
