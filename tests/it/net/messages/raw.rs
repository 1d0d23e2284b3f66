//! A peer that speaks the protocol itself (RFC 23), so that a test knows what has arrived, and may be rude.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Greets as one who pushes does.
pub(super) fn greeted(mut stream: UnixStream) -> UnixStream {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut greeting = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0];
    greeting.extend_from_slice(b"NULL");
    greeting.resize(64, 0);
    stream.write_all(&greeting).unwrap();
    stream.write_all(b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PUSH").unwrap();
    let mut theirs = [0; 64];
    stream.read_exact(&mut theirs).unwrap();
    stream
}

/// Sends a short message of one part.
pub(super) fn push(stream: &mut UnixStream, body: &str) {
    let head = [0, u8::try_from(body.len()).unwrap()];
    stream.write_all(&[&head, body.as_bytes()].concat()).unwrap();
}

/// Waits until the other side has at hand all that was sent: it reads the second PING when it has handed over what came
/// before the first.
pub(super) fn settle(stream: &mut UnixStream) {
    for sign in [b'1', b'2'] {
        stream.write_all(&[&b"\x04\x08\x04PING\0\0"[..], &[sign]].concat()).unwrap();
        let (mut seen, mut bytes) = (Vec::new(), [0; 256]);
        while !seen.ends_with(&[b'P', b'O', b'N', b'G', sign]) {
            let n = stream.read(&mut bytes).unwrap();
            assert!(n > 0, "it is cut off");
            seen.extend_from_slice(&bytes[..n]);
        }
    }
}
