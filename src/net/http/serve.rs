//! Connections of an HTTP server: so many at a time, and who says nothing goes for who comes new.

use super::Shared;
use super::answer::answer;
use super::heard::{Ear, Heard};
use super::standing::{Doing, Standing};
use crate::net::listener::{is_awaited, is_lack, is_own_lack};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
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
    stands: Arc<Standing>,
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
    // One was let go of for the one who comes next: where that did not help nobody else goes before a pause.
    let mut made_room = false;
    loop {
        let came = poll_fn(|cx| match Pin::new(&mut stopped).poll(cx) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => listener.poll_accept(cx).map(Some),
        });
        match came.await {
            None => break,
            Some(Ok((stream, _))) => {
                made_room = false;
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
                // Who is finished has no descriptor to give.
                guests.retain(|guest| !guest.task.is_finished());
                let may_help = is_own_lack(&e) && !made_room && is_awaited(&listener);
                made_room = may_help && drop_one(&mut guests).await;
                if made_room {
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
    while Instant::now() < end && guests.iter().any(|guest| !guest.task.is_finished() && asks(guest)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn asks(guest: &Guest) -> bool {
    guest.stands.now().0 > Doing::Nothing
}

/// Lets go of the one that has asked for nothing for the longest time, or else of the one whose request has been coming
/// the longest; false where all are being answered.
async fn drop_one(guests: &mut Vec<Guest>) -> bool {
    let standing = guests.iter().enumerate().map(|(at, guest)| (guest.stands.now(), at));
    let Some((_, at)) = standing.filter(|((doing, _), _)| *doing < Doing::Answered).min() else {
        return false;
    };
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
    let stands = Arc::new(Standing::new());
    let (shared, standing, all) = (shared.clone(), stands.clone(), shared.clone());
    let heard = Heard::default();
    let ear = Ear::new(stream, heard.clone(), HEAD_BYTES_MAX);
    let service = service_fn(move |request| {
        // Before anything more is read.
        let lengths = heard.check(&request);
        standing.turn(Doing::Asking);
        let (shared, standing) = (shared.clone(), standing.clone());
        async move {
            let answer = answer(request, lengths, &shared, &standing).await;
            standing.turn(Doing::Nothing);
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
    Guest { stands, task: task.abort_handle() }
}
