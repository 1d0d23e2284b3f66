//! Learning: the operators of the room `mining`.

mod common;
mod kmeans;
mod naive_bayes;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[&kmeans::OPERATOR, &naive_bayes::OPERATOR];
