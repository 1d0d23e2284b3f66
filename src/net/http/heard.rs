//! What a client has said since it was answered last, as it has said it: of two lengths that a head tells, the library
//! shows one.
//!
//! Who sits in front of this server may believe the other: then the end of a body is a request of its own there, and
//! one that nobody there has seen comes in here (RFC 9112, section 11.2).

use super::head::{Refused, refuse};
use hyper::header::TRANSFER_ENCODING;
use hyper::{Method, Request, StatusCode};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The beginning of what was said; kept while a head may be coming.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    /// The head was there: what comes is a body.
    is_past: bool,
}

impl Heard {
    /// A head was read just now. A body whose length it may tell twice is refused: also where the head came before the
    /// answer to the request before it, so that it was not heard.
    ///
    /// # Errors
    /// Why the request is refused.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Refused> {
        let said = self.with(|said| {
            said.is_past = true;
            std::mem::take(&mut said.bytes)
        });
        if !request.headers().contains_key(TRANSFER_ENCODING) || says_once(&said, request.method()) {
            return Ok(());
        }
        refuse(
            StatusCode::BAD_REQUEST,
            "say the length of a body once: by Content-Length, or by Transfer-Encoding, when the request before is \
             answered",
        )
    }

    fn with<T>(&self, work: impl FnOnce(&mut Said) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether this is the head, as it was sent, and tells no length in bytes.
fn says_once(said: &[u8], method: &Method) -> bool {
    let mut lines = said.split(|byte| *byte == b'\n').skip_while(|line| line.trim_ascii().is_empty());
    let is_ours = lines.next().is_some_and(|line| line.starts_with(method.as_str().as_bytes()));
    let mut fields = lines.take_while(|line| !line.trim_ascii().is_empty());
    is_ours && fields.all(|line| !name(line).eq_ignore_ascii_case(b"content-length"))
}

fn name(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii()
}

/// A connection whose client is heard.
pub(super) struct Ear {
    stream: TcpStream,
    heard: Heard,
    /// Of what is said so many bytes are kept.
    max: usize,
}

impl Ear {
    pub(super) fn new(stream: TcpStream, heard: Heard, max: usize) -> Ear {
        Ear { stream, heard, max }
    }

    /// It is answered: what is said from now on is a head again.
    fn answers(&self) {
        self.heard.with(|said| *said = Said::default());
    }
}

impl AsyncRead for Ear {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        let new = &into.filled()[before..];
        self.heard.with(|said| {
            if !said.is_past {
                let room = self.max.saturating_sub(said.bytes.len());
                said.bytes.extend_from_slice(&new[..new.len().min(room)]);
            }
        });
        read
    }
}

impl AsyncWrite for Ear {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.answers();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.answers();
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
