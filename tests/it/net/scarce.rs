//! Listeners whose process has no descriptor left for one more who comes.

use super::{connect, free_port, http_source};
use crate::run::{Sandbox, last_line, wait_for};
use nix::sys::signal::Signal;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SILENT: usize = 8;
/// A server of HTTP sends those away who have said nothing for longer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Sends the n-th record as a client, and waits until it is taken.
type Ask = fn(&Sandbox, &mut TcpStream, u64);

/// The descriptors that a process has open.
fn open(pid: i32) -> BTreeSet<u64> {
    let all = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    all.map(|fd| fd.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

/// Lets a process open so many more.
fn leave(pid: i32, more: usize) {
    let open = open(pid);
    let limit = (0..).filter(|fd| !open.contains(fd)).nth(more);
    prlimit(Pid::from_raw(pid), Resource::Nofile, Rlimit { current: limit, maximum: limit }).unwrap();
}

fn is_gone(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    !stream.read(&mut [0]).is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
}

/// How many have gone for one who came when those who say nothing had all descriptors, and how long it took.
fn gone_for_one(source: &str, ask: Ask) -> (usize, Duration) {
    let (room, port) = (Sandbox::new(), free_port());
    let topology = format!(
        "name = \"t\"\n[[stage]]\nname = \"feed\"\noperator = \"{source}\"\nlisten = \"127.0.0.1:{port}\"\n\
         types = {{ n = \"i64\" }}\n[[stage]]\nname = \"store\"\noperator = \"null\"\nfrom = \"feed\"\n"
    );
    let running = room.start(&topology, &[]);
    let mut first = connect(port);
    ask(&room, &mut first, 1);
    let pid = room.worker("feed").unwrap()["pid"].as_i64().unwrap() as i32;
    let (start, before) = (Instant::now(), open(pid).len());
    leave(pid, SILENT);
    let mut silent: Vec<TcpStream> = (0..SILENT).map(|_| connect(port)).collect();
    wait_for("all to be in", || (open(pid).len() == before + SILENT).then_some(()));
    ask(&room, &mut connect(port), 2);
    let gone =
        silent.iter_mut().chain([&mut first]).filter_map(|stream| is_gone(stream).then_some(())).count();
    let took = start.elapsed();
    running.signal(Signal::SIGINT);
    assert_eq!(last_line(&running.end())["records"]["stored"], 2);
    (gone, took)
}

/// With no descriptor left one SHALL go for one who comes, and no other.
#[test]
fn one_goes_for_one_who_comes() {
    let lines = |room: &Sandbox, stream: &mut TcpStream, n: u64| {
        stream.write_all(b"{\"n\":1}\n").unwrap();
        room.wait_worker("store", "has it", |worker| worker["in"] == n);
    };
    let posts = |_: &Sandbox, stream: &mut TcpStream, _: u64| {
        stream.write_all(&http_source::of_type("application/json", "{\"n\":1}")).unwrap();
        assert_eq!(http_source::answer(stream).unwrap().0, 200);
    };
    for (source, ask) in [("tcp", lines as Ask), ("http", posts)] {
        let mut rounds = (0..10).map(|_| gone_for_one(source, ask));
        let (gone, _) = rounds.find(|(_, took)| *took < PATIENCE).expect("a round that tells something");
        assert_eq!(gone, 1, "{source}");
    }
}
