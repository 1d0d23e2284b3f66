//! Where copies of a worker's records are taken for who watches: the worker's end of it.
//!
//! Unwatched it is one relaxed load a turn. Watched, a batch is written as bytes into a ring that the watch thread of
//! the process reads. When that is full nothing is copied: the numbers of the next copy tell what is missing. The
//! worker never waits, hands the thread no memory of the allocator but batches that are too large for the ring, and
//! wakes it only where it sleeps.

mod ring;

use crate::data::Batch;
use crate::operator::PortId;
use crate::wire::codec;
use nix::sys::eventfd::{EfdFlags, EventFd};
use ring::{HEAD, Ring};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// So many bytes of a worker's copies wait for the watch thread.
pub(super) const BYTES_MAX: u64 = 512 << 10;
/// A batch with more bytes does not go through the ring but beside it, one at a time.
const LARGE: usize = BYTES_MAX as usize / 2;

/// What a worker and the watch thread both see.
#[derive(Default)]
pub(super) struct Shared {
    /// A bit for each port that somebody watches.
    wanted: AtomicU32,
    ring: Ring,
    /// A large batch is beside the ring.
    is_beside: AtomicBool,
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

/// What is told of records of a port, as they left the worker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Copy {
    pub port: PortId,
    /// Of a sink: over which of its inlets they came.
    pub inlet: usize,
    /// The life of the worker.
    pub epoch: u32,
    /// The number of the first of them on this port.
    pub seq: u64,
    pub rows: usize,
    /// The bytes say how late they are.
    late: bool,
    /// They are beside the ring.
    large: bool,
}

/// The worker's end.
pub(super) struct Tap {
    shared: Arc<Shared>,
    large: SyncSender<Batch>,
    bell: Arc<Bell>,
    epoch: u32,
    wanted: u32,
    body: Vec<u8>,
}

/// The watch thread's end.
pub(super) struct Tapped {
    shared: Arc<Shared>,
    large: Receiver<Batch>,
    body: Vec<u8>,
}

/// Both ends.
pub(super) fn tap(bell: &Arc<Bell>) -> (Tap, Tapped) {
    let shared = Arc::new(Shared::default());
    let (to, from) = sync_channel(1);
    let (bell, epoch) = (bell.clone(), 0);
    let tap = Tap { shared: shared.clone(), large: to, bell, epoch, wanted: 0, body: Vec::new() };
    (tap, Tapped { shared, large: from, body: Vec::new() })
}

impl Copy {
    fn words(self) -> [u64; HEAD] {
        let flags = u64::from(self.late) | u64::from(self.large) << 1;
        let of = (self.port.index() as u64) << 8 | (self.inlet as u64) << 16 | u64::from(self.epoch) << 32;
        [flags | of, self.seq, self.rows as u64]
    }

    fn read([of, seq, rows]: [u64; HEAD]) -> Copy {
        Copy {
            port: PortId((of >> 8) as u8),
            inlet: usize::from((of >> 16) as u16),
            epoch: (of >> 32) as u32,
            seq,
            rows: rows as usize,
            late: of & 1 != 0,
            large: of & 2 != 0,
        }
    }
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
        let (epoch, rows, large) = (self.epoch, batch.len(), codec::batch_bytes(batch) > LARGE);
        let mut copy = Copy { port, inlet, epoch, seq: end - rows as u64, rows, late: false, large };
        self.body.clear();
        if !large {
            copy.late = codec::encode(batch, &mut self.body);
        }
        let ring = &self.shared.ring;
        // What is beside the ring is there before the ring says so.
        let beside = |to: &SyncSender<Batch>| {
            let free = ring.has_room(0) && !self.shared.is_beside.swap(true, Ordering::Acquire);
            free && to.try_send(batch.clone()).is_ok()
        };
        if !((!large || beside(&self.large)) && ring.put(copy.words(), &self.body)) {
            self.shared.dropped[port.index()].store(end, Ordering::Release);
        }
        self.bell.ring();
    }
}

impl Tapped {
    /// Says which ports are watched.
    pub(super) fn want(&self, ports: u32) {
        self.shared.wanted.store(ports, Ordering::Release);
    }

    /// The next copy: `add` has its records.
    pub(super) fn take(&mut self) -> Option<Copy> {
        self.shared.ring.take(&mut self.body).map(Copy::read)
    }

    /// Adds the records of the copy that was taken last to a batch of their columns.
    pub(super) fn add(&self, copy: &Copy, batch: &mut Batch) {
        if copy.large {
            let records = self.large.try_recv().expect("the worker sends it before it tells of it");
            batch.extend(&records, 0, records.len());
            self.shared.is_beside.store(false, Ordering::Release);
        } else if copy.rows > 0 {
            codec::decode(&self.body, copy.rows, copy.late, batch).expect("the worker wrote it");
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
