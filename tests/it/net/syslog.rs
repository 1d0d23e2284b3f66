//! The source `syslog`, by each of its ways.

use super::{case, connect, examples, free_port, page_holds, until};
use crate::run::{Sandbox, text, wait_for};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;

#[test]
fn the_page_holds_over_udp_tcp_and_a_unix_socket() {
    let mut example = examples("ingest", "syslog").remove(0);
    let place = format!("127.0.0.1:{}", free_port());
    page_holds("syslog", &example, "listen", &place, |said| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        said.lines().for_each(|line| _ = socket.send_to(line.as_bytes(), &place).unwrap());
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sock");
    example.params.insert("transport".into(), "unix".into());
    page_holds("syslog", &example, "listen", path.to_str().unwrap(), |said| {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let socket = UnixDatagram::unbound().unwrap();
        said.lines().for_each(|line| _ = socket.send_to(line.as_bytes(), &path).unwrap());
    });
    assert!(!path.exists(), "it goes with the source");
    example.params.insert("transport".into(), "tcp".into());
    let port = free_port();
    page_holds("syslog", &example, "listen", &format!("127.0.0.1:{port}"), |said| {
        connect(port).write_all(format!("{said}\n").as_bytes()).unwrap();
    });
}

/// Reasons and counts of what a sender's bytes came to, and how many were rows.
fn over_tcp(parts: &[&[u8]], records: u64) -> (BTreeMap<String, u64>, usize) {
    let mut example = examples("ingest", "syslog").remove(0);
    example.params.insert("transport".into(), "tcp".into());
    example.params.insert("message_max".into(), "480B".into());
    let port = free_port();
    let case = case("ingest", "syslog", &example, "listen", &format!("127.0.0.1:{port}"));
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let mut stream = connect(port);
    for part in parts {
        // It may have been cut off already.
        let _ = stream.write_all(part);
        run.drain(1000, 3).unwrap();
    }
    drop(stream);
    until(&mut run, records);
    run.finish().unwrap();
    run.adds_up().unwrap();
    (run.desk.account().rejected.iter().cloned().collect(), run.out.len())
}

#[test]
fn what_is_no_message_is_rejected_for_its_reason() {
    let reasons = |parts: &[&[u8]], records| {
        let (reasons, rows) = over_tcp(parts, records);
        let mut told: Vec<String> = reasons.into_iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        told.push(format!("{rows} rows"));
        told.join(", ")
    };
    assert_eq!(reasons(&[b"<13>a\n5 <13>", b"b<13>c\n<1", b"3>d"], 4), "1 cut, 3 rows");
    assert_eq!(
        reasons(&[b"hello\n<13>a: b\n\xff\n<13>\xff\n<13>1 x\n"], 5),
        "1 pri, 1 syslog, 2 utf8, 1 rows"
    );
    assert_eq!(reasons(&[b"<13>a\n12x3\n<13>b\n"], 2), "1 frame, 1 rows");
    let long = [&b"<13>"[..], &[b'x'; 100_000], b"\n<13>a\n"].concat();
    assert_eq!(reasons(&[&long, b"900 ", &long[..900], b"<13>b\n"], 4), "2 too_long, 2 rows");
    assert_eq!(reasons(&[b"999999999 <13>a"], 1), "1 too_long, 0 rows");
    assert_eq!(reasons(&[b""], 0), "0 rows");
}

/// A source that is killed SHALL lose what it had read and not accounted for, counted; what comes later is taken.
#[test]
fn a_killed_source_listens_again_and_the_account_is_exact() {
    let room = Sandbox::new();
    let port = free_port();
    let topology = format!(
        r#"
name = "t"
max_message = "1MiB"
[[stage]]
name = "log"
operator = "syslog"
listen = "127.0.0.1:{port}"
transport = "tcp"
[[stage]]
name = "store"
operator = "sqlite"
from = "log"
path = "out.db"
"#
    );
    let running = room.start(&topology, &[]);
    let mut stream = connect(port);
    let send = |stream: &mut std::net::TcpStream, from: u32, to: u32| {
        (from..to).for_each(|n| writeln!(stream, "<13>app[{n}]: message {n}").unwrap());
    };
    send(&mut stream, 0, 1000);
    room.wait_worker("store", "has the first", |worker| worker["in"] == 1000);
    room.signal("log", Signal::SIGKILL);
    assert_eq!(stream.read(&mut [0; 10]).unwrap_or(0), 0, "the fault bites: the connection is gone");
    // What connects while the old process is dying may reach nobody.
    room.wait_worker("log", "is there again", |worker| worker["restarts"] == 1);
    let mut stream = connect(port);
    send(&mut stream, 1000, 2000);
    room.wait_worker("store", "has the rest", |worker| worker["in"] == 2000);
    assert_eq!(room.worker("log").unwrap()["restarts"], 1);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let audit = room.audit();
    assert_eq!((&audit["records"]["stored"], &audit["records"]["lost"]), (&2000.into(), &0.into()));
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT procid) FROM log"), 2000);
}

#[test]
fn who_may_not_come_is_told_and_nobody_else_may_listen_there() {
    let room = Sandbox::new();
    let port = free_port();
    let stage = |more: &str| {
        format!(
            "name = \"t\"\n[[stage]]\nname = \"log\"\noperator = \"syslog\"\n{more}\n[[stage]]\nname = \"store\"\n\
             operator = \"null\"\nfrom = \"log\"\n"
        )
    };
    for (more, told) in [
        (
            "listen = \"0.0.0.0:5514\"",
            "0.0.0.0:5514 can be reached from other hosts: listen at 127.0.0.1, or say",
        ),
        ("listen = \"0.0.0.0:5514\"\nexpose = true", "expose = true needs the hosts that may come"),
        ("listen = \"example.org:5514\"", "is not an address of this host and a port"),
        ("listen = \"127.0.0.1:1\"\nallow = [\"ten\"]", "\"ten\" is neither an address nor a network"),
        ("listen = \"a/\"\ntransport = \"unix\"", "the path names no socket"),
        ("listen = \"127.0.0.1:1\"\ntime_zone = \"Mars\"", "there is no time zone \"Mars\""),
        ("listen = \"127.0.0.1:1\"\ntransport = \"sctp\"", "sctp"),
    ] {
        room.write("t.toml", &stage(more));
        let failed = room.sluicebox(&["check", "t.toml"]);
        let said = text(&failed.stderr);
        assert!(failed.status.code() == Some(2) && said.contains(told), "{more}: {said}");
    }
    let _taken = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let failed = room.start(&stage(&format!("listen = \"127.0.0.1:{port}\"")), &[]).end();
    let said = text(&failed.stderr);
    let expected =
        format!("cannot listen at 127.0.0.1:{port}: address already in use (another program has it");
    assert!(failed.status.code() == Some(1) && said.contains(&expected), "{said}");
    std::fs::write(room.path("log.sock"), "dear diary").unwrap();
    let failed = room.start(&stage("listen = \"log.sock\"\ntransport = \"unix\""), &[]).end();
    let said = text(&failed.stderr);
    assert!(
        failed.status.code() == Some(2) && said.contains("a file that is no socket lies there"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(room.path("log.sock")).unwrap(), "dear diary");
}

/// A stale socket SHALL be replaced, and a paced source give all that waits there.
#[test]
fn a_paced_source_at_a_stale_path_takes_all() {
    let room = Sandbox::new();
    drop(UnixDatagram::bind(room.path("log.sock")).unwrap());
    let topology = "name = \"t\"\n[[stage]]\nname = \"log\"\noperator = \"syslog\"\nlisten = \"log.sock\"\ntransport = \
                    \"unix\"\nrate = \"200/s\"\n[[stage]]\nname = \"store\"\noperator = \"null\"\nfrom = \"log\"\n";
    let running = room.start(topology, &[]);
    let socket = UnixDatagram::unbound().unwrap();
    wait_for("a listener", || socket.send_to(b"<1>a", room.path("log.sock")).ok());
    (1..100).for_each(|_| _ = socket.send_to(b"<1>a", room.path("log.sock")).unwrap());
    room.wait_worker("store", "has all", |worker| worker["in"] == 100);
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().status.code(), Some(0));
}
