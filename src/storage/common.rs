//! What sinks share: the place they write to, who holds it, files, pipes and connections of lines.

mod beside;
pub(super) mod file;
pub(super) mod lines;
pub(super) mod lock;
mod mark;
pub(super) mod peer;
pub(super) mod place;
pub(super) mod position;
mod regular;
pub(super) mod rolling;
mod series;
pub(super) mod squeeze;
mod stream;
