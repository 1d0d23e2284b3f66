//! All integration tests, in one binary.

mod broken;
mod conformance;
mod conformance_bites;
mod csv;
mod drive;
mod expr_sqlite;
mod hermetic;
mod kmeans_reference;
mod page;
mod pages;
mod run;
mod shared;
mod shop;
mod source;
mod storage;
mod topology;
