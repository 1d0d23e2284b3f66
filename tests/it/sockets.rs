//! The laws of a link on real sockets: order, a receiver that comes back, and peers that send what they must not.

mod histories;
mod paths;
mod peers;
mod python;
mod strangers;

use sluicebox::clock::mono_ns;
use sluicebox::wire::endpoint::{Address, Context, Engine, Inbox, Outbox};
use sluicebox::wire::header::LEN;
use sluicebox::wire::peer::Expects;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const WATCHDOG: Duration = Duration::from_secs(60);
const FRAME_MAX: u64 = 10_000;
/// Who sends, who receives: both engines speak ZMTP, so each law holds for each pair.
const PAIRS: [(Engine, Engine); 4] = [
    (Engine::Direct, Engine::Direct),
    (Engine::Libzmq, Engine::Libzmq),
    (Engine::Direct, Engine::Libzmq),
    (Engine::Libzmq, Engine::Direct),
];

struct Ground {
    folder: TempDir,
    context: Context,
    sends: Engine,
    receives: Engine,
}

impl Ground {
    fn new((sends, receives): (Engine, Engine)) -> Ground {
        Ground { folder: TempDir::new().unwrap(), context: Context::default(), sends, receives }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("1.0")
    }

    fn address(&self) -> Address {
        Address::Unix(self.path())
    }

    /// Binds, once nobody has what was bound there before: libzmq's thread closes it later, and a process that another
    /// test is just starting has a copy of it.
    fn bind(&self) -> Inbox {
        let start = Instant::now();
        loop {
            match self.try_bind() {
                Ok(inbox) => return inbox,
                Err(e) if start.elapsed() > WATCHDOG => panic!("{e}"),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    fn try_bind(&self) -> sluicebox::error::Result<Inbox> {
        self.try_bind_for(Arc::new(|_| false))
    }

    /// `expects`: who is no stranger.
    fn try_bind_for(&self, expects: Expects) -> sluicebox::error::Result<Inbox> {
        Inbox::bind(&self.context, self.receives, &[self.address()], FRAME_MAX, expects)
    }

    fn connect(&self) -> Sender {
        let outbox = Outbox::connect(&self.context, self.sends, &self.address()).unwrap();
        Sender { outbox, queue: VecDeque::new() }
    }
}

/// A sender as a stage is one: it keeps what found no room, and offers it again.
struct Sender {
    outbox: Outbox,
    queue: VecDeque<(u64, usize)>,
}

impl Sender {
    /// Sends a frame that says `n`, with a body of four bytes.
    fn send(&mut self, n: u64) {
        self.send_long(n, 4);
    }

    fn send_long(&mut self, n: u64, body: usize) {
        self.queue.push_back((n, body));
        self.pump();
    }

    fn pump(&mut self) {
        while let Some((n, body)) = self.queue.front() {
            let mut head = [*n as u8; LEN];
            head[..8].copy_from_slice(&n.to_le_bytes());
            if !self.outbox.offer(&head, &vec![*n as u8; *body], mono_ns()).unwrap() {
                return;
            }
            self.queue.pop_front();
        }
        self.outbox.flush(mono_ns()).unwrap();
    }
}

/// The next frame, waited for, while the senders go on.
fn take(inbox: &mut Inbox, senders: &mut [&mut Sender]) -> Vec<u8> {
    let start = Instant::now();
    loop {
        senders.iter_mut().for_each(|sender| sender.pump());
        if let Some(frame) = inbox.take().unwrap() {
            return frame.to_vec();
        }
        assert!(start.elapsed() < WATCHDOG, "no frame came");
        inbox.wait(None, [None; 2], 1_000_000).unwrap();
    }
}

/// What a frame of `Sender` says; it must be whole.
fn number(frame: &[u8]) -> u64 {
    let n = u64::from_le_bytes(frame[..8].try_into().unwrap());
    assert!(frame.len() >= LEN && frame[8..].iter().all(|byte| *byte == n as u8), "a frame is torn");
    n
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
    for pair in PAIRS {
        let ground = Ground::new(pair);
        let mut sender = ground.connect();
        (0..1000).for_each(|n| sender.send(n));
        let mut inbox = ground.bind();
        (0..1000).for_each(|n| assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), n));
        drop(inbox);
        let mut inbox = ground.bind();
        // A frame may be lost on the connection that broke, never after one that came over the new one.
        let (mut last, mut came) = (999, 0);
        for n in 1000.. {
            sender.send(n);
            while let Some(frame) = inbox.take().unwrap() {
                let n = number(frame);
                assert!(n > last, "{pair:?}: {n} came behind {last}");
                assert!(came == 0 || n == last + 1, "{pair:?}: {n} came behind {last}: a hole");
                (last, came) = (n, came + 1);
            }
            if came > 100 {
                break;
            }
            inbox.wait(None, [None; 2], 1_000_000).unwrap();
        }
    }
}

#[test]
fn a_frame_that_is_put_back_comes_again() {
    for pair in PAIRS {
        let ground = Ground::new(pair);
        let (mut inbox, mut sender) = (ground.bind(), ground.connect());
        (0..2).for_each(|n| sender.send(n));
        for n in 0..2 {
            assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), n);
            inbox.put_back();
            assert!(inbox.holds_one());
            assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), n);
            assert!(!inbox.holds_one());
        }
    }
}

/// The frames of each sender SHALL come whole and in order, also when they are longer than any buffer and all
/// senders speak at once; and none SHALL keep the others from being heard.
#[test]
fn many_senders_are_heard_in_order() {
    for pair in PAIRS {
        let ground = Ground::new(pair);
        let mut inbox = ground.bind();
        let mut senders: Vec<Sender> = (0..5).map(|_| ground.connect()).collect();
        for n in 0..300u64 {
            for (at, sender) in senders.iter_mut().enumerate() {
                sender.send_long(10 * n + at as u64, (n as usize * 37) % (FRAME_MAX as usize - LEN));
            }
        }
        let mut next = [0; 5];
        for _ in 0..1500 {
            let n = number(&take(&mut inbox, &mut senders.iter_mut().collect::<Vec<_>>()));
            let at = (n % 10) as usize;
            assert_eq!(n / 10, next[at], "{pair:?}: of sender {at}");
            next[at] += 1;
        }
        assert!(inbox.take().unwrap().is_none());
    }
}

/// A peer that sends a larger frame than is allowed SHALL be cut off; others SHALL NOT be disturbed.
#[test]
fn a_frame_that_is_too_large_is_never_received() {
    PAIRS.into_iter().for_each(too_large);
}

fn too_large(pair: (Engine, Engine)) {
    let ground = Ground::new(pair);
    let (mut inbox, mut sender) = (ground.bind(), ground.connect());
    let context = zmq::Context::new();
    let peer = raw(&context, &ground.path());
    peer.send(vec![7; FRAME_MAX as usize], 0).unwrap();
    assert_eq!(take(&mut inbox, &mut []).len(), FRAME_MAX as usize, "just the largest");
    peer.send(vec![8; FRAME_MAX as usize + 1], 0).unwrap();
    peer.send(vec![9; 10], 0).unwrap();
    // Nothing that was behind the large one on that connection comes; the peer's next connection is like any.
    let later = raw(&context, &ground.path());
    later.send(vec![10; 10], 0).unwrap();
    for n in 0..100 {
        sender.send(n);
    }
    let (mut ours, mut others) = (0, Vec::new());
    while ours < 100 || !others.contains(&10) {
        let frame = take(&mut inbox, &mut [&mut sender]);
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
    for receives in [Engine::Direct, Engine::Libzmq] {
        let ground = Ground::new((Engine::Libzmq, receives));
        let mut inbox = ground.bind();
        let context = zmq::Context::new();
        let peer = raw(&context, &ground.path());
        for parts in [2, 3, 10_000] {
            let whole = [0; LEN + 4];
            (1..parts).for_each(|_| peer.send(&whole[..], zmq::SNDMORE).unwrap());
            peer.send(&whole[..], 0).unwrap();
            peer.send(&whole[..], 0).unwrap();
            assert_eq!(take(&mut inbox, &mut []), b"", "{parts} parts");
            assert_eq!(take(&mut inbox, &mut []), whole, "what comes next is whole again");
        }
    }
}

/// Who begins a greeting and does not end it SHALL be dropped; no stranger SHALL disturb others. Whose first byte
/// is not 0xff libzmq takes for a peer of ZMTP 1.0: what such a one says are frames, which have no header of ours,
/// and it is not dropped while it is silent. The direct engine drops it at once.
#[test]
fn strangers_disturb_nobody() {
    PAIRS.into_iter().for_each(strangers);
}

fn strangers(pair: (Engine, Engine)) {
    let ground = Ground::new(pair);
    let (mut inbox, mut sender) = (ground.bind(), ground.connect());
    let greeting = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    let tls = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let connect = |bytes: &[u8]| {
        let mut stranger = UnixStream::connect(ground.path()).unwrap();
        stranger.write_all(bytes).unwrap();
        stranger.set_nonblocking(true).unwrap();
        stranger
    };
    let silent = [connect(&tls), connect(b"GET / HTTP/1.1\r\n")];
    let mut strangers: Vec<UnixStream> = [&b""[..], &greeting, &greeting[..5]].map(connect).into();
    if pair.1 == Engine::Direct {
        strangers.extend(silent);
    }
    // Others are served while they are waited for.
    let (mut n, start) = (0, Instant::now());
    while !strangers.is_empty() || n < 1000 {
        sender.send(n);
        assert_eq!(number(&take(&mut inbox, &mut [&mut sender])), n);
        n += 1;
        strangers.retain_mut(|stranger| !is_cut_off(stranger));
        assert!(start.elapsed() < WATCHDOG, "{pair:?}: a stranger was left connected");
    }
}

/// Whether the other end has closed a non-blocking stream.
fn is_cut_off(stream: &mut UnixStream) -> bool {
    loop {
        match stream.read(&mut [0; 1000]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(e) => return e.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}
