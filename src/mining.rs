//! Learning: the operators of the room `mining`.

mod adwin;
mod association_rules;
mod common;
mod ddm;
mod frequent_itemsets;
mod half_space_trees;
mod heavy_hitters;
mod kmeans;
mod naive_bayes;
mod page_hinkley;
mod recommend;
mod robust_zscore;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &adwin::OPERATOR,
    &association_rules::OPERATOR,
    &ddm::OPERATOR,
    &frequent_itemsets::OPERATOR,
    &half_space_trees::OPERATOR,
    &heavy_hitters::OPERATOR,
    &kmeans::OPERATOR,
    &naive_bayes::OPERATOR,
    &page_hinkley::OPERATOR,
    &recommend::OPERATOR,
    &robust_zscore::OPERATOR,
];
