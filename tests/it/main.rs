//! All integration tests, in one binary.

mod csv;
mod shared;
mod shop;
mod source;
