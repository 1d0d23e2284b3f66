//! What several operators of the room share: rows of two streams that wait for each other.

pub(in crate::preprocess) mod pairing;
