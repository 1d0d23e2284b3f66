//! All operators, room by room: a plain list.

use crate::operator::Spec;
use crate::{ingest, mining, preprocess, storage};

/// Where an operator lives, in the order of a stream's way.
pub const ROOMS: [(&str, &[&Spec]); 4] = [
    ("ingest", ingest::OPERATORS),
    ("preprocess", preprocess::OPERATORS),
    ("mining", mining::OPERATORS),
    ("storage", storage::OPERATORS),
];

/// Every operator with its room.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Spec)> {
    ROOMS.into_iter().flat_map(|(room, specs)| specs.iter().map(move |spec| (room, *spec)))
}

/// The operator of that name: a source where nothing is read, another where something is (`csv` names one of
/// each).
pub fn find(name: &str, source: bool) -> Option<(&'static str, &'static Spec)> {
    all().find(|(_, spec)| spec.name == name && spec.is_source() == source)
}
