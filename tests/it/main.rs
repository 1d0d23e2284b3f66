//! All integration tests, in one binary.

mod expr_sqlite;
