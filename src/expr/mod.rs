//! SQL expressions over columns.
