//! Cleaning and shaping: the operators of the room `preprocess`.

mod alert;
mod as_of;
mod collect;
mod common;
mod dedupe;
mod derive;
mod event_time;
mod exec;
mod filter;
mod items_of;
mod join;
mod lookup;
mod route;
mod select;
mod sort;
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
    &alert::OPERATOR,
    &exec::OPERATOR,
];
