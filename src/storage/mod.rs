//! Sinks: the operators of the room `storage`.

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[];
