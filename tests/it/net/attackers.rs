//! Connections that wish a listener ill, for tests and benches.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;

/// So many at a time.
pub const CLIENTS: usize = 10_000;

/// What a client says first, and again and again.
pub type Says = (&'static [u8], &'static [u8]);

/// Nothing, another protocol, garbage, half a line, a line without an end, depth without an end.
pub const SAY: [Says; 6] = [
    (b"", b""),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    (b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03 garbage", b"\x00\xff\n"),
    (b"{\"n\":1", b""),
    (b"{\"n\":\"", &[b'x'; 16 << 10]),
    (b"{\"a\":{\"a\":{\"a\":[[[[[[[[", b"[[[[[[[[[[["),
];

/// Says it all, or as much as the other end takes; `false`: that has had enough of it.
pub fn say(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    match stream.write(bytes).err().map(|e| e.kind()) {
        None | Some(ErrorKind::WouldBlock) => true,
        Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => false,
        Some(other) => panic!("{other}"),
    }
}
