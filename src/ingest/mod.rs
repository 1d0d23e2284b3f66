//! Sources: the operators of the room `ingest`.

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[];
