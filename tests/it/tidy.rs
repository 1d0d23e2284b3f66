//! The house rules, held by reading the source as text. What breaks one is told as `path:line: what and what to do`.

mod readme;
mod rules;
mod source;

use source::Source;
use std::fmt::Write;
use std::path::Path;

/// Who may use whom: a module uses those of lower layers, itself, and what stands in `BESIDE`.
const LAYERS: &[&[&str]] = &[
    &["error", "stop", "units", "clock"],
    &["data", "params", "latency"],
    &["operator", "expr"],
    &["ingest", "preprocess", "mining", "storage"],
    &["registry", "wire"],
    &["topology"],
    &["runtime"],
    &["supervisor"],
];

/// Uses inside a layer: who, whom.
const BESIDE: &[(&str, &str)] = &[("stop", "error")];

/// Modules of layer 3 and up that see fewer than all below them would: who, whom not.
const APART: &[(&str, &str)] = &[];

/// A package, and the only places that may name it; a folder ends with `/`.
const DOORS: &[(&str, &[&str])] = &[
    ("actix", &["src/supervisor/"]),
    ("annotate_snippets", &["src/topology/problem.rs"]),
    ("bincode", &["src/wire/codec.rs", "src/data/state.rs"]),
    ("clap", &["bin/"]),
    ("config", &["src/topology/"]),
    ("ctrlc", &["src/stop.rs"]),
    ("hdrhistogram", &["src/latency.rs"]),
    ("memmap2", &["src/wire/ledger.rs", "src/wire/ledger/"]),
    ("rusqlite", &["src/storage/", "tests/"]),
    ("sqlparser", &["src/expr/"]),
    ("tokio", &["src/supervisor/"]),
    ("zmq", &["src/wire/socket.rs", "benches/", "tests/"]),
    ("zmq_sys", &["src/wire/socket.rs", "benches/", "tests/"]),
];

/// The places that may hold unsafe code, each with its reason beside it.
const UNSAFE: &[&str] = &["zmq-sys/", "src/wire/ledger.rs", "src/supervisor/spawn.rs", "tests/it/hermetic.rs"];

/// How many lines a file may have.
const LINES_MAX: &[(&str, usize)] =
    &[("src/", 300), ("bin/", 300), ("zmq-sys/", 300), ("tests/", 400), ("benches/", 500)];
