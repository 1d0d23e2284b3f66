//! What several operators of the room share: lists of different texts, and the last rows of a key.

mod before;
mod things;

pub(super) use before::Before;
pub(super) use things::Things;
