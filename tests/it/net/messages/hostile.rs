//! Who connects and means no good, and what lies where the source would bind.

use super::raw::greeted;
use super::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

fn peer(room: &Sandbox) -> UnixStream {
    greeted(UnixStream::connect(room.path("in.ipc")).unwrap())
}

/// Waits until the other end has closed.
fn is_cut_off(mut stream: UnixStream) {
    let mut bytes = [0; 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return,
            Err(e) => panic!("it is not cut off: {e}"),
        }
    }
}

const SILENT: u64 = 1_000;

/// Strangers SHALL be cut off, a length alone SHALL take no memory, and a true peer be served meanwhile.
#[test]
fn strangers_are_cut_off_and_a_true_peer_is_served() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < 2 * SILENT {
        eprintln!("SKIPPED: {SILENT} connections need as many open files, and the limit is {hard}");
        return;
    }
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(2 * SILENT), hard).unwrap();
    let room = Sandbox::new();
    let running = room.start(&fed(&format!("{BOUND}\nmessage_max = \"1MiB\"")), &[]);
    let push = pusher(&room);
    push.send("{\"n\":0}", 0).unwrap();
    wait_in(&room, "out", 1);
    let silent: Vec<UnixStream> =
        (0..SILENT).map(|_| UnixStream::connect(room.path("in.ipc")).unwrap()).collect();
    let mut http = UnixStream::connect(room.path("in.ipc")).unwrap();
    http.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may be cut off before all of it is written.
    _ = http.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100).as_bytes());
    let mut huge = peer(&room);
    _ = huge.write_all(b"\x02\0\0\0\0\x40\0\0\0{");
    push.send("{\"n\":1}", 0).unwrap();
    wait_in(&room, "out", 2);
    is_cut_off(http);
    is_cut_off(huge);
    let mut half = peer(&room);
    half.write_all(b"\0\x09{\"n\":").unwrap();
    half.write_all(b"9}").unwrap();
    drop(half);
    push.send("{\"n\":2}", 0).unwrap();
    wait_in(&room, "out", 3);
    silent.into_iter().for_each(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _: usize = stream.read(&mut [0; 64]).unwrap();
        is_cut_off(stream);
    });
    stopped(&room, running);
    assert_eq!(numbers(&room), [0, 1, 2], "half a message is none");
}

/// A message of any number of parts SHALL be one that is rejected, and what follows be read.
#[test]
fn a_message_of_many_parts_is_rejected_as_one() {
    let room = Sandbox::new();
    let running = room.start(&fed(BOUND), &[]);
    let push = pusher(&room);
    (0..100_000).for_each(|_| push.send("{\"n\":1}", zmq::SNDMORE).unwrap());
    push.send("{\"n\":2}", 0).unwrap();
    push.send("{\"n\":3}", 0).unwrap();
    wait_in(&room, "in", 2);
    let account = stopped(&room, running);
    assert_eq!(account["stages"][0]["rejected"], serde_json::json!({ "parts": 1 }), "{account}");
    assert_eq!(numbers(&room), [3]);
}

#[test]
fn an_endpoint_has_one_owner_and_what_a_killed_one_left_is_replaced() {
    let room = Sandbox::new();
    let refused = |way: &str, code: i32, why: &str| {
        let output = room.start(&fed(way), &[]).end();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    };
    room.write("in.ipc", "precious");
    refused(BOUND, 2, "cannot bind in.ipc: a file that is no socket lies there");
    assert_eq!(std::fs::read_to_string(room.path("in.ipc")).unwrap(), "precious");
    std::fs::remove_file(room.path("in.ipc")).unwrap();
    let living = UnixListener::bind(room.path("in.ipc")).unwrap();
    refused("bind = \"ipc://no/in.ipc\"", 2, "cannot bind no/in.ipc: there is no folder no (make it)");
    refused(BOUND, 1, "cannot bind in.ipc: another process listens there");
    assert!(UnixStream::connect(room.path("in.ipc")).is_ok(), "it is as it was");
    drop(living);
    let running = room.start(&fed(BOUND), &[]);
    room.wait_worker("in", "to run", |worker| worker["state"] == "running");
    let push = pusher(&room);
    push.send("{\"n\":0}", 0).unwrap();
    wait_in(&room, "out", 1);
    stopped(&room, running);
    assert!(!room.path("in.ipc").exists(), "it takes its file away");
}

#[test]
fn what_is_wrong_is_told_at_once() {
    let room = Sandbox::new();
    room.write(
        "t.toml",
        &fed("bind = \"tcp://*:5555\"\nconnect = [\"ipc://a\", \"b\"]\ntopic = \"x\"\nnames = [\"n\"]"),
    );
    let output = room.sluicebox(&["check", "t.toml"]);
    let said = text(&output.stderr) + &text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for what in [
        "can be reached from other hosts",
        "\"b\" is no endpoint",
        "bound or connected, not both",
        "\"topic\" is of socket = \"sub\"",
        "\"names\" is about CSV, and the format is JSON",
    ] {
        assert!(said.contains(what), "{what}\n{said}");
    }
}
