//! Cleaning and shaping: the operators of the room `preprocess`.

mod cast;
mod select;
mod standardize;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &select::OPERATOR, //
    &standardize::OPERATOR,
];
