//! Readers that are full, silent or called otherwise when a socket that sends ends.

use super::super::{Bounds, Endpoint, Kind, Sent, Socket, Way};
use super::*;
use nix::fcntl::{FcntlArg, fcntl};
use std::path::Path;
use std::sync::mpsc::channel;

/// The endpoint of a file in a folder, and one who pushes there.
fn bound(folder: &Path) -> (String, Socket) {
    let at = format!("ipc://{}", folder.join("s").display());
    let way = Way::Bind(Endpoint::parse(&at).expect("an endpoint"));
    (at, pusher(&way))
}

fn pusher(way: &Way) -> Socket {
    let bounds = Bounds { queue_max: 10_000, message_max: -1 };
    Socket::open(&Kind::Push, way, bounds).expect("it is bound or connects")
}

/// One who pulls, and holds a single message.
fn puller() -> zmq::Socket {
    let reader = zmq::Context::new().socket(zmq::PULL).expect("a reader");
    reader.set_rcvhwm(1).expect("it holds one message");
    reader.set_rcvtimeo(10_000).expect("it waits for no more than ten seconds");
    reader
}

fn push(socket: &mut Socket) {
    while socket.send(None, &[7; 20]).expect("it sends") == Sent::NotNow {
        socket.wait_for_room(100);
    }
}

/// Who connects and says nothing: libzmq knows it when this comes back.
fn silent(at: &str) -> UnixStream {
    let mut stream = UnixStream::connect(&at["ipc://".len()..]).expect("it connects");
    // What libzmq says first comes after it has told of the connection.
    stream.read_exact(&mut [0; 10]).expect("the beginning of a greeting");
    stream
}

/// How many a reader gets that begins to read when the sender ends.
fn read_at_the_end(mut socket: Socket, reader: &zmq::Socket) -> usize {
    const MESSAGES: usize = 1_000;
    (0..MESSAGES).for_each(|_| push(&mut socket));
    let (waits, waiting) = channel();
    let ending = std::thread::spawn(move || {
        socket.end(Duration::from_secs(60), || {
            _ = waits.send(());
            Ok(())
        })
    });
    // Until it waits for the reader, or has ended without.
    _ = waiting.recv();
    let read = (0..MESSAGES).take_while(|_| reader.recv_bytes(0).is_ok()).count();
    ending.join().expect("no panic").expect("it ends");
    MESSAGES - read
}

/// libzmq's own end of a socket loses most of these.
#[test]
fn a_reader_that_is_full_when_the_sender_ends_has_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let (at, socket) = bound(folder.path());
    let reader = puller();
    reader.connect(&at).expect("it connects");
    assert_eq!(read_at_the_end(socket, &reader), 0, "so many are lost");
}

/// The kernel tells the path as its reader wrote it.
#[test]
fn a_full_reader_has_all_whatever_it_calls_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| format!("ipc://{}", folder.path().join(path).display());
    std::fs::create_dir(folder.path().join("in")).expect("a folder in it");
    let reader = puller();
    reader.bind(&at("in/../s")).expect("it is bound");
    let way = Way::Connect(vec![Endpoint::parse(&at("s")).expect("an endpoint")]);
    assert_eq!(read_at_the_end(pusher(&way), &reader), 0, "so many are lost");
}

/// Whoever comes first.
#[test]
fn who_connects_and_says_nothing_holds_up_no_end() {
    for silent_first in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let (at, mut socket) = bound(folder.path());
        let before = silent_first.then(|| silent(&at));
        let reader = puller();
        reader.connect(&at).expect("it connects");
        push(&mut socket);
        assert_eq!(reader.recv_bytes(0).expect("a message"), [7; 20]);
        let _silent = before.unwrap_or_else(|| silent(&at));
        let all_read = socket.end(Duration::from_secs(20), || Ok(()));
        assert_eq!(all_read, Ok(true), "silent first: {silent_first}");
    }
}

#[test]
fn who_comes_is_known_while_nobody_takes_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let (at, mut socket) = bound(folder.path());
    for _ in 0..10 {
        drop(silent(&at));
    }
    let _last = silent(&at);
    assert_eq!(socket.send(None, b"x").expect("it sends"), Sent::NotNow);
    socket.wait_for_room(0);
    let farewell = socket.farewell.as_ref().expect("of one that pushes");
    assert!(!farewell.open.is_empty());
    assert_eq!(farewell.monitor.poll(zmq::POLLIN, 0), Ok(0), "nothing piles up");
}

/// A lock of this process on a file ends with any of its descriptors of it.
#[test]
fn a_number_that_is_a_files_by_now_costs_it_no_lock() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let whole = |kind: i32| nix::libc::flock {
        l_type: kind as i16,
        l_whence: nix::libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_SETLK(&whole(nix::libc::F_WRLCK))).expect("it is locked");
    let (one, _other) = UnixStream::pair().expect("a pair");
    let fd = std::os::fd::AsRawFd::as_raw_fd(file.as_file());
    let open = |socket| Open { at: Vec::new(), fd, socket, since: Instant::now(), greeted: true };
    assert_eq!(socket_of(file.as_file().as_fd()), None, "it is no socket");
    assert!(open(socket_of(one.as_fd())).held().is_none());
    assert!(open(None).held().is_none());
    let again = file.reopen().expect("it is there");
    let mut who = whole(nix::libc::F_WRLCK);
    fcntl(&again, FcntlArg::F_OFD_GETLK(&mut who)).expect("it tells");
    assert_eq!(who.l_type, nix::libc::F_WRLCK as i16, "the lock is there still");
}
