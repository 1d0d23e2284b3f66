//! Cleaning and shaping: the operators of the room `preprocess`.

mod derive;
mod event_time;
mod filter;
mod route;
mod select;
mod standardize;
mod window;

use crate::operator::Spec;

pub const OPERATORS: &[&Spec] = &[
    &filter::OPERATOR, //
    &derive::OPERATOR,
    &select::OPERATOR,
    &route::OPERATOR,
    &standardize::OPERATOR,
    &event_time::OPERATOR,
    &window::OPERATOR,
];
