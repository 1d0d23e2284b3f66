//! Clients of the source `http` that say nothing, or say it slowly.

use super::http_source::{answer, numbers, topology};
use super::{connect, free_port};
use crate::run::Sandbox;
use nix::sys::signal::Signal;
use std::io::Write;
use std::net::TcpStream;

/// Who says nothing, or says it slowly, SHALL keep nobody out.
#[test]
fn silent_and_slow_clients_keep_nobody_out() {
    let room = Sandbox::new();
    let port = free_port();
    let running = room.start(&topology(port, ""), &[]);
    drop(connect(port));
    let mut silent: Vec<TcpStream> = (0..300).map(|_| connect(port)).collect();
    for (at, stream) in silent.iter_mut().enumerate() {
        let _ = stream.write_all(&b"POST / HTTP/1.1\r\nHost: localhost\r\n"[..at % 35]);
    }
    let mut stream = connect(port);
    stream.write_all(&numbers(0..1)).unwrap();
    assert_eq!(answer(&mut stream).unwrap().0, 200);
    // Who has begun is cut off in some seconds, with a word or without.
    let mut slow = connect(port);
    slow.write_all(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    )
    .unwrap();
    assert!(answer(&mut slow).is_none_or(|(status, ..)| status == 408));
    running.signal(Signal::SIGINT);
    assert_eq!(crate::run::last_line(&running.end())["records"]["stored"], 1);
}

/// Whose bodies come slowly SHALL keep nobody out either: the one that has been coming the longest goes.
#[test]
fn slow_bodies_keep_nobody_out() {
    let room = Sandbox::new();
    let port = free_port();
    let running = room.start(&topology(port, "connections_max = 8"), &[]);
    drop(connect(port));
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: \
                100-continue\r\n\r\n";
    let slow = |_| {
        let mut stream = connect(port);
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(answer(&mut stream).unwrap().0, 100, "its body is waited for");
        stream.write_all(b"{").unwrap();
        stream
    };
    let mut slow: Vec<TcpStream> = (0..8).map(slow).collect();
    let mut stream = connect(port);
    stream.write_all(&numbers(0..1)).unwrap();
    assert_eq!(answer(&mut stream).unwrap().0, 200);
    assert_eq!(answer(&mut slow[0]), None, "it was let go of");
    running.signal(Signal::SIGINT);
    assert_eq!(crate::run::last_line(&running.end())["records"]["stored"], 1);
}
