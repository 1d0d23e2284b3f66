//! A server of HTTP/1.1 to which records are posted: what it refuses it says itself, and what it takes it hands over
//! whole, as a parcel that is answered when its records are read.
//!
//! It has one thread, with a runtime of its own: no stage waits for a client.
//!
//! | what | where |
//! |---|---|
//! | connections, and who goes for whom | `serve` |
//! | what of a request's head is refused | `head`, and `heard` of what the library does not show |
//! | its body, bounded | `body` |
//! | from a request to its answer | `answer` |

mod answer;
mod body;
mod head;
mod heard;
mod serve;

use super::cannot_listen;
use crate::error::{Error, Result, reason, say, scarce};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// So many parcels may wait.
const WAITING: usize = 64;
/// All bodies that are held, whole or in parts, have no more bytes than this together.
const HELD_MAX: usize = 32 << 20;

/// What may come in.
#[derive(Clone)]
pub(crate) struct Rules {
    pub at: SocketAddr,
    /// Requests of other paths are told that there is nothing.
    pub path: String,
    pub token: Option<Vec<u8>>,
    /// Names under which it may be called, beside those of this host.
    pub hosts: Vec<String>,
    pub body_max: usize,
    pub connections_max: usize,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A value, an array of them, or several.
    Json,
    /// A value a line.
    Lines,
    Csv,
}

/// A body that was posted, and who waits for its answer.
pub(crate) struct Parcel {
    pub content: Content,
    pub bytes: Vec<u8>,
    state: Arc<AtomicU8>,
    answer: oneshot::Sender<Answer>,
    /// Its share of what may be held.
    _held: body::Share,
}

/// What its sender is told.
pub(crate) enum Answer {
    /// It was read, and this is what has become of its records, in JSON.
    Read(String),
    /// It is none that can be read; why, in a sentence.
    Bad(&'static str),
}

const WAITS: u8 = 0;
const TAKEN: u8 = 1;
const GONE: u8 = 2;

impl Parcel {
    /// Takes it, unless its sender has given up.
    fn take(&self) -> bool {
        self.state.compare_exchange(WAITS, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Tells its sender. One that has gone can't be told.
    pub(crate) fn answer(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

/// What the server's thread works with.
struct Shared {
    rules: Rules,
    parcels: SyncSender<Parcel>,
    bell: Arc<EventFd>,
    held: Arc<AtomicUsize>,
    refused: Arc<AtomicU64>,
}

impl Shared {
    /// Somebody was sent away, or a request refused. Whoever asks for the count is woken once until it has asked.
    fn refuse(&self) {
        if self.refused.fetch_add(1, Ordering::Relaxed) == 0 {
            let _ = self.bell.write(1);
        }
    }
}

pub(crate) struct Server {
    parcels: Receiver<Parcel>,
    bell: Arc<EventFd>,
    refused: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, and says where: the system chooses port 0.
    ///
    /// # Errors
    /// A sentence when it can't be.
    pub(crate) fn start(rules: Rules) -> Result<Server> {
        let at = rules.at;
        let listen = || {
            let listener = TcpListener::bind(at)?;
            listener.set_nonblocking(true)?;
            let at = listener.local_addr()?;
            Ok((listener, at))
        };
        let (listener, at) = listen().map_err(|e| cannot_listen(&at, &e))?;
        let cannot = |e: &std::io::Error| Error::failed(format!("cannot serve HTTP: {}", scarce(e)));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).map_err(|e| cannot(&e.into()))?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|e| cannot(&e))?;
        let (send, parcels) = sync_channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let refused = Arc::new(AtomicU64::new(0));
        let shared = Shared {
            rules,
            parcels: send,
            bell: bell.clone(),
            held: Arc::default(),
            refused: refused.clone(),
        };
        let work = move || {
            if let Err(e) = runtime.block_on(serve::serve(listener, Arc::new(shared), stopped)) {
                say(&format!("cannot serve HTTP any more: {}", reason(&e)));
            }
        };
        let thread =
            std::thread::Builder::new().name("http".to_string()).spawn(work).map_err(|e| cannot(&e))?;
        say(&format!("listens at http://{at}"));
        Ok(Server { parcels, bell, refused, stop: Some(stop), thread: Some(thread) })
    }

    /// The next parcel whose sender still waits for its answer. After `None` the bell rings for the next.
    pub(crate) fn next(&mut self) -> Option<Parcel> {
        // Who rings behind this has sent before.
        let _ = self.bell.read();
        self.parcels.try_iter().find(Parcel::take)
    }

    /// How many connections were sent away, and requests refused, since this was asked last.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.swap(0, Ordering::Relaxed)
    }

    /// Lets nobody in any more; how many were refused up to the end.
    pub(crate) fn end(self) -> u64 {
        let refused = self.refused.clone();
        drop(self);
        refused.load(Ordering::Relaxed)
    }
}

/// Readable when there is a parcel, or somebody was refused.
impl AsFd for Server {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// Nobody comes in any more; who waits still is told that it ends.
impl Drop for Server {
    fn drop(&mut self) {
        self.parcels.try_iter().for_each(drop);
        self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            // It has seconds at most to say what it must; a panic in it was told by itself.
            let _ = thread.join();
        }
    }
}
