//! Ten thousand connections that say nothing, garbage, half lines and lines without an end: what is held stays bounded,
//! and a true client is served.

use super::attackers::{CLIENTS, SAY, say};
use super::{connect, free_port};
use crate::run::{Sandbox, last_line, wait_for};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};

/// A process may not have the descriptors for two floods at a time.
static ONE: Mutex<()> = Mutex::new(());
/// What they may cost together.
const MEMORY_MAX: u64 = 64 << 20;

/// The bytes of memory that are a process's own.
fn memory(pid: u64) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Whether the other end has let go of it, whatever it said before.
fn is_gone(mut stream: &TcpStream) -> bool {
    let mut said = [0; 1024];
    loop {
        match stream.read(&mut said) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(e) => return e.kind() != ErrorKind::WouldBlock,
        }
    }
}

/// `kept`: so many clients are there at a time.
fn flood(source: &str, kept: usize, ask: impl Fn(&Sandbox, &mut TcpStream, u64), more: &str) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < 2 * CLIENTS as u64 {
        eprintln!("SKIPPED: {CLIENTS} connections need as many open files, and the limit is {hard}");
        return;
    }
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(2 * CLIENTS as u64), hard).unwrap();
    let room = Sandbox::new();
    let port = free_port();
    let topology = format!(
        r#"
name = "t"
[[stage]]
name = "feed"
operator = "{source}"
listen = "127.0.0.1:{port}"
types = {{ n = "i64" }}
max_rejects = "100%"
{more}
[[stage]]
name = "store"
operator = "null"
from = "feed"
"#
    );
    let running = room.start(&topology, &[]);
    let mut first = connect(port);
    ask(&room, &mut first, 1);
    let pid = room.worker("feed").unwrap()["pid"].as_u64().unwrap();
    let before = memory(pid);
    let mut clients = Vec::new();
    for (first, _) in (0..CLIENTS).map(|n| SAY[n % SAY.len()]) {
        let mut stream = connect(port);
        stream.set_nonblocking(true).unwrap();
        say(&mut stream, first);
        clients.push(stream);
    }
    for n in 2..10 {
        clients.iter_mut().enumerate().for_each(|(n, stream)| _ = say(stream, SAY[n % SAY.len()].1));
        ask(&room, &mut connect(port), n);
    }
    let gone = clients.iter().filter(|stream| is_gone(stream)).count();
    assert!(gone >= CLIENTS - kept, "{source}: {gone} of {CLIENTS} went for others");
    if source == "tcp" {
        let mut endless = connect(port);
        (0..64).for_each(|_| endless.write_all(&[b'x'; 1 << 20]).unwrap());
        endless.write_all(b"\n").unwrap();
        room.wait_worker("feed", "has seen a line end", |worker| worker["rejected"]["too_long"].is_u64());
    }
    let (after, restarts) = (memory(pid), room.worker("feed").unwrap()["restarts"].clone());
    let cost = after.saturating_sub(before);
    eprintln!("{source}: {CLIENTS} clients cost {} MiB", cost >> 20);
    assert!(cost < MEMORY_MAX, "{source}: {before} bytes became {after}");
    assert_eq!(restarts, 0);
    drop(clients);
    running.signal(Signal::SIGINT);
    let account = last_line(&running.end());
    let n = |key: &str| account["records"][key].as_u64().unwrap();
    assert_eq!((n("stored"), n("lost"), n("in")), (9, 0, 9 + n("rejected")), "{account}");
    assert!(n("refused") > CLIENTS as u64 / 3, "who was sent away is counted: {account}");
}

#[test]
fn ten_thousand_clients_of_tcp_keep_no_true_one_out() {
    let told = |room: &Sandbox, stream: &mut TcpStream, n: u64| {
        stream.write_all(b"{\"n\":1}\n").unwrap();
        room.wait_worker("store", "has it", |worker| worker["in"] == n);
    };
    flood("tcp", 1024, told, "connections_max = 1024");
}

#[test]
fn ten_thousand_clients_of_http_keep_no_true_one_out() {
    let told = |_: &Sandbox, stream: &mut TcpStream, _: u64| {
        let (status, ..) = wait_for("an answer", || {
            let request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \
                           7\r\n\r\n{\"n\":1}";
            let _ = stream.write_all(request.as_bytes());
            super::http_source::answer(stream)
        });
        assert_eq!(status, 200);
    };
    flood("http", 64, told, "connections_max = 64");
}
