//! Cleaning and shaping: the operators of the room `preprocess`.

mod alert;
mod collect;
mod derive;
mod event_time;
mod exec;
mod filter;
mod items_of;
mod mask;
mod parse;
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
    &parse::OPERATOR,
    &mask::OPERATOR,
    &alert::OPERATOR,
    &exec::OPERATOR,
];
