//! Where copies of a worker's records are taken for who watches: the worker's end of it.
//!
//! Unwatched it is one relaxed load a turn. Watched, a batch's columns are copied into a batch that is used again, and
//! go into a queue to the watch thread of the process. When that is full nothing is copied: the numbers of the next
//! copy tell what is missing. The worker never waits, and wakes the thread only where it sleeps.

use crate::data::Batch;
use crate::operator::PortId;
use crate::wire::codec;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// So many copies of a worker wait for the watch thread.
const COPIES_MAX: u64 = 512;
/// And so many bytes, or one batch.
pub(super) const BYTES_MAX: u64 = 512 << 10;
/// The memory of a copy with more bytes than that is not used again: all that are kept would get as large in time.
const SPARE_BYTES: usize = 4 << 10;

/// What a worker and the watch thread both see.
#[derive(Default)]
pub(super) struct Shared {
    /// A bit for each port that somebody watches.
    wanted: AtomicU32,
    /// How many copies, and bytes of them, the thread has taken.
    taken: AtomicU64,
    taken_bytes: AtomicU64,
    /// By port, the number behind the last records that found no room.
    dropped: [AtomicU64; u32::BITS as usize],
}

/// Rings where the watch thread sleeps.
pub(super) struct Bell {
    fd: EventFd,
    asleep: AtomicBool,
    /// The workers have ended.
    over: AtomicBool,
}

/// Records of a port, as they left the worker.
pub(super) struct Copy {
    pub port: PortId,
    /// Of a sink: over which of its inlets they came.
    pub inlet: usize,
    /// The life of the worker.
    pub epoch: u32,
    /// The number of the first of them on this port.
    pub seq: u64,
    pub batch: Batch,
}

/// The worker's end.
pub(super) struct Tap {
    shared: Arc<Shared>,
    to: SyncSender<Copy>,
    spare: Receiver<Batch>,
    bell: Arc<Bell>,
    epoch: u32,
    wanted: u32,
    put: u64,
    put_bytes: u64,
}

/// The watch thread's end.
pub(super) struct Tapped {
    shared: Arc<Shared>,
    from: Receiver<Copy>,
    spare: SyncSender<Batch>,
}

/// Both ends.
pub(super) fn tap(bell: &Arc<Bell>) -> (Tap, Tapped) {
    let shared = Arc::new(Shared::default());
    let (to, from) = sync_channel(COPIES_MAX as usize);
    let (spare, back) = sync_channel(COPIES_MAX as usize);
    let (bell, epoch) = (bell.clone(), 0);
    let tap = Tap { shared: shared.clone(), to, spare: back, bell, epoch, wanted: 0, put: 0, put_bytes: 0 };
    (tap, Tapped { shared, from, spare })
}

impl Bell {
    pub(super) fn new() -> nix::Result<Bell> {
        let fd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        Ok(Bell { fd, asleep: AtomicBool::new(false), over: AtomicBool::new(false) })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Wakes the thread, if it sleeps.
    fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed) {
            // It can't fail but by a count beyond 2^64.
            let _ = self.fd.write(1);
        }
    }

    /// Tells the thread that no worker is there any more.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = self.fd.write(1);
    }

    /// Says that the thread is about to sleep: look once more behind this.
    pub(super) fn sleep(&self) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// The thread is awake. Whether the workers have ended.
    pub(super) fn wake(&self) -> bool {
        self.asleep.store(false, Ordering::Relaxed);
        let _ = self.fd.read();
        self.over.load(Ordering::SeqCst)
    }
}

impl Tap {
    /// Says whose records these are: a worker in one of its lives.
    pub(super) fn begin(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// Whether who watches what has changed since this was asked last.
    #[inline]
    pub(super) fn has_changed(&self) -> bool {
        self.shared.wanted.load(Ordering::Relaxed) != self.wanted
    }

    /// Takes the change into account. Ports that are wanted from now on, as bits.
    pub(super) fn change(&mut self) -> u32 {
        let before = std::mem::replace(&mut self.wanted, self.shared.wanted.load(Ordering::Acquire));
        self.wanted & !before
    }

    /// Whether somebody watches a port.
    #[inline]
    pub(super) fn is_wanted(&self, port: PortId) -> bool {
        self.wanted & bit(port) != 0
    }

    /// Copies the records of a port, if somebody watches it. `end` is the number behind the last of them.
    #[inline]
    pub(super) fn copy(&mut self, port: PortId, inlet: usize, end: u64, batch: &Batch) {
        if self.is_wanted(port) && !batch.is_empty() {
            self.put(port, inlet, end, batch);
        }
    }

    /// Says which number comes next on a port.
    pub(super) fn tell(&mut self, port: PortId, next: u64) {
        self.put(port, 0, next, &Batch::default());
    }

    fn put(&mut self, port: PortId, inlet: usize, end: u64, batch: &Batch) {
        let waiting = self.put - self.shared.taken.load(Ordering::Acquire);
        let bytes = self.put_bytes - self.shared.taken_bytes.load(Ordering::Relaxed);
        let more = codec::batch_bytes(batch) as u64;
        if waiting >= COPIES_MAX || (waiting > 0 && bytes + more > BYTES_MAX) {
            self.shared.dropped[port.index()].store(end, Ordering::Release);
            return self.bell.ring();
        }
        let mut copy = self.spare.try_recv().unwrap_or_default();
        copy.reset_like(batch);
        copy.extend(batch, 0, batch.len());
        let (epoch, seq) = (self.epoch, end - batch.len() as u64);
        match self.to.try_send(Copy { port, inlet, epoch, seq, batch: copy }) {
            Ok(()) => {
                self.put += 1;
                self.put_bytes += more;
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.dropped[port.index()].store(end, Ordering::Release);
            }
        }
        self.bell.ring();
    }
}

impl Tapped {
    /// Says which ports are watched.
    pub(super) fn want(&self, ports: u32) {
        self.shared.wanted.store(ports, Ordering::Release);
    }

    /// The next copy.
    pub(super) fn take(&self) -> Option<Copy> {
        let copy = self.from.try_recv().ok()?;
        self.shared.taken_bytes.fetch_add(codec::batch_bytes(&copy.batch) as u64, Ordering::Relaxed);
        self.shared.taken.fetch_add(1, Ordering::Release);
        Some(copy)
    }

    /// Its memory is used again, if it is little.
    pub(super) fn give_back(&self, batch: Batch) {
        if codec::batch_bytes(&batch) <= SPARE_BYTES {
            // More than are in use at a time go.
            let _ = self.spare.try_send(batch);
        }
    }

    /// The number behind the last records of a port that found no room.
    pub(super) fn dropped(&self, port: PortId) -> u64 {
        self.shared.dropped[port.index()].load(Ordering::Acquire)
    }
}

/// The bit of a port.
pub(super) fn bit(port: PortId) -> u32 {
    1 << port.index()
}
