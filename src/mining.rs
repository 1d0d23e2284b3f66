//! Learning: the operators of the room `mining`.

mod centres;
mod kmeans;
mod lloyd;
mod random;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[&kmeans::OPERATOR];
