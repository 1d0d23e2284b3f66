//! Learning: the operators of the room `mining`.

mod adwin;
mod common;
mod ddm;
mod half_space_trees;
mod kmeans;
mod naive_bayes;
mod page_hinkley;
mod robust_zscore;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &adwin::OPERATOR,
    &ddm::OPERATOR,
    &half_space_trees::OPERATOR,
    &kmeans::OPERATOR,
    &naive_bayes::OPERATOR,
    &page_hinkley::OPERATOR,
    &robust_zscore::OPERATOR,
];
