//! What several operators of the room share.

pub(super) mod watch;
