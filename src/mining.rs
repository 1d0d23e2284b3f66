//! Learning: the operators of the room `mining`.

mod kmeans;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[&kmeans::OPERATOR];
