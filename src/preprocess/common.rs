//! What several operators of the room share: lists of different texts.

mod things;

pub(super) use things::Things;
