//! What several operators of the room share: columns that a step names, values that it keeps, and what it counts.

mod cell;
mod counts;
mod fields;

pub(in crate::preprocess) use cell::Cell;
pub(in crate::preprocess) use counts::Counts;
pub(in crate::preprocess) use fields::{inside, is_missing, named, remade};
