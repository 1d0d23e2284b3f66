//! All operators, room by room: a plain list.

use crate::operator::Spec;
use crate::{ingest, mining, preprocess, storage};

/// Operators, room by room.
pub type Rooms = [(&'static str, &'static [&'static Spec])];

/// Where an operator lives, in the order of a stream's way.
pub const ROOMS: [(&str, &[&Spec]); 4] = [
    ("ingest", ingest::OPERATORS),
    ("preprocess", preprocess::OPERATORS),
    ("mining", mining::OPERATORS),
    ("storage", storage::OPERATORS),
];

/// Every operator with its room.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Spec)> {
    in_rooms(&ROOMS)
}

/// The operator of that name: a source where nothing is read, another where something is (`csv` names one of
/// each).
pub fn find(name: &str, source: bool) -> Option<(&'static str, &'static Spec)> {
    find_in(&ROOMS, name, source)
}

/// As `find`, among operators of one's own.
pub(crate) fn find_in(rooms: &Rooms, name: &str, source: bool) -> Option<(&'static str, &'static Spec)> {
    in_rooms(rooms).find(|(_, spec)| spec.name == name && spec.is_source() == source)
}

fn in_rooms(rooms: &Rooms) -> impl Iterator<Item = (&'static str, &'static Spec)> {
    rooms.iter().flat_map(|(room, specs)| specs.iter().map(move |spec| (*room, *spec)))
}
