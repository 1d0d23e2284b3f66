//! What sinks share: the place they write to, who holds it, and files and pipes of lines.

mod beside;
pub(super) mod file;
pub(super) mod lock;
mod mark;
pub(super) mod place;
pub(super) mod position;
mod regular;
mod stream;
