//! All integration tests, in one binary.

mod csv;
mod hermetic;
mod run;
mod shared;
mod source;
mod expr_sqlite;
mod conformance;
mod conformance_bites;
mod drive;
mod kmeans_reference;
mod page;
mod pages;
mod shared;
mod storage;
mod broken;
mod topology;
