//! What a process finds around it: signals, limits, standard streams. It is put in order once, first thing in `main`.
//!
//! A parent leaves its children what it has: signals ignored or held back, limits, a terminal. Standard streams that
//! it has closed are opened on /dev/null by the runtime before `main`, so no ledger ever gets their numbers; a signal
//! that it ignores is no trouble for who waits for it (`stop`), but for who has children (`offspring`).

use crate::error::{Error, Result, reason, scarce};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use nix::sys::stat::{fstat, major, minor};
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use terminal_size::{Height, Width, terminal_size_of};

const FILES: usize = 16;
const STACK: usize = 8 << 20;
const MEMORY: usize = 16 << 20;

/// By this variable a process knows that one of ours has started it: it holds back the signals of a stop until it
/// listens, or its start would be its end.
pub(crate) const CHILD: &str = "SLUICEBOX_CHILD";

/// Whether a launcher of ours has started this process, rather than a person or a process manager.
pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Standard output was closed, so what is written there is gone.
static NO_STDOUT: AtomicBool = AtomicBool::new(false);
/// Standard input was closed, so nothing will ever come from there.
static NO_STDIN: AtomicBool = AtomicBool::new(false);

/// Puts all in order, whatever the parent has left.
pub fn settle() {
    NO_STDOUT.store(is_closed(std::io::stdout()), Ordering::Relaxed);
    NO_STDIN.store(is_closed(std::io::stdin()), Ordering::Relaxed);
    // Held back for ever: a full file is an error of `write`, and so is told; a terminal with `tostop` may be written
    // to. Threads inherit it.
    let mut held: SigSet = [Signal::SIGXFSZ, Signal::SIGTTOU].into_iter().collect();
    if is_child() {
        // Its group is in the background of every terminal, and nobody would let it go on.
        held.add(Signal::SIGTTIN);
        let there = SigSet::thread_get_mask().unwrap_or_else(|_| SigSet::empty());
        crate::stop::signals()
            .iter()
            .filter(|signal| there.contains(*signal))
            .for_each(|signal| held.add(signal));
    }
    // Nothing else can be wrong with it than the set, and that is sound.
    let _ = held.thread_set_mask();
    // What we make can be read by ourselves; for others it is as the parent wants.
    umask(umask(Mode::empty()) - Mode::S_IRWXU);
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // A sandbox may refuse what the limit allows: then it stays as it is.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Whether a parent has closed a standard stream. The runtime opens /dev/null in its place, for reading too; a shell's
/// `> /dev/null` is for writing alone.
fn is_closed(stream: impl AsFd) -> bool {
    let stream = stream.as_fd();
    let null = fstat(stream).is_ok_and(|stat| (major(stat.st_rdev), minor(stat.st_rdev)) == (1, 3));
    let flags = fcntl(stream, FcntlArg::F_GETFL).map(OFlag::from_bits_retain);
    null && flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR)
}

/// Whether nobody can ever read what is written to standard output.
pub(crate) fn has_no_stdout() -> bool {
    NO_STDOUT.load(Ordering::Relaxed)
}

/// Whether nothing can ever come from standard input.
pub(crate) fn has_no_stdin() -> bool {
    NO_STDIN.load(Ordering::Relaxed)
}

/// Whether there is what any run, and any stage of one, needs.
///
/// # Errors
/// A sentence that names the limit.
pub fn least() -> Result<()> {
    need_memory()?;
    need_files(FILES)
}

/// Whether so many more files can be open at a time: libraries below us end the process when they find none.
///
/// # Errors
/// A sentence that names the limit.
pub(crate) fn need_files(n: usize) -> Result<()> {
    let all: io::Result<Vec<File>> = std::iter::repeat_with(|| File::open("/dev/null")).take(n).collect();
    let Err(e) = all else { return Ok(()) };
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft);
    Err(Error::failed(format!(
        "about {n} more files must be open at a time, and the limit is {limit}: {} (raise it: `ulimit -n`, or \
        LimitNOFILE= of a service)",
        reason(&e)
    )))
}

/// Whether so many more threads can be: as `need_files`.
///
/// # Errors
/// A sentence that names the limit.
pub(crate) fn need_threads(n: usize) -> Result<()> {
    // As the C library makes them.
    let stack = soft(Resource::RLIMIT_STACK).map_or(STACK, |bytes| bytes.min(STACK as u64) as usize);
    let mut held = Vec::new();
    for _ in 0..n {
        let (go, wait) = channel::<()>();
        let thread = std::thread::Builder::new().stack_size(stack).spawn(move || wait.recv().is_ok());
        let thread = thread.map_err(|e| Error::failed(format!("cannot start a thread: {}", scarce(&e))))?;
        held.push((go, thread));
    }
    for (go, thread) in held {
        drop(go);
        // It waited for nothing else.
        let _ = thread.join();
    }
    Ok(())
}

/// Whether a process has the least memory that it works with: one that finds none later is ended without a word.
///
/// # Errors
/// A sentence that names the limit.
fn need_memory() -> Result<()> {
    let mut some: Vec<u8> = Vec::new();
    some.try_reserve_exact(MEMORY).map_err(|_| {
        let limit =
            memory_max().map_or(String::new(), |bytes| format!(", and the limit is {} MiB", bytes >> 20));
        Error::failed(format!(
            "there are no {} MiB of memory left{limit} (free some, or raise the limit: `ulimit -v`)",
            MEMORY >> 20
        ))
    })
}

/// How much memory a process may have, where a limit says so.
pub(crate) fn memory_max() -> Option<u64> {
    soft(Resource::RLIMIT_AS).into_iter().chain(soft(Resource::RLIMIT_DATA)).min()
}

/// How long a file may become, where a limit says so.
pub(crate) fn file_bytes_max() -> Option<u64> {
    soft(Resource::RLIMIT_FSIZE)
}

fn soft(of: Resource) -> Option<u64> {
    let (soft, _) = getrlimit(of).ok()?;
    (soft != RLIM_INFINITY).then_some(soft)
}

/// What a terminal that does not say its size is taken for.
const USUAL: (usize, usize) = (80, 24);

/// Columns and rows of the terminal at a stream; `None` where it is none: a file is as wide as one likes.
pub fn size(stream: impl AsFd + IsTerminal) -> Option<(usize, usize)> {
    stream.is_terminal().then(|| match terminal_size_of(stream) {
        Some((Width(columns), Height(rows))) if columns > 0 && rows > 0 => (columns.into(), rows.into()),
        _ => USUAL,
    })
}
