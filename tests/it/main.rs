//! All integration tests, in one binary.

mod csv;
mod hermetic;
mod run;
mod shared;
mod source;
mod expr_sqlite;
