//! Cleaning and shaping: the operators of the room `preprocess`.

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[];
