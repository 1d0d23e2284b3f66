//! Learning: the operators of the room `mining`.

mod adwin;
mod common;
mod ddm;
mod evaluate;
mod kmeans;
mod logistic_regression;
mod naive_bayes;
mod page_hinkley;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &adwin::OPERATOR,
    &ddm::OPERATOR,
    &evaluate::OPERATOR,
    &kmeans::OPERATOR,
    &logistic_regression::OPERATOR,
    &naive_bayes::OPERATOR,
    &page_hinkley::OPERATOR,
];
