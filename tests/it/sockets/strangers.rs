//! Peers that are nobody's senders: bounded in number and memory, and never in the way of a true sender.

use super::{Ground, WATCHDOG, number, take};
use sluicebox::wire::endpoint::{Engine, Inbox};
use sluicebox::wire::peer::Expects;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// So many are let stay, as the engine's page says.
const MAY_STAY: usize = 32;
const MANY: usize = 300;
const DIRECT: (Engine, Engine) = (Engine::Direct, Engine::Direct);
const LIBZMQ: (Engine, Engine) = (Engine::Libzmq, Engine::Libzmq);

/// A process is a stranger until the switch says otherwise: all peers here are of one process.
fn switch() -> (Arc<AtomicBool>, Expects) {
    let known = Arc::new(AtomicBool::new(false));
    let asks = known.clone();
    (known, Arc::new(move |_| asks.load(Ordering::SeqCst)))
}

/// What a PUSH says before its first message.
fn greeting() -> Vec<u8> {
    let body = b"\x05READY\x0bSocket-Type\0\0\0\x04PUSH";
    let greeting = [&b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL"[..], &[0; 48]].concat();
    [greeting, vec![4, body.len() as u8], body.to_vec()].concat()
}

fn connect(ground: &Ground, says: &[u8]) -> UnixStream {
    let mut stream = UnixStream::connect(ground.path()).unwrap();
    stream.write_all(says).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Whether the other end has cut it off; what it has said is read.
fn is_cut(stream: &mut UnixStream) -> bool {
    let mut said = [0; 4096];
    loop {
        match stream.read(&mut said) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => return true,
        }
    }
}

/// Serves the inbox until so many of the streams are open still.
fn until_open(inbox: &mut Inbox, streams: &mut [UnixStream], wanted: usize) {
    let start = Instant::now();
    loop {
        inbox.wait(None, [None; 2], 1_000_000).unwrap();
        while inbox.take().unwrap().is_some() {}
        let open = streams.iter_mut().map(is_cut).filter(|cut| !cut).count();
        if open == wanted {
            return;
        }
        assert!(start.elapsed() < WATCHDOG, "{open} are open");
    }
}

/// However many strangers connect, ready or mute, few SHALL stay, and a true sender SHALL get in.
#[test]
fn a_true_sender_gets_past_any_number_of_strangers() {
    for says in [greeting(), Vec::new()] {
        let ground = Ground::new(DIRECT);
        let (known, expects) = switch();
        let mut inbox = ground.try_bind_for(expects).unwrap();
        let mut strangers: Vec<UnixStream> = (0..MANY / 3).map(|_| connect(&ground, &says)).collect();
        until_open(&mut inbox, &mut strangers, MAY_STAY);
        known.store(true, Ordering::SeqCst);
        let mut sender = ground.connect();
        sender.send(1);
        assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), 1);
        // It came as what it is, so those that come now are not in its way.
        known.store(false, Ordering::SeqCst);
        strangers.extend((0..MANY / 3).map(|_| connect(&ground, &says)));
        until_open(&mut inbox, &mut strangers, MAY_STAY);
        sender.send(2);
        assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), 2);
    }
}

/// Who sent what was meant for the worker SHALL stay, whatever its process.
#[test]
fn who_has_proved_itself_stays() {
    for vouched in [true, false] {
        let ground = Ground::new(DIRECT);
        let mut inbox = ground.try_bind_for(switch().1).unwrap();
        let mut first = [connect(&ground, &greeting())];
        first[0].write_all(b"\0\x05hello").unwrap();
        assert_eq!(take(&mut inbox, &mut []), b"hello");
        if vouched {
            inbox.vouch();
        }
        let mut others: Vec<UnixStream> = (0..MANY).map(|_| connect(&ground, &[])).collect();
        until_open(&mut inbox, &mut others, MAY_STAY);
        assert_eq!(is_cut(&mut first[0]), !vouched);
    }
}

/// Of strangers that announce a long message one at a time SHALL be listened to.
#[test]
fn one_stranger_at_a_time_may_be_long() {
    let ground = Ground::new(DIRECT);
    let (cx, at) = (&ground.context, [ground.address()]);
    let mut inbox = Inbox::bind(cx, Engine::Direct, &at, 2 << 20, switch().1).unwrap();
    let long = [&greeting()[..], b"\x02\0\0\0\0\0\x0f\xff\xff", &[7; 600_000]].concat();
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = UnixStream::connect(ground.path()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (mut said, start) = (0, Instant::now());
        while said < long.len() {
            assert!(start.elapsed() < WATCHDOG, "nobody reads it");
            match stream.write(&long[said..]) {
                Ok(n) => said += n,
                Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock),
            }
            inbox.wait(None, [None; 2], 1_000_000).unwrap();
            assert!(inbox.take().unwrap().is_none());
        }
        streams.push(stream);
    }
    until_open(&mut inbox, &mut streams, 1);
    assert!(!is_cut(&mut streams[4]), "the last one may still end its message");
}

/// libzmq's sockets SHALL let true senders in when there have been too many others.
#[test]
fn libzmq_asks_who_it_is() {
    let ground = Ground::new(LIBZMQ);
    let (known, expects) = switch();
    let mut inbox = ground.try_bind_for(expects).unwrap();
    let mut strangers: Vec<UnixStream> = (0..2 * MAY_STAY).map(|_| connect(&ground, &greeting())).collect();
    until_open(&mut inbox, &mut strangers, MAY_STAY);
    known.store(true, Ordering::SeqCst);
    let mut sender = ground.connect();
    sender.send(1);
    assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), 1);
}
