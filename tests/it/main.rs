//! All integration tests, in one binary.

mod csv;
mod hermetic;
mod shared;
mod source;
