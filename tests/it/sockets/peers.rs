//! The direct engine and libzmq itself, at either end.

use super::{Ground, Sender, is_cut_off, number, raw, take};
use sluicebox::clock::mono_ns;
use sluicebox::wire::endpoint::{Engine, Inbox};
use sluicebox::wire::header::LEN;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DIRECT: (Engine, Engine) = (Engine::Direct, Engine::Direct);
const LONG: Duration = Duration::from_secs(60);

/// A bare PULL of libzmq at the place of a receiving worker.
fn pull(ground: &Ground, context: &zmq::Context) -> zmq::Socket {
    let socket = context.socket(zmq::PULL).unwrap();
    socket.set_linger(0).unwrap();
    socket.bind(&format!("ipc://{}", ground.path().display())).unwrap();
    socket
}

/// Says what a peer of ZMTP 3.1 says first, and reads nothing.
fn greet(stream: &mut UnixStream, kind: &[u8; 4]) {
    let greeting = [&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1][..], b"NULL", &[0; 48]].concat();
    let ready = [&[4, 26][..], b"\x05READY\x0bSocket-Type\0\0\0\x04", kind].concat();
    stream.write_all(&[greeting, ready].concat()).unwrap();
}

fn take_raw(socket: &zmq::Socket, sender: &mut Sender) -> Vec<u8> {
    let start = Instant::now();
    loop {
        sender.pump();
        if socket.poll(zmq::POLLIN, 1).unwrap() > 0 {
            return socket.recv_bytes(0).unwrap();
        }
        assert!(start.elapsed() < LONG, "no frame came");
    }
}

/// Our PUSH SHALL be understood by libzmq's PULL, frames of any length, also after it was gone for a while.
#[test]
fn libzmq_pulls_from_us() {
    let ground = Ground::new(DIRECT);
    let mut sender = ground.connect();
    let context = zmq::Context::new();
    for round in 0..2 {
        let socket = pull(&ground, &context);
        for n in 0..500 {
            let (n, len) = (1000 * round + n, (n as usize * 613) % 300_000);
            sender.send_long(n, len);
            let frame = take_raw(&socket, &mut sender);
            assert_eq!((number(&frame), frame.len()), (n, LEN + len));
        }
        drop(socket);
        // libzmq's thread closes it a little later.
        let start = Instant::now();
        while UnixStream::connect(ground.path()).is_ok() {
            assert!(start.elapsed() < LONG, "it is never closed");
            std::thread::yield_now();
        }
        // What is sent before the connection is closed too is lost with it.
        while sender.outbox.offer(&[0; LEN], b"", mono_ns()).unwrap() {
            std::thread::yield_now();
        }
    }
}

/// libzmq's PUSH SHALL be understood by our PULL.
#[test]
fn libzmq_pushes_to_us() {
    let ground = Ground::new(DIRECT);
    let mut inbox = ground.bind();
    let context = zmq::Context::new();
    let peer = raw(&context, &ground.path());
    for n in 0..2000u64 {
        let frame = [&n.to_le_bytes()[..], &vec![n as u8; (n as usize * 31) % 9000]].concat();
        peer.send(&frame, 0).unwrap();
        assert_eq!(take(&mut inbox, &mut []), frame, "{n}");
    }
}

/// A frame as long as a topology may allow SHALL come whole, and be followed by the next.
#[test]
fn the_longest_frame_comes_whole() {
    const LONGEST: usize = 256 << 20;
    let ground = Ground::new(DIRECT);
    let mut inbox = Inbox::bind(
        &ground.context,
        Engine::Direct,
        &[ground.address()],
        LONGEST as u64,
        Arc::new(|_| false),
    )
    .unwrap();
    let context = zmq::Context::new();
    let peer = raw(&context, &ground.path());
    let frame: Vec<u8> = (0..LONGEST).map(|at| (at / 4096) as u8).collect();
    peer.send(&frame, 0).unwrap();
    peer.send("next", 0).unwrap();
    assert!(take(&mut inbox, &mut []) == frame);
    assert_eq!(take(&mut inbox, &mut []), b"next");
}

/// A PING SHALL be answered, by the receiving end and by the sending one: a peer with heartbeats SHALL NOT give us up
/// while nothing flows.
#[test]
fn pings_are_answered() {
    const BEATS_MS: i32 = 20;
    const PATIENCE_MS: i32 = 500;
    let ground = Ground::new(DIRECT);
    let (mut inbox, context) = (ground.bind(), zmq::Context::new());
    let peer = context.socket(zmq::PUSH).unwrap();
    peer.monitor("inproc://peer", zmq::SocketEvent::DISCONNECTED as i32).unwrap();
    let monitor = context.socket(zmq::PAIR).unwrap();
    monitor.connect("inproc://peer").unwrap();
    peer.set_linger(0).unwrap();
    peer.set_heartbeat_ivl(BEATS_MS).unwrap();
    peer.set_heartbeat_timeout(PATIENCE_MS).unwrap();
    peer.connect(&format!("ipc://{}", ground.path().display())).unwrap();
    peer.send("hello", 0).unwrap();
    assert_eq!(take(&mut inbox, &mut []), b"hello");
    // The same from the other side: a PULL that pings our PUSH.
    let other = Ground::new(DIRECT);
    let pull = context.socket(zmq::PULL).unwrap();
    pull.monitor("inproc://pull", zmq::SocketEvent::DISCONNECTED as i32).unwrap();
    let pull_monitor = context.socket(zmq::PAIR).unwrap();
    pull_monitor.connect("inproc://pull").unwrap();
    pull.set_heartbeat_ivl(BEATS_MS).unwrap();
    pull.set_heartbeat_timeout(PATIENCE_MS).unwrap();
    pull.bind(&format!("ipc://{}", other.path().display())).unwrap();
    let mut sender = other.connect();
    sender.send(1);
    assert_eq!(number(&take_raw(&pull, &mut sender)), 1);
    // Three times as long as they wait for an answer; a stage's links speak each 100 ms.
    let start = Instant::now();
    let mut n = 1;
    while start.elapsed() < Duration::from_millis(3 * PATIENCE_MS as u64) {
        inbox.wait(None, [None; 2], 100_000_000).unwrap();
        assert!(inbox.take().unwrap().is_none());
        n += 1;
        sender.send(n);
        assert_eq!(number(&take_raw(&pull, &mut sender)), n);
    }
    for monitor in [&monitor, &pull_monitor] {
        assert_eq!(monitor.poll(zmq::POLLIN, 0).unwrap(), 0, "it was given up");
    }
    // The fault bites: who does not answer is given up.
    let mute = Ground::new(DIRECT);
    let listener = std::os::unix::net::UnixListener::bind(mute.path()).unwrap();
    let pinger = context.socket(zmq::PUSH).unwrap();
    pinger.monitor("inproc://pinger", zmq::SocketEvent::DISCONNECTED as i32).unwrap();
    let given_up = context.socket(zmq::PAIR).unwrap();
    given_up.connect("inproc://pinger").unwrap();
    pinger.set_linger(0).unwrap();
    pinger.set_heartbeat_ivl(BEATS_MS).unwrap();
    pinger.set_heartbeat_timeout(PATIENCE_MS).unwrap();
    pinger.connect(&format!("ipc://{}", mute.path().display())).unwrap();
    let mut answers = listener.accept().unwrap().0;
    greet(&mut answers, b"PULL");
    assert!(given_up.poll(zmq::POLLIN, LONG.as_millis() as i64).unwrap() > 0, "nobody gives up");
}

/// A SUB, and any other kind that is not PUSH, SHALL be told so and cut off; others SHALL NOT be disturbed.
#[test]
fn other_kinds_of_sockets_are_refused() {
    let ground = Ground::new(DIRECT);
    let (mut inbox, mut sender) = (ground.bind(), ground.connect());
    let context = zmq::Context::new();
    let kinds = [zmq::SUB, zmq::PULL, zmq::REQ, zmq::DEALER, zmq::PAIR];
    let monitors: Vec<(zmq::Socket, zmq::Socket)> = kinds
        .into_iter()
        .enumerate()
        .map(|(at, kind)| {
            let socket = context.socket(kind).unwrap();
            socket.set_linger(0).unwrap();
            let name = format!("inproc://kind{at}");
            let ended = zmq::SocketEvent::DISCONNECTED as i32
                | zmq::SocketEvent::HANDSHAKE_FAILED_PROTOCOL as i32
                | zmq::SocketEvent::HANDSHAKE_FAILED_NO_DETAIL as i32;
            socket.monitor(&name, ended).unwrap();
            let monitor = context.socket(zmq::PAIR).unwrap();
            monitor.connect(&name).unwrap();
            if kind == zmq::SUB {
                socket.set_subscribe(b"").unwrap();
            }
            socket.connect(&format!("ipc://{}", ground.path().display())).unwrap();
            (socket, monitor)
        })
        .collect();
    let (start, mut n) = (Instant::now(), 0);
    let refused = |(_, monitor): &(zmq::Socket, zmq::Socket)| monitor.poll(zmq::POLLIN, 0).unwrap() > 0;
    while !monitors.iter().all(refused) {
        sender.send(n);
        assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), n);
        n += 1;
        assert!(start.elapsed() < LONG, "one was left connected");
    }
}

/// A frame that a broken connection has cut SHALL be sent again, whole; half of it SHALL NOT be received.
#[test]
fn a_cut_frame_comes_again_whole() {
    const HUGE: usize = 4 << 20;
    let ground = Ground::new(DIRECT);
    let mut sender = ground.connect();
    let listener = std::os::unix::net::UnixListener::bind(ground.path()).unwrap();
    sender.send_long(7, HUGE);
    let (mut stream, _) = listener.accept().unwrap();
    greet(&mut stream, b"PULL");
    // It is taken: what the socket has no room for is kept.
    let start = Instant::now();
    while !sender.queue.is_empty() {
        sender.pump();
        assert!(start.elapsed() < LONG, "the frame was not taken");
    }
    assert!(!sender.outbox.flush(mono_ns()).unwrap(), "the fault bites: most of the frame has not gone");
    sender.send(8);
    drop((stream, listener));
    std::fs::remove_file(ground.path()).unwrap();
    let context = zmq::Context::new();
    let socket = pull(&ground, &context);
    let frame = take_raw(&socket, &mut sender);
    assert_eq!((number(&frame), frame.len()), (7, LEN + HUGE));
    assert_eq!(number(&take_raw(&socket, &mut sender)), 8);
}

/// A peer that says PING for ever and reads no answer SHALL be cut off.
#[test]
fn who_asks_and_does_not_listen_is_cut_off() {
    let ground = Ground::new(DIRECT);
    let mut inbox = ground.bind();
    let mut peer = UnixStream::connect(ground.path()).unwrap();
    greet(&mut peer, b"PUSH");
    peer.set_nonblocking(true).unwrap();
    let pings = [&[4, 17][..], b"\x04PING\0\x0a0123456789"].concat().repeat(1000);
    let start = Instant::now();
    loop {
        match peer.write(&pings) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        assert!(inbox.take().unwrap().is_none());
        assert!(start.elapsed() < LONG, "it was left connected");
    }
    assert!(is_cut_off(&mut peer));
}
