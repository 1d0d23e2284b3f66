//! Stream mining from one TOML file: a topology is a graph of stages, a stage is a process that runs a row of
//! operators; a batch goes in, what is left in it goes out.
//!
//! From the bottom up, each layer uses only those above it in this list:
//!
//! | layer | modules |
//! |---|---|
//! | 0 | `error`, `files`, `printable`, `stop`, `surroundings`, `units`, `clock`, `identity`, `whose`, `offspring`, `processors`, `wild` |
//! | 1 | `data` (schema, column, batch, key, state), `params`, `latency` |
//! | 2 | `operator`, `expr`, `numeric`, `format`, `net` |
//! | 3 | the rooms: `ingest`, `preprocess`, `mining`, `storage` |
//! | 4 | `registry`, `wire` (header, codec, link, endpoint, socket, zmtp, ledger) |
//! | 5 | `topology` |
//! | 6 | `run` (directory, wiring, books), `stage` (the loop) |
//! | 7 | `supervisor` |
//! | 8 | `measure`, `live`, `trial`, `starter` |

#![deny(unreachable_pub)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps is a test that fails"))]

#[cfg(not(target_os = "linux"))]
compile_error!("sluicebox runs on Linux only: it stands on eventfd, /dev/shm and PR_SET_PDEATHSIG");

pub mod clock;
pub mod data;
pub mod error;
pub mod expr;
pub mod files;
mod format;
mod identity;
pub mod ingest;
pub mod latency;
pub mod live;
pub mod measure;
pub mod mining;
mod net;
pub mod numeric;
mod offspring;
pub mod operator;
pub mod params;
pub mod preprocess;
pub mod printable;
mod processors;
pub mod registry;
pub mod run;
pub mod stage;
pub mod starter;
pub mod stop;
pub mod storage;
pub mod supervisor;
pub mod surroundings;
pub mod topology;
pub mod trial;
pub mod units;
mod whose;
mod wild;
pub mod wire;

/// The libraries that are built in, for `--version`.
pub fn built_in() -> String {
    format!("{}, SQLite {}", wire::socket::version(), storage::sqlite_version())
}
