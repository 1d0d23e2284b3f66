//! Says in a sentence which tool is missing, before anything long is built.
//!
//! A package of its own, because Cargo runs the build script of `zmq-sys` only after libsodium's, and that one fails
//! with a page of output and a stack trace. This one depends on nothing, so its turn comes well before libsodium's.

use std::env;
use std::process::Command;

#[cfg(not(target_os = "linux"))]
compile_error!("sluicebox builds and runs on Linux only: its libzmq is built for eventfd and epoll");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    check("make", "libsodium");
    check_compiler("CC", "cc", "libsodium");
    check_compiler("CXX", "c++", "libzmq");
}

fn check(program: &str, library: &str) {
    if Command::new(program).arg("--version").output().is_err() {
        println!(
            "cargo::error=sluicebox needs {program} to build {library}: on Debian apt-get install build-essential"
        );
    }
}

/// The variable names another compiler, perhaps with arguments; `HOST_CXX` or `CXX_<target>` come before `CXX`, and who
/// sets those knows what they do.
fn check_compiler(variable: &str, default: &str, library: &str) {
    println!("cargo::rerun-if-env-changed={variable}");
    let special = env::vars_os().any(|(name, _)| {
        name != variable && name.to_str().is_some_and(|name| name.split('_').any(|part| part == variable))
    });
    if !special {
        let chosen = env::var(variable).unwrap_or_default();
        check(chosen.split_whitespace().next().unwrap_or(default), library);
    }
}
