//! All integration tests, in one binary.

#![allow(clippy::unwrap_used, reason = "a test that unwraps is a test that fails")]

mod allocations;
mod apart;
mod bench;
mod broken;
mod calls;
mod case;
mod cli;
mod codec;
mod conformance;
mod conformance_bites;
mod conformance_ends;
mod conformance_roles;
mod csv;
mod docs;
mod drive;
mod event_time;
mod expr_problems;
mod expr_sqlite;
mod hermetic;
mod key_state;
mod kmeans;
mod kmeans_reference;
mod ledger;
mod licences;
mod link_laws;
mod net;
mod page;
mod pages;
mod parameters;
mod partitions;
mod problems;
mod run;
mod schema;
mod shared;
mod shop;
mod sockets;
mod source;
mod storage;
mod surroundings;
mod tidy;
mod topologies;
mod topology;
mod watch;
mod words;
