//! What several operators of the room share: columns that a step names, values and records that it keeps, what it
//! counts, how far stops have let go, bins of numbers, parts of texts, lists of different texts, the last rows of a
//! key, and rows that wait for those of another stream or for their time.

mod before;
mod bins;
mod cell;
mod counts;
mod ends;
mod fields;
mod outgoing;
mod packed;
pub(in crate::preprocess) mod pairing;
mod parts;
mod scaled;
mod things;

pub(in crate::preprocess) use before::{RowsBefore, beside};
pub(in crate::preprocess) use bins::{Asked, Bins, Named};
pub(in crate::preprocess) use cell::Cell;
pub(in crate::preprocess) use counts::Counts;
pub(in crate::preprocess) use ends::Ends;
pub(in crate::preprocess) use fields::{inside, is_missing, named, remade, taken};
pub(in crate::preprocess) use outgoing::Outgoing;
pub(in crate::preprocess) use packed::{pack, unpack};
pub(in crate::preprocess) use parts::Separator;
pub(in crate::preprocess) use scaled::{Scaled, place};
pub(super) use things::Things;
