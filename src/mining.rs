//! Learning: the operators of the room `mining`.

mod adaptive_hoeffding_tree;
mod adaptive_random_forest;
mod adwin;
mod association_rules;
mod common;
mod ddm;
mod evaluate;
mod frequent_itemsets;
mod half_space_trees;
mod heavy_hitters;
mod hoeffding_tree;
mod kmeans;
mod logistic_regression;
mod naive_bayes;
mod page_hinkley;
mod recommend;
mod robust_zscore;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &adaptive_hoeffding_tree::OPERATOR,
    &adaptive_random_forest::OPERATOR,
    &adwin::OPERATOR,
    &association_rules::OPERATOR,
    &ddm::OPERATOR,
    &evaluate::OPERATOR,
    &frequent_itemsets::OPERATOR,
    &half_space_trees::OPERATOR,
    &heavy_hitters::OPERATOR,
    &hoeffding_tree::OPERATOR,
    &kmeans::OPERATOR,
    &logistic_regression::OPERATOR,
    &naive_bayes::OPERATOR,
    &page_hinkley::OPERATOR,
    &recommend::OPERATOR,
    &robust_zscore::OPERATOR,
];
