//! All integration tests, in one binary.

mod expr_problems;
mod expr_sqlite;
