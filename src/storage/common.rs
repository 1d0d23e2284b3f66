//! What sinks share: the place they write to, and files and pipes of lines.

pub(super) mod file;
pub(super) mod place;
mod regular;
mod stream;
