//! Builds libzmq 4.3.5 from the sources in `zeromq-src`, with what its own configure step would have found on Linux.

use std::env;
use zeromq_src::{Build, LibLocation};

/// `zeromq-src` writes an empty `platform.hpp`; without these libzmq falls back to two descriptors a mailbox,
/// wall-clock timers, descriptors that leak into child processes, and keepalive options that do nothing.
const DEFINES: &[&str] = &[
    "ZMQ_HAVE_EVENTFD",
    "ZMQ_HAVE_EVENTFD_CLOEXEC",
    "HAVE_CLOCK_GETTIME",
    "ZMQ_HAVE_SOCK_CLOEXEC",
    "HAVE_ACCEPT4",
    "ZMQ_IOTHREAD_POLLER_USE_EPOLL_CLOEXEC",
    "ZMQ_HAVE_SO_KEEPALIVE",
    "ZMQ_HAVE_TCP_KEEPCNT",
    "ZMQ_HAVE_TCP_KEEPIDLE",
    "ZMQ_HAVE_TCP_KEEPINTVL",
    "HAVE_POSIX_MEMALIGN",
    "ZMQ_CACHELINE_SIZE=64",
    "ZMQ_HAVE_PTHREAD_SETNAME_2",
    "ZMQ_HAVE_PTHREAD_SET_AFFINITY",
    "ZMQ_HAVE_SO_PEERCRED",
    "ZMQ_HAVE_IFADDRS",
    "HAVE_IF_NAMETOINDEX",
    "ZMQ_HAVE_SO_BINDTODEVICE",
    "ZMQ_HAVE_SO_PRIORITY",
    "HAVE_MKDTEMP",
    "HAVE_FORK",
    "ZMQ_HAVE_NOEXCEPT",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CXX");
    println!("cargo::rerun-if-env-changed=CXXFLAGS");

    let (Ok(lib), Ok(include)) = (env::var("DEP_SODIUM_LIB"), env::var("DEP_SODIUM_INCLUDE")) else {
        println!(
            "cargo::error=libsodium-sys-stable did not say where its libsodium is: \
             unset SODIUM_LIB_DIR and SODIUM_USE_PKG_CONFIG, sluicebox builds the bundled one"
        );
        return;
    };

    // The environment is the one door to the compiler's flags that `zeromq-src` leaves open.
    let mut flags = env::var("CXXFLAGS").unwrap_or_default() + " -w";
    for define in DEFINES {
        flags += " -D";
        flags += define;
    }
    env::set_var("CXXFLAGS", flags);

    Build::new().with_libsodium(Some(LibLocation::new(lib, include))).build();
}
