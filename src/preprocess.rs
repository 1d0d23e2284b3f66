//! Cleaning and shaping: the operators of the room `preprocess`.

mod alert;
mod change;
mod collect;
mod common;
mod derive;
mod event_time;
mod exec;
mod filter;
mod items_of;
mod lag;
mod rank;
mod route;
mod select;
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
    &event_time::OPERATOR,
    &window::OPERATOR,
    &collect::OPERATOR,
    &items_of::OPERATOR,
    &alert::OPERATOR,
    &lag::OPERATOR,
    &change::OPERATOR,
    &rank::OPERATOR,
    &exec::OPERATOR,
];
