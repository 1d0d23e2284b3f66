//! From a request to its answer.

use super::body::{self, Share};
use super::head::{self, Refused, refuse};
use super::serve::{Doing, Standing};
use super::{Answer, GONE, Parcel, Shared, WAITS};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A stream that has not taken a parcel within this time is held up.
const PATIENCE: Duration = Duration::from_secs(1);

/// A short text, all at once.
pub(super) struct Text(Option<Bytes>);

impl Body for Text {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|text| Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |text| text.len() as u64))
    }
}

/// Answers a request: when its records are read, or with why they are not. `lengths`: whether it says one.
pub(super) async fn answer(
    request: Request<Incoming>,
    lengths: Result<(), Refused>,
    shared: &Shared,
    standing: &Standing,
) -> Response<Text> {
    match take(request, lengths, shared, standing).await {
        Ok(text) => response(StatusCode::OK, text),
        Err(Refused { status, why }) => {
            shared.refuse();
            let why = serde_json::json!({ "error": why }).to_string();
            let mut answer = response(status, why);
            let headers = answer.headers_mut();
            match status {
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                StatusCode::METHOD_NOT_ALLOWED => {
                    headers.insert(ALLOW, HeaderValue::from_static("POST"));
                }
                _ => {}
            }
            // What is left of a body that is not read would be taken for a request.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
            answer
        }
    }
}

fn response(status: StatusCode, text: String) -> Response<Text> {
    let mut response = Response::new(Text(Some(Bytes::from(text + "\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Hands over what a request brings, and waits until it is read.
async fn take(
    request: Request<Incoming>,
    lengths: Result<(), Refused>,
    shared: &Shared,
    standing: &Standing,
) -> Result<String, Refused> {
    lengths?;
    let (parts, body) = request.into_parts();
    let head = head::check(&parts, &shared.rules)?;
    let mut held = Share::of(&shared.held);
    let mut bytes = body::read(body, &shared.rules, &mut held).await?;
    standing.turn(Doing::Answered);
    if head.gzip {
        bytes = body::unpack(&bytes, &shared.rules, &mut held)?;
    }
    let waiting = Waiting(Arc::new(AtomicU8::new(WAITS)));
    let (answer, mut answered) = oneshot::channel();
    let parcel = Parcel { content: head.content, bytes, state: waiting.0.clone(), answer, _held: held };
    if shared.parcels.try_send(parcel).is_err() {
        return held_up();
    }
    // A full counter means that it rings already.
    let _ = shared.bell.write(1);
    let answered = match timeout(PATIENCE, &mut answered).await {
        Ok(answered) => answered,
        Err(_) if waiting.give_up() => return held_up(),
        Err(_) => answered.await,
    };
    match answered {
        Ok(Answer::Read(text)) => Ok(text),
        Ok(Answer::Bad(why)) => refuse(StatusCode::BAD_REQUEST, why),
        Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the stream ends: nothing more is read"),
    }
}

fn held_up<T>() -> Result<T, Refused> {
    refuse(StatusCode::TOO_MANY_REQUESTS, "the stream is held up: try again")
}

/// A parcel that its sender still wants to be read.
struct Waiting(Arc<AtomicU8>);

impl Waiting {
    /// Takes it back, unless it was taken.
    fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITS, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Whoever goes away before it was taken has not posted it.
impl Drop for Waiting {
    fn drop(&mut self) {
        self.give_up();
    }
}
