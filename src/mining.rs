//! Learning: the operators of the room `mining`.

mod adwin;
mod common;
mod ddm;
mod kmeans;
mod naive_bayes;
mod page_hinkley;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] =
    &[&adwin::OPERATOR, &ddm::OPERATOR, &kmeans::OPERATOR, &naive_bayes::OPERATOR, &page_hinkley::OPERATOR];
