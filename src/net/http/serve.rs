//! Connections of an HTTP server: so many at a time, and who says nothing goes for who comes new.

use super::Shared;
use super::answer::answer;
use super::heard::{Ear, Heard};
use crate::net::listener::{is_awaited, is_lack};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// Within this time the head of a request is there.
const HEAD: Duration = Duration::from_secs(5);
/// A head has no more bytes, nor more fields.
const HEAD_BYTES_MAX: usize = 16 << 10;
const FIELDS_MAX: usize = 64;
/// With no descriptor left for another connection nobody is accepted for so long.
const PAUSE: Duration = Duration::from_millis(100);
/// Answers that are on their way at the end have so long.
const LAST: Duration = Duration::from_secs(1);

/// A connection, as far as the others need to know of it.
struct Guest {
    came: Instant,
    /// Its requests that are being answered.
    busy: Arc<AtomicUsize>,
    task: AbortHandle,
}

/// Serves until it is stopped.
///
/// # Errors
/// When nobody can be let in any more.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut guests: Vec<Guest> = Vec::new();
    loop {
        let came = poll_fn(|cx| match Pin::new(&mut stopped).poll(cx) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => listener.poll_accept(cx).map(Some),
        });
        match came.await {
            None => break,
            Some(Ok((stream, _))) => {
                guests.retain(|guest| !guest.task.is_finished());
                if guests.len() >= shared.rules.connections_max {
                    // Who goes for it, or who came, is sent away.
                    shared.refuse();
                    if !drop_one(&mut guests).await {
                        continue;
                    }
                }
                guests.push(welcome(stream, &shared));
            }
            Some(Err(e)) if is_lack(&e) => {
                if is_awaited(&listener) && drop_one(&mut guests).await {
                    shared.refuse();
                } else {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            // Whoever it was has gone already.
            Some(Err(_)) => {}
        }
    }
    drop(listener);
    let end = Instant::now() + LAST;
    while Instant::now() < end && guests.iter().any(|guest| !guest.task.is_finished() && is_busy(guest)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn is_busy(guest: &Guest) -> bool {
    guest.busy.load(Ordering::Relaxed) > 0
}

/// Lets go of the one that is here longest and has asked for nothing; false where there is none.
async fn drop_one(guests: &mut Vec<Guest>) -> bool {
    let idle = guests.iter().enumerate().filter(|(_, guest)| !is_busy(guest));
    let Some((at, _)) = idle.min_by_key(|(_, guest)| guest.came) else { return false };
    let task = guests.swap_remove(at).task;
    task.abort();
    // Until then its descriptor is not free, and another would go for the same newcomer.
    while !task.is_finished() {
        tokio::task::yield_now().await;
    }
    true
}

/// Serves a connection, request after request.
fn welcome(stream: TcpStream, shared: &Arc<Shared>) -> Guest {
    let _ = stream.set_nodelay(true);
    let busy = Arc::new(AtomicUsize::new(0));
    let (shared, at_work, all) = (shared.clone(), busy.clone(), shared.clone());
    let heard = Heard::default();
    let ear = Ear::new(stream, heard.clone(), HEAD_BYTES_MAX);
    let service = service_fn(move |request| {
        // Before anything more is read.
        let lengths = heard.check(&request);
        let (shared, at_work) = (shared.clone(), Work::begin(&at_work));
        async move {
            let answer = answer(request, lengths, &shared).await;
            drop(at_work);
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let task = tokio::spawn(async move {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        http.max_headers(FIELDS_MAX).max_buf_size(HEAD_BYTES_MAX).half_close(true);
        // What is wrong with a request its sender has been told.
        let served = http.serve_connection(TokioIo::new(ear), service).await;
        if served.is_err_and(|e| e.is_parse()) {
            all.refuse();
        }
    });
    Guest { came: Instant::now(), busy, task: task.abort_handle() }
}

/// A request that is being answered.
struct Work(Arc<AtomicUsize>);

impl Work {
    fn begin(busy: &Arc<AtomicUsize>) -> Work {
        busy.fetch_add(1, Ordering::Relaxed);
        Work(busy.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
