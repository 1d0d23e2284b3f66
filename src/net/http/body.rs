//! The body of a request: bounded, as it comes and when it is unpacked, alone and with all others.

use super::head::{Refused, refuse, too_much};
use super::{HELD_MAX, Rules};
use flate2::read::MultiGzDecoder;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// A body goes on within this time,
const NEXT: Duration = Duration::from_secs(5);
/// and is all there within this.
const ALL: Duration = Duration::from_secs(60);

/// What one body takes of all that may be held.
pub(super) struct Share {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

impl Share {
    pub(super) fn of(all: &Arc<AtomicUsize>) -> Share {
        Share { all: all.clone(), bytes: 0 }
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        self.bytes += bytes;
        if self.all.fetch_add(bytes, Ordering::Relaxed) + bytes > HELD_MAX {
            return refuse(StatusCode::TOO_MANY_REQUESTS, "more is posted than can be read: try again");
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads a body to its end.
pub(super) async fn read(mut body: Incoming, rules: &Rules, held: &mut Share) -> Result<Vec<u8>, Refused> {
    let (mut bytes, end) = (Vec::new(), Instant::now() + ALL);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let frame = timeout(NEXT.min(left), poll_fn(|cx| Pin::new(&mut body).poll_frame(cx))).await;
        let data = match frame {
            Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(_))) => return refuse(StatusCode::BAD_REQUEST, "the body broke off, or is no HTTP"),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        };
        if bytes.len() + data.len() > rules.body_max {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, too_much(rules));
        }
        held.grow(data.len())?;
        bytes.extend_from_slice(&data);
    }
}

/// Unpacks a body that is gzip, however small it was.
pub(super) fn unpack(packed: &[u8], rules: &Rules, held: &mut Share) -> Result<Vec<u8>, Refused> {
    let (mut unpacker, mut bytes) = (MultiGzDecoder::new(packed), Vec::new());
    let mut piece = [0; 16 << 10];
    loop {
        match unpacker.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(n) if bytes.len() + n > rules.body_max => {
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, too_much(rules));
            }
            Ok(n) => {
                held.grow(n)?;
                bytes.extend_from_slice(&piece[..n]);
            }
            Err(_) => {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    "the body is said to be gzip, and is not, or not all",
                );
            }
        }
    }
}
