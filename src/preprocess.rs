//! Cleaning and shaping: the operators of the room `preprocess`.

mod alert;
mod bin;
mod clip;
mod collect;
mod common;
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
mod limit;
mod merge_fields;
mod min_max;
mod one_hot;
mod route;
mod sample;
mod select;
mod split;
mod standardize;
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
    &items_of::OPERATOR,
    &alert::OPERATOR,
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
