//! The laws of a link on real sockets: order, a receiver that comes back, and peers that send what they must not.

use sluicebox::wire::header::LEN;
use sluicebox::wire::socket::{Context, Inbox, Outbox};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const WATCHDOG: Duration = Duration::from_secs(60);
const FRAME_MAX: u64 = 10_000;

struct Ground {
    folder: TempDir,
    context: Context,
}

impl Ground {
    fn new() -> Ground {
        Ground { folder: TempDir::new().unwrap(), context: Context::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("1.0")
    }

    fn bind(&self) -> Inbox {
        self.context.bind(&self.path(), FRAME_MAX).unwrap()
    }

    fn connect(&self) -> Outbox {
        self.context.connect(&self.path()).unwrap()
    }
}

fn send(outbox: &mut Outbox, n: u64) {
    let mut head = [0; LEN];
    head[..8].copy_from_slice(&n.to_le_bytes());
    assert!(outbox.offer(&head, b"body").unwrap(), "the queue has room");
}

/// The next frame, waited for.
fn take(inbox: &mut Inbox) -> Vec<u8> {
    let start = Instant::now();
    loop {
        if let Some(frame) = inbox.take().unwrap() {
            return frame.to_vec();
        }
        assert!(start.elapsed() < WATCHDOG, "no frame came");
        inbox.wait(None, 100_000_000).unwrap();
    }
}

fn number(frame: &[u8]) -> u64 {
    assert_eq!(frame.len(), LEN + 4);
    u64::from_le_bytes(frame[..8].try_into().unwrap())
}

/// A raw peer, as anything that speaks ZMTP may connect.
fn raw(context: &zmq::Context, path: &Path) -> zmq::Socket {
    let socket = context.socket(zmq::PUSH).unwrap();
    socket.set_linger(0).unwrap();
    socket.connect(&format!("ipc://{}", path.display())).unwrap();
    socket
}

/// A sender SHALL keep what it could not send yet, whether the receiver comes late or comes back, and what comes
/// SHALL come in order.
#[test]
fn the_senders_queue_survives_the_receivers_restart() {
    let ground = Ground::new();
    let mut outbox = ground.connect();
    (0..1000).for_each(|n| send(&mut outbox, n));
    let mut inbox = ground.bind();
    (0..1000).for_each(|n| assert_eq!(number(&take(&mut inbox)), n));
    drop(inbox);
    let mut inbox = ground.bind();
    // A frame may be lost on the connection that broke, never after one that came over the new one.
    let (mut last, mut came) = (999, 0);
    for n in 1000.. {
        send(&mut outbox, n);
        while let Some(frame) = inbox.take().unwrap() {
            let n = number(frame);
            assert!(n > last, "{n} came behind {last}");
            assert!(came == 0 || n == last + 1, "{n} came behind {last}: a hole");
            (last, came) = (n, came + 1);
        }
        if came > 100 {
            break;
        }
        inbox.wait(None, 1_000_000).unwrap();
    }
}

#[test]
fn a_frame_that_is_put_back_comes_again() {
    let ground = Ground::new();
    let (mut inbox, mut outbox) = (ground.bind(), ground.connect());
    (0..2).for_each(|n| send(&mut outbox, n));
    for n in 0..2 {
        assert_eq!(number(&take(&mut inbox)), n);
        inbox.put_back();
        assert!(inbox.holds_one());
        assert_eq!(number(&take(&mut inbox)), n);
        assert!(!inbox.holds_one());
    }
}

/// A peer that sends a larger frame than is allowed SHALL be cut off; others SHALL NOT be disturbed.
#[test]
fn a_frame_that_is_too_large_is_never_received() {
    let ground = Ground::new();
    let (mut inbox, mut outbox) = (ground.bind(), ground.connect());
    let context = zmq::Context::new();
    let peer = raw(&context, &ground.path());
    peer.send(vec![7; FRAME_MAX as usize], 0).unwrap();
    assert_eq!(take(&mut inbox).len(), FRAME_MAX as usize, "just the largest");
    peer.send(vec![8; FRAME_MAX as usize + 1], 0).unwrap();
    peer.send(vec![9; 10], 0).unwrap();
    // Nothing that was behind the large one on that connection comes; the peer's next connection is like any.
    let later = raw(&context, &ground.path());
    later.send(vec![10; 10], 0).unwrap();
    for n in 0..100 {
        send(&mut outbox, n);
    }
    let (mut ours, mut others) = (0, Vec::new());
    while ours < 100 || !others.contains(&10) {
        let frame = take(&mut inbox);
        assert!(frame.len() <= FRAME_MAX as usize);
        if frame.len() == LEN + 4 {
            assert_eq!(number(&frame), ours);
            ours += 1;
        } else {
            others.push(frame[0]);
        }
    }
    assert!(!others.contains(&8));
}

/// A message of several parts SHALL be one refused frame, however many parts it has.
#[test]
fn a_message_of_many_parts_is_one_short_frame() {
    let ground = Ground::new();
    let mut inbox = ground.bind();
    let context = zmq::Context::new();
    let peer = raw(&context, &ground.path());
    for parts in [2, 3, 10_000] {
        let whole = [0; LEN + 4];
        (1..parts).for_each(|_| peer.send(&whole[..], zmq::SNDMORE).unwrap());
        peer.send(&whole[..], 0).unwrap();
        peer.send(&whole[..], 0).unwrap();
        assert_eq!(take(&mut inbox), b"", "{parts} parts");
        assert_eq!(take(&mut inbox), whole, "what comes next is whole again");
    }
}

/// Who begins a greeting and does not end it SHALL be dropped; no stranger SHALL disturb others. Whose first byte
/// is not 0xff libzmq takes for a peer of ZMTP 1.0: what such a one says are frames, which have no header of ours,
/// and it is not dropped while it is silent.
#[test]
fn strangers_disturb_nobody() {
    let ground = Ground::new();
    let (mut inbox, mut outbox) = (ground.bind(), ground.connect());
    let greeting = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    let tls = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let connect = |bytes: &[u8]| {
        let mut stranger = UnixStream::connect(ground.path()).unwrap();
        stranger.write_all(bytes).unwrap();
        stranger
    };
    let _silent = [connect(&tls), connect(b"GET / HTTP/1.1\r\n")];
    let mut strangers = [&b""[..], &greeting, &greeting[..5]].map(connect);
    for n in 0..1000 {
        send(&mut outbox, n);
        assert_eq!(number(&take(&mut inbox)), n);
    }
    for stranger in &mut strangers {
        stranger.set_read_timeout(Some(WATCHDOG)).unwrap();
        let mut all = Vec::new();
        match stranger.read_to_end(&mut all) {
            Ok(_) => {}
            Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "cut off, not left open"),
        }
    }
    send(&mut outbox, 1000);
    assert_eq!(number(&take(&mut inbox)), 1000);
}
