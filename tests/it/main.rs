//! All integration tests, in one binary.

mod broken;
mod codec;
mod conformance;
mod conformance_bites;
mod conformance_ends;
mod csv;
mod drive;
mod expr_sqlite;
mod hermetic;
mod kmeans;
mod kmeans_reference;
mod ledger;
mod link_laws;
mod page;
mod pages;
mod problems;
mod run;
mod shared;
mod shop;
mod sockets;
mod source;
mod storage;
mod topology;
