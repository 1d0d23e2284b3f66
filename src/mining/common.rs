//! What several operators of the room share.

pub(super) mod features;
pub(super) mod score;
pub(super) mod watch;
