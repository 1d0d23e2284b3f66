//! Peers that are no watchers, and watchers that want too much: a true one is served beside them.

use super::*;
use nix::sys::signal::Signal;
use std::io::Write;
use std::os::unix::net::UnixStream;

/// What a SUB says before it subscribes.
fn greeting() -> Vec<u8> {
    let body = b"\x05READY\x0bSocket-Type\0\0\0\x03SUB";
    let greeting = [&b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01NULL"[..], &[0; 48]].concat();
    [greeting, vec![4, body.len() as u8], body.to_vec()].concat()
}

fn memory_of(pid: i64) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn strangers_at_the_tap_are_bounded_and_a_true_watcher_is_served() {
    let room = Sandbox::new();
    room.numbers("n.csv", 400_000);
    let run = started(&room, &paced("4k/s"), "store");
    let even = room.worker("even").unwrap();
    let path = even["watch"].as_str().unwrap().strip_prefix("ipc://").unwrap().to_string();
    let pid = even["pid"].as_i64().unwrap();
    let before = memory_of(pid);
    let mut strangers = Vec::new();
    for n in 0..400 {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_nonblocking(true).unwrap();
        // Nothing, rubbish, a greeting, a thousand subscriptions, and a frame that would be a gigabyte.
        let says: Vec<u8> = match n % 5 {
            0 => Vec::new(),
            1 => vec![n as u8; 5_000],
            2 => greeting(),
            3 => {
                let wish = |n: u32| {
                    let topic = format!("\x09SUBSCRIBEnobody/{n}");
                    [&[4, topic.len() as u8], topic.as_bytes()].concat()
                };
                [greeting(), (0..1000).flat_map(wish).collect()].concat()
            }
            _ => [greeting(), vec![2, 0, 0, 0, 0, 0x40, 0, 0, 0], vec![0; 3000]].concat(),
        };
        // It may be cut off already.
        let _ = stream.write_all(&says);
        strangers.push(stream);
    }
    let sub = Sub::at(&room, "even", "even/json");
    let first = sub.records();
    assert!(first.rows().iter().all(|row| row["x"].as_u64().unwrap() % 2 == 0));
    assert!(sub.records().seq >= first.end());
    let more = memory_of(pid).saturating_sub(before);
    assert!(more < 64 * 1024, "{more} KiB more");
    run.signal(Signal::SIGTERM);
    assert_eq!(run.account()["balances"], true);
}

#[test]
fn a_wish_is_taken_back_and_a_peer_of_zmtp_3_0_is_heard() {
    let room = Sandbox::new();
    room.numbers("n.csv", 400_000);
    let run = started(&room, &paced("4k/s"), "store");
    let sub = Sub::at(&room, "even", "even/json");
    sub.records();
    sub.socket.set_unsubscribe(b"even/json").unwrap();
    sub.socket.set_subscribe(b"even/csv").unwrap();
    wait_for("the other form alone", || {
        let topics: Vec<String> = (0..20).map(|_| sub.next().topic).collect();
        topics.iter().all(|topic| topic == "even/csv").then_some(())
    });
    // As 3.0 has it: a message that begins with 1.
    let worker = room.worker("even").unwrap();
    let mut old =
        UnixStream::connect(worker["watch"].as_str().unwrap().strip_prefix("ipc://").unwrap()).unwrap();
    let mut says = greeting();
    says[11] = 0;
    says.extend_from_slice(b"\0\x0a\x01even/json");
    old.write_all(&says).unwrap();
    old.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let mut came = Vec::new();
    wait_for("records", || {
        let mut piece = [0; 4096];
        let n = std::io::Read::read(&mut old, &mut piece).unwrap();
        came.extend_from_slice(&piece[..n]);
        came.windows(4).any(|bytes| bytes == b"{\"n\"").then_some(())
    });
    run.signal(Signal::SIGTERM);
    run.account();
}
