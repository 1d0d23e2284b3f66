//! Learning: the operators of the room `mining`.

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[];
