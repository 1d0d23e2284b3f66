//! How a process is asked to stop: SIGINT, SIGTERM or SIGHUP once to drain, twice to leave at once.

use crate::clock::mono_ns;
use crate::error::{Error, Result};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

static ASKED: AtomicU32 = AtomicU32::new(0);
/// When it was first asked, on the monotonic clock; 0: not yet.
static SINCE_NS: AtomicU64 = AtomicU64::new(0);
static BELL: OnceLock<EventFd> = OnceLock::new();

/// Begins to listen; call once, at the start of a process. `on_signal` runs in a thread of its own, each time.
pub fn listen(on_signal: impl Fn(u32) + Send + 'static) -> Result<()> {
    let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
        .map_err(|e| Error::failed(format!("cannot make an eventfd: {}", e.desc())))?;
    let bell = BELL.get_or_init(|| bell);
    ctrlc::set_handler(move || {
        let _ = SINCE_NS.compare_exchange(0, mono_ns(), Ordering::SeqCst, Ordering::SeqCst);
        let times = ASKED.fetch_add(1, Ordering::SeqCst) + 1;
        // A full counter means that the bell rings already.
        let _ = bell.write(1);
        on_signal(times);
    })
    .map_err(|e| Error::failed(format!("cannot listen for signals: {e}")))
}

/// How often this process has been asked to stop.
pub fn asked() -> u32 {
    ASKED.load(Ordering::SeqCst)
}

/// Whether there is no more time to drain: asked twice, or asked once and longer than `drain_ns` ago.
pub fn must_leave(drain_ns: u64) -> bool {
    match asked() {
        0 => false,
        1 => mono_ns() > SINCE_NS.load(Ordering::SeqCst).saturating_add(drain_ns),
        _ => true,
    }
}

/// Readable once a stop has been asked for; `None` before `listen`.
pub fn bell() -> Option<BorrowedFd<'static>> {
    use std::os::fd::AsFd;
    BELL.get().map(|bell| bell.as_fd())
}
