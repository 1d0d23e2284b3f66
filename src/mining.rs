//! Learning: the operators of the room `mining`.

mod adaptive_hoeffding_tree;
mod adaptive_random_forest;
mod adwin;
mod common;
mod ddm;
mod half_space_trees;
mod hoeffding_tree;
mod kmeans;
mod naive_bayes;
mod page_hinkley;
mod robust_zscore;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &adaptive_hoeffding_tree::OPERATOR,
    &adaptive_random_forest::OPERATOR,
    &adwin::OPERATOR,
    &ddm::OPERATOR,
    &half_space_trees::OPERATOR,
    &hoeffding_tree::OPERATOR,
    &kmeans::OPERATOR,
    &naive_bayes::OPERATOR,
    &page_hinkley::OPERATOR,
    &robust_zscore::OPERATOR,
];
