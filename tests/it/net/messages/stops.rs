//! What a stop does with what has come, and with those who go on sending.

use super::raw::{greeted, push, settle};
use super::*;
use crate::net::free_port;
use std::os::unix::net::{UnixListener, UnixStream};

/// What has come SHALL be taken at a stop, of all who push, whoever has connected.
#[test]
fn a_stop_takes_all_that_has_come() {
    const EACH: usize = 600;
    for binds in [true, false] {
        let room = Sandbox::new();
        let ends = ["a.ipc", "b.ipc", "c.ipc"];
        let listeners = ends.map(|end| UnixListener::bind(room.path(end)).unwrap());
        let connected = format!("connect = {:?}", ends.map(|end| format!("ipc://{end}")));
        let way = if binds { BOUND } else { &connected };
        let running = room.start(&fed(&format!("{way}\nrate = \"1/s\"\nqueue_max = {EACH}")), &[]);
        let mut peers = listeners.map(|listener| {
            listener.set_nonblocking(true).unwrap();
            let stream = wait_for("the source", || match binds {
                true => UnixStream::connect(room.path("in.ipc")).ok(),
                false => listener.accept().ok().map(|(stream, _)| stream),
            });
            stream.set_nonblocking(false).unwrap();
            greeted(stream)
        });
        for (at, peer) in peers.iter_mut().enumerate() {
            (0..EACH).for_each(|n| push(peer, &format!("{{\"n\":{}}}", at * EACH + n)));
            settle(peer);
        }
        let account = stopped(&room, running);
        let mut stored = numbers(&room);
        stored.sort_unstable();
        assert_eq!(stored, (0..3 * EACH as u64).collect::<Vec<_>>(), "{way}: {account}");
    }
}

/// Who goes on sending SHALL hold up no stop.
#[test]
fn who_goes_on_pushing_is_cut_off_at_a_stop() {
    let tcp = format!("tcp://127.0.0.1:{}", free_port());
    for way in [BOUND, &format!("bind = \"{tcp}\""), "connect = \"ipc://in.ipc\""] {
        let room = Sandbox::new();
        let at = if way.contains("tcp") { tcp.clone() } else { endpoint(&room, "in.ipc") };
        let push = socket(zmq::PUSH);
        push.set_linger(0).unwrap();
        push.set_sndtimeo(1_000).unwrap();
        match way.starts_with("bind") {
            true => push.connect(&at).unwrap(),
            false => push.bind(&at).unwrap(),
        }
        let running = room.start(&fed(&format!("{way}\nrate = \"1k/s\"")), &[]);
        let pushing = std::thread::spawn(move || while push.send("{\"n\":1}", 0).is_ok() {});
        wait_in(&room, "in", 100);
        let account = stopped(&room, running);
        assert!(account["records"]["stored"].as_u64() >= Some(1_000), "{way}: {account}");
        pushing.join().unwrap();
    }
}
