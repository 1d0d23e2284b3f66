//! How a process is asked to stop: SIGINT, SIGTERM or SIGHUP once to drain, twice to leave at once; SIGQUIT leaves at
//! once.

use crate::clock::mono_ns;
use crate::error::{Error, Exit, Result, scarce};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::time::TimeSpec;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

static ASKED: AtomicU32 = AtomicU32::new(0);
/// When it was first asked, on the monotonic clock; 0: not yet.
static SINCE_NS: AtomicU64 = AtomicU64::new(0);
static BELL: OnceLock<EventFd> = OnceLock::new();

/// The signals that ask for a stop.
pub(crate) fn signals() -> SigSet {
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT].into_iter().collect()
}

/// Begins to listen; call once, before the process has other threads. `on_signal` runs in a thread of its own, each
/// time.
///
/// Signals that a parent has left ignored or held back are heard too.
///
/// # Errors
/// When there is no descriptor, or no thread, for it.
pub fn listen(on_signal: impl Fn(u32) + Send + Sync + 'static) -> Result<()> {
    let cannot = |why: &str| Error::failed(format!("cannot listen for signals: {why}"));
    let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
        .map_err(|e| cannot(&scarce(&e.into())))?;
    let bell = BELL.get_or_init(|| bell);
    let quit: SigSet = [Signal::SIGQUIT].into_iter().collect();
    let mut heard = signals();
    heard.remove(Signal::SIGQUIT);
    if is_ignored(Signal::SIGHUP) {
        // Started by nohup: it shall outlive its terminal, and a handler would change that.
        heard.remove(Signal::SIGHUP);
    }
    signals().thread_block().map_err(|e| cannot(e.desc()))?;
    let on_signal = Arc::new(move |least: u32| {
        let _ = SINCE_NS.compare_exchange(0, mono_ns(), Ordering::SeqCst, Ordering::SeqCst);
        let times = ASKED.fetch_add(1, Ordering::SeqCst) + 1;
        ASKED.fetch_max(least, Ordering::SeqCst);
        // A full counter means that the bell rings already.
        let _ = bell.write(1);
        on_signal(times.max(least));
    });
    let asked = on_signal.clone();
    ctrlc::set_handler(move || asked(1)).map_err(|e| match e {
        ctrlc::Error::System(e) => cannot(&scarce(&e)),
        e => cannot(&e.to_string()),
    })?;
    // ctrlc hears no SIGQUIT: it stays held back everywhere, and this thread takes it. Who quits wants no draining.
    let quits = move || {
        while quit.wait().is_ok() {
            on_signal(2);
        }
    };
    let thread = std::thread::Builder::new().name("quit".to_string()).spawn(quits);
    thread.map_err(|e| cannot(&scarce(&e)))?;
    heard.thread_unblock().map_err(|e| cannot(e.desc()))
}

/// `listen` for a command that only looks or measures: asked twice, it ends whatever it waits for, unless it
/// comes to its own end within `grace`.
///
/// # Errors
/// As `listen`.
pub fn listen_or_leave(grace: Duration) -> Result<()> {
    listen(move |times| {
        if times > 1 {
            std::thread::sleep(grace);
            std::process::exit(Exit::Stopped as i32);
        }
    })
}

/// Starts threads before `listen` that must not be who gets the signals.
pub fn unheard<T>(start: impl FnOnce() -> T) -> T {
    let before = SigSet::thread_get_mask();
    let held = signals().thread_block();
    let started = start();
    if let (Ok(before), Ok(())) = (before, held) {
        // It was the mask a moment ago, so it can't be refused.
        let _ = before.thread_set_mask();
    }
    started
}

/// Whether a parent has left a signal ignored.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & 1 << (signal as i32 - 1) != 0
}

/// How often this process has been asked to stop.
pub fn asked() -> u32 {
    ASKED.load(Ordering::SeqCst)
}

/// Whether there is no more time to drain: asked twice, or asked once and longer than `drain_ns` ago.
pub(crate) fn must_leave(drain_ns: u64) -> bool {
    match asked() {
        0 => false,
        1 => mono_ns() > SINCE_NS.load(Ordering::SeqCst).saturating_add(drain_ns),
        _ => true,
    }
}

/// Readable once a stop has been asked for; `None` before `listen`.
pub(crate) fn bell() -> Option<BorrowedFd<'static>> {
    use std::os::fd::AsFd;
    BELL.get().map(|bell| bell.as_fd())
}

/// Waits; not longer than until a stop is asked for.
pub fn nap(ns: u64) {
    let timeout = Some(TimeSpec::from_duration(Duration::from_nanos(ns)));
    // A bell that has rung would end every wait at once.
    let _ = match bell().filter(|_| asked() == 0) {
        Some(bell) => ppoll(&mut [PollFd::new(bell, PollFlags::POLLIN)], timeout, None),
        None => ppoll(&mut [], timeout, None),
    };
}
