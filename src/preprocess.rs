//! Cleaning and shaping: the operators of the room `preprocess`.

mod alert;
mod as_of;
mod bin;
mod change;
mod clip;
mod collect;
mod common;
mod dedupe;
mod derive;
mod drop_missing;
mod event_time;
mod exec;
mod expect;
mod explode;
mod fill;
mod filter;
mod hash_features;
mod items_of;
mod join;
mod lag;
mod limit;
mod lookup;
mod mask;
mod merge_fields;
mod min_max;
mod one_hot;
mod parse;
mod rank;
mod route;
mod sample;
mod select;
mod sort;
mod split;
mod standardize;
mod union;
mod window;

pub use exec::{Answer, Trial};

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &filter::OPERATOR, //
    &derive::OPERATOR,
    &select::OPERATOR,
    &route::OPERATOR,
    &standardize::OPERATOR,
    &min_max::OPERATOR,
    &bin::OPERATOR,
    &one_hot::OPERATOR,
    &hash_features::OPERATOR,
    &event_time::OPERATOR,
    &window::OPERATOR,
    &collect::OPERATOR,
    &join::OPERATOR,
    &as_of::OPERATOR,
    &lookup::OPERATOR,
    &dedupe::OPERATOR,
    &sort::OPERATOR,
    &union::OPERATOR,
    &items_of::OPERATOR,
    &parse::OPERATOR,
    &mask::OPERATOR,
    &alert::OPERATOR,
    &lag::OPERATOR,
    &change::OPERATOR,
    &rank::OPERATOR,
    &fill::OPERATOR,
    &drop_missing::OPERATOR,
    &clip::OPERATOR,
    &expect::OPERATOR,
    &sample::OPERATOR,
    &limit::OPERATOR,
    &explode::OPERATOR,
    &split::OPERATOR,
    &merge_fields::OPERATOR,
    &exec::OPERATOR,
];
