//! What must not come over a worker's socket: it is counted as refused, and the run is not disturbed.

use super::{Sandbox, three, wait_for};
use nix::sys::signal::Signal;
use sluicebox::clock::mono_ns;
use sluicebox::run::dir::RunDir;
use sluicebox::run::wiring::Wiring;
use sluicebox::topology::plan::{Plan, WorkerId};
use sluicebox::wire::header::{Header, Kind, LEN};
use sluicebox::wire::ledger::Ledger;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

const ROWS: usize = 20_000;
const EVEN: usize = 1;
const STORE: usize = 2;

/// A run whose source is held in its middle; some of what it has sent may still be on its way.
struct Held {
    room: Sandbox,
    running: super::Running,
    dir: RunDir,
    plan: Plan,
}

impl Held {
    fn new(sink: &str) -> Held {
        let room = Sandbox::new();
        room.numbers("n.csv", ROWS);
        let running = room.start(&three(r#"rate = "15k/s""#, sink), &[]);
        room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 1000);
        room.signal("numbers", Signal::SIGSTOP);
        let dir = RunDir::at(room.path("sluicebox/t"));
        let plan = dir.plan().unwrap();
        Held { room, running, dir, plan }
    }

    fn ledger(&self, stage: usize) -> Ledger {
        self.dir.ledger(WorkerId { stage, worker: 0 }).unwrap()
    }

    /// The next good frame from `even` to `store`, as a forger would write it.
    fn header(&self) -> Header {
        let wiring = Wiring::of(&self.plan);
        let link = wiring.links().iter().find(|link| link.to.stage == STORE).unwrap();
        let sender = self.ledger(EVEN);
        let offered = sender.offered(link.outgoing);
        let (seq, bytes) = (offered.records, offered.bytes);
        Header { seq, schema: link.schema, bytes, ..Header::new(Kind::Beat, link.number, sender.epoch()) }
    }

    fn peer(&self) -> Peer {
        let context = zmq::Context::new();
        let socket = context.socket(zmq::PUSH).unwrap();
        socket.set_linger(0).unwrap();
        socket
            .connect(&format!(
                "ipc://{}",
                self.dir.socket_path(WorkerId { stage: STORE, worker: 0 }).display()
            ))
            .unwrap();
        Peer { socket, _context: context }
    }

    fn wait_refused(&self, n: u64) {
        let store = self.ledger(STORE);
        wait_for("the frames to be refused", || (store.refused() >= n).then_some(()));
        assert_eq!(store.refused(), n);
    }

    fn wait_flood(&self) {
        let store = self.ledger(STORE);
        wait_for("the flood to rise", || (store.refused() > 10_000).then_some(()));
    }

    fn go_on(&self) {
        self.room.signal("numbers", Signal::SIGCONT);
    }

    /// The run ends drained, and nothing was lost, doubled or made up.
    fn check(self) {
        let account = self.running.account();
        assert_eq!((&account["end"], &account["balances"]), (&"drained".into(), &true.into()));
        assert_eq!(account["records"]["lost"], 0);
        assert_eq!(account["records"]["in"], ROWS);
        assert_eq!(account["records"]["stored"], ROWS / 2);
        assert_eq!(self.room.query("out.db", "SELECT count(DISTINCT n) FROM even"), ROWS as i64 / 2);
        for stage in ["numbers", "even", "store"] {
            assert_eq!(self.room.worker(stage).unwrap()["restarts"], 0, "{stage} never fell");
        }
        self.room.audit();
    }
}

struct Peer {
    socket: zmq::Socket,
    _context: zmq::Context,
}

impl Peer {
    fn send(&self, bytes: &[u8]) {
        self.socket.send(bytes, 0).unwrap();
    }
}

fn frame(header: &Header, body: &[u8]) -> Vec<u8> {
    [&Header { body_len: body.len() as u32, ..*header }.write(), body].concat()
}

/// A frame that is none, or is not for this worker, SHALL be refused and counted, and SHALL NOT disturb the run.
#[test]
fn frames_that_are_none_or_of_others_are_refused_and_counted() {
    let held = Held::new("");
    // What it offers from now on would make a number of the forged ones one that came before: a duplicate.
    held.room.signal("even", Signal::SIGSTOP);
    let good = held.header();
    let data = Header { kind: Kind::Data, count: 1, ..good };
    let body = b"\x10\0\0\0\0\0\0\0and so on";
    let mut frames: Vec<Vec<u8>> = Vec::new();
    // Garbage, and heads that are cut short or changed.
    frames.extend([Vec::new(), vec![0], vec![0xff; 63], vec![0; 64], vec![0xff; 64], vec![0x5b; 10_000]]);
    let head = good.write();
    frames.extend((0..LEN).map(|len| head[..len].to_vec()));
    for (at, value) in [(0, 0x0d), (1, 0), (2, 0), (2, 1), (3, 0), (3, 4), (3, 0x0f), (3, 0x82), (20, 1)] {
        let mut bytes = head.to_vec();
        bytes[at] = value;
        frames.push(bytes);
    }
    // Of another run, another link, another length.
    frames.push(frame(&Header { schema: good.schema ^ 1, ..good }, b""));
    frames.extend([0, 2, u32::MAX].map(|link| frame(&Header { link, ..good }, b"")));
    frames.push(Header { body_len: 1, ..good }.write().to_vec());
    frames.push(Header { body_len: u32::MAX, ..data }.write().to_vec());
    // Lateness that is said to come.
    frames.push(frame(&Header { flags: Header::LATE, ..good }, b""));
    frames.push(frame(&Header { flags: Header::LATE, ..data }, body));
    // Counts and sequence numbers that can't be.
    let far = ROWS as u64 + 1;
    frames.push(frame(&Header { count: 1, ..good }, b""));
    frames.push(frame(&Header { count: 0, ..data }, body));
    for (seq, count) in [(0, u32::MAX), (good.seq, u32::MAX), (far, 1), (u64::MAX, 1), (u64::MAX - 1, 1)] {
        frames.push(frame(&Header { seq, count, ..data }, body));
    }
    // Words and ends of what was never offered: one of them, believed, would make all that follows a duplicate.
    for kind in [Kind::Beat, Kind::End] {
        for seq in [far, 1 << 63, u64::MAX] {
            frames.push(frame(&Header { kind, seq, ..good }, b""));
        }
        for epoch in [0, good.epoch + 1, u32::MAX] {
            frames.push(frame(&Header { kind, epoch, ..good }, b""));
        }
        frames.push(frame(&Header { kind, bytes: u64::MAX, ..good }, b""));
    }
    let peer = held.peer();
    frames.iter().for_each(|frame| peer.send(frame));
    for parts in [2, 10_000] {
        (1..parts).for_each(|_| peer.socket.send(&head[..], zmq::SNDMORE).unwrap());
        peer.send(&head);
    }
    held.wait_refused(frames.len() as u64 + 2);
    held.room.signal("even", Signal::SIGCONT);
    held.go_on();
    held.check();
}

/// A body that can't be read SHALL be refused, and SHALL NOT stand for the records that are to come.
#[test]
fn a_body_that_cannot_be_read_takes_nobodys_place() {
    const FORGED: u64 = 100;
    let held = Held::new("credit = 100");
    // The sink sleeps until its sender waits for room, and then the sender: it holds what is offered and not sent.
    held.room.signal("store", Signal::SIGSTOP);
    held.go_on();
    let (even, store) = (held.ledger(EVEN), held.ledger(STORE));
    let blocked = || even.times(Some(mono_ns())).blocked;
    let before = blocked();
    wait_for("even to be blocked", || (blocked() > before + 200_000_000).then_some(()));
    held.room.signal("even", Signal::SIGSTOP);
    held.room.signal("store", Signal::SIGCONT);
    let header = held.header();
    let peer = held.peer();
    for n in 0..FORGED {
        let forged = Header { kind: Kind::Data, count: 1, seq: header.seq - 1, ..header };
        peer.send(&frame(&forged, &[n as u8; 50]));
    }
    held.wait_refused(FORGED);
    assert!(store.received(0).next < header.seq, "what is held is still to come");
    held.room.signal("even", Signal::SIGCONT);
    held.check();
}

/// A flood of rubbish SHALL NOT keep a worker from its records, nor from its end.
#[test]
fn a_run_ends_under_a_flood_of_rubbish() {
    let held = Held::new("");
    let (peer, over) = (held.peer(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let peer = peer;
            while !over.load(Ordering::Relaxed) {
                // A full queue is what a flood makes.
                let _ = peer.socket.send(&[0; 100][..], zmq::DONTWAIT);
            }
        });
        held.wait_flood();
        held.go_on();
        held.check();
        over.store(true, Ordering::Relaxed);
        flood.join().unwrap();
    });
}

/// Who does not speak ZMTP SHALL NOT disturb a run.
#[test]
fn strangers_on_a_workers_socket_disturb_nobody() {
    let held = Held::new("");
    let path = held.dir.socket_path(WorkerId { stage: STORE, worker: 0 });
    let connect = |bytes: &[u8]| {
        let mut stranger = UnixStream::connect(&path).unwrap();
        stranger.write_all(bytes).unwrap();
        stranger
    };
    let greeting = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    let long = [&greeting[..10], &[3, 0], b"NULL", &[0; 48], &[4, 0xff], &[0x7f; 8], &[0; 1000]].concat();
    let zeros = [0; 4096];
    let http =
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a stranger\r\nAccept: */*\r\n\r\n".repeat(20);
    let _held_open =
        [&greeting[..], &greeting[..5], b"", b"\x16\x03\x01\x02\x00", &zeros, &http].map(connect);
    // A command of 2^63 bytes before the handshake is through: cut off at once.
    let mut cut = connect(&long);
    let ended = cut.read_to_end(&mut Vec::new());
    assert!(ended.is_ok_and(|n| n < 1000) || cut.peer_addr().is_err(), "a length of 2^63 is not waited for");
    held.go_on();
    held.check();
}

/// Strangers that are more than a worker may have descriptors SHALL NOT keep a sender from coming back.
#[test]
fn a_crashed_sender_comes_back_past_more_strangers_than_descriptors() {
    const DESCRIPTORS: usize = 128;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    room.write("t.toml", &three(r#"rate = "15k/s""#, ""));
    let limit = format!("ulimit -n {DESCRIPTORS}");
    let mut run = room.behind(&limit, &["run", "t.toml", "--json"]);
    // libzmq ends a process that has no descriptor left, as the page of the key "engine" says.
    let running = super::Running::of(run.env_remove("SLUICEBOX_ENGINE").spawn().unwrap());
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 1000);
    let at = RunDir::at(room.path("sluicebox/t")).socket_path(WorkerId { stage: EVEN, worker: 0 });
    let body = b"\x05READY\x0bSocket-Type\0\0\0\x04PUSH";
    let greeting =
        [&b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL"[..], &[0; 48], &[4, body.len() as u8], body].concat();
    let connect = |n: usize| {
        let mut stranger = UnixStream::connect(&at).unwrap();
        // It may be cut off already.
        let _ = if n.is_multiple_of(2) { stranger.write_all(&greeting) } else { Ok(()) };
        stranger
    };
    let _held_open: Vec<UnixStream> = (0..2 * DESCRIPTORS).map(connect).collect();
    room.signal("numbers", Signal::SIGKILL);
    let account = running.account();
    assert_eq!((&account["end"], &account["balances"]), (&"drained".into(), &true.into()));
    assert_eq!(room.worker("numbers").unwrap()["restarts"], 1);
    assert_eq!(room.worker("even").unwrap()["restarts"], 0, "it never ran out of descriptors");
}
