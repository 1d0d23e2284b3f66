//! Learning: the operators of the room `mining`.

mod association_rules;
mod common;
mod frequent_itemsets;
mod heavy_hitters;
mod kmeans;
mod recommend;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &kmeans::OPERATOR, //
    &association_rules::OPERATOR,
    &frequent_itemsets::OPERATOR,
    &heavy_hitters::OPERATOR,
    &recommend::OPERATOR,
];
