//! The sources `tcp`, `unix` and `udp`: their pages, and what clients may do to them.

use super::{case, connect, examples, free_port, page_holds, until};
use crate::run::{Sandbox, text, wait_for};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

#[test]
fn the_pages_hold() {
    for example in examples("ingest", "tcp") {
        let port = free_port();
        page_holds("tcp", &example, "listen", &format!("127.0.0.1:{port}"), |said| {
            connect(port).write_all(format!("{said}\n").as_bytes()).unwrap();
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.sock");
    page_holds("unix", &examples("ingest", "unix")[0], "listen", path.to_str().unwrap(), |said| {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        UnixStream::connect(&path).unwrap().write_all(format!("{said}\n").as_bytes()).unwrap();
    });
    assert!(!path.exists(), "it goes with the source");
    let place = format!("127.0.0.1:{}", free_port());
    page_holds("udp", &examples("ingest", "udp")[0], "listen", &place, |said| {
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(said.as_bytes(), &place).unwrap();
    });
}

/// What has come SHALL be read at a stop, though it is not due yet; a source that is not to read is not woken by it.
#[test]
fn datagrams_that_wait_are_taken_at_a_stop() {
    let mut example = examples("ingest", "udp").remove(0);
    example.params.insert("rate".into(), "1/s".into());
    let place = format!("127.0.0.1:{}", free_port());
    let case = case("ingest", "udp", &example, "listen", &place);
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let line = example.file.as_ref().unwrap().text.lines().next().unwrap();
    (0..200).for_each(|_| _ = socket.send_to(line.as_bytes(), &place).unwrap());
    assert!(run.steps.operator(0).wait_on().is_some());
    run.turn(0).unwrap();
    assert!(run.steps.operator(0).wait_on().is_none(), "the next one is due in a second");
    assert_eq!(run.out.len(), 1);
    run.finish().unwrap();
    run.adds_up().unwrap();
    assert_eq!(run.out.len(), 200);
}

/// What clients, each with its parts, have come to: reasons, then rows.
fn of_clients(more: &str, clients: &[&[&[u8]]], records: u64) -> String {
    let mut example = examples("ingest", "tcp").remove(0);
    let more: toml::Table = more.parse().unwrap();
    example.params.extend(more);
    let port = free_port();
    let case = case("ingest", "tcp", &example, "listen", &format!("127.0.0.1:{port}"));
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let mut streams: Vec<(TcpStream, &[&[u8]])> =
        clients.iter().map(|parts| (connect(port), *parts)).collect();
    for part in 0..clients.iter().map(|parts| parts.len()).max().unwrap_or(0) {
        for (stream, parts) in &mut streams {
            // It may have been cut off already.
            parts.get(part).map(|part| stream.write_all(part));
        }
        run.drain(1000, 3).unwrap();
    }
    drop(streams);
    until(&mut run, records);
    run.finish().unwrap();
    run.adds_up().unwrap();
    let reasons = run.desk.account().rejected.iter().map(|(reason, n)| format!("{n} {reason}"));
    let mut told: Vec<String> = reasons.collect();
    told.sort();
    told.push(format!("{} rows", run.out.len()));
    told.join(", ")
}

#[test]
fn a_client_loses_only_the_line_that_it_breaks_off() {
    let whole: &[u8] = b"{\"user\":\"a\",\"amount\":1}\n";
    let (first, second) = whole.split_at(9);
    assert_eq!(of_clients("", &[&[whole, first, second], &[first, second, whole]], 4), "4 rows");
    assert_eq!(of_clients("", &[&[whole, first], &[whole], &[first], &[b""]], 4), "2 cut, 2 rows");
    assert_eq!(of_clients("", &[&[b"\n\r\n  \n", whole]], 1), "1 rows");
    let csv = "format = \"csv\"\nheader = true\ntypes = { user = \"str\", amount = \"f64\" }";
    let told = of_clients(csv, &[&[b"user,amount\na,1\n\"b\n", b"c\",2\nd,"], &[b"amount,user\n1,a\n"]], 4);
    assert_eq!(told, "1 cut, 1 header, 2 rows");
}

#[test]
fn what_is_no_record_is_rejected_for_its_reason() {
    let lines: &[u8] =
        b"garbage\n{\"amount\":\"x\"}\n{\"user\":\"\xff\"}\n{\"user\":\"a\",\"user\":\"b\"}\n{}\n";
    assert_eq!(of_clients("", &[&[lines]], 5), "1 duplicate, 1 json, 1 type:amount, 1 utf8, 1 rows");
    let long = [&[b'x'; 300_000][..], b"\n{}\n"].concat();
    assert_eq!(
        of_clients("line_max = \"1KiB\"", &[&[&long[..100_000], &long[100_000..]]], 2),
        "1 too_long, 1 rows"
    );
    assert_eq!(of_clients("line_max = \"1KiB\"", &[&[&long[..100_000]]], 1), "1 cut, 0 rows");
}

/// More clients than may be: who has given nothing goes, who has given something stays.
#[test]
fn a_silent_client_goes_for_a_new_one() {
    let mut example = examples("ingest", "tcp").remove(0);
    example.params.insert("connections_max".into(), 4.into());
    let port = free_port();
    let case = case("ingest", "tcp", &example, "listen", &format!("127.0.0.1:{port}"));
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let mut true_one = connect(port);
    true_one.write_all(b"{}\n").unwrap();
    until(&mut run, 1);
    let mut silent: Vec<TcpStream> = (0..20)
        .map(|_| {
            let stream = connect(port);
            run.turn(0).unwrap();
            stream
        })
        .collect();
    silent[0].write_all(b"half a line").unwrap();
    let mut late = connect(port);
    late.write_all(b"{}\n").unwrap();
    until(&mut run, 2);
    true_one.write_all(b"{}\n").unwrap();
    until(&mut run, 3);
    let gone = silent.iter().filter(|stream| gone(stream)).count();
    assert!(gone >= 16, "they were cut off");
    assert!(run.desk.account().refused >= 16, "and counted");
}

/// Whether the other end has closed it, at once.
fn gone(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    !matches!(stream.peek(&mut [0; 1]), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock)
}

fn topology(source: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"feed\"\n{source}\ntypes = {{ n = \"i64\" }}\n[[stage]]\nname = \
         \"store\"\noperator = \"sqlite\"\nfrom = \"feed\"\npath = \"out.db\"\n"
    )
}

fn send(stream: &mut impl Write, numbers: std::ops::Range<u32>) {
    let lines: String = numbers.map(|n| format!("{{\"n\":{n}}}\n")).collect();
    stream.write_all(lines.as_bytes()).unwrap();
}

/// A source that is killed listens again, at a stale path too; what had come and was in no account is lost.
#[test]
fn a_killed_source_listens_again() {
    let room = Sandbox::new();
    let running = room.start(&topology("operator = \"unix\"\nlisten = \"feed.sock\""), &[]);
    let connect = || wait_for("a listener", || UnixStream::connect(room.path("feed.sock")).ok());
    let mut first = connect();
    send(&mut first, 0..1000);
    room.wait_worker("store", "has the first", |worker| worker["in"] == 1000);
    room.signal("feed", Signal::SIGKILL);
    assert_eq!(first.read(&mut [0; 1]).unwrap_or(0), 0, "the fault bites: the connection is gone");
    // What connects while the old process is dying may reach nobody.
    room.wait_worker("feed", "is there again", |worker| worker["restarts"] == 1);
    send(&mut connect(), 1000..2000);
    room.wait_worker("store", "has the rest", |worker| worker["in"] == 2000);
    assert_eq!(room.worker("feed").unwrap()["restarts"], 1);
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().status.code(), Some(0));
    let audit = room.audit();
    assert_eq!((&audit["records"]["stored"], &audit["records"]["lost"]), (&2000.into(), &0.into()));
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM feed"), 2000);
}

/// What a stop finds read goes its way; all that a source counts as read is stored.
#[test]
fn a_stop_in_the_middle_loses_nothing_that_was_read() {
    let room = Sandbox::new();
    let port = free_port();
    let source = format!("operator = \"tcp\"\nlisten = \"127.0.0.1:{port}\"\nbatch = {{ records_max = 10 }}");
    let running = room.start(&topology(&source), &[]);
    let mut stream = connect(port);
    let feeds = std::thread::spawn(move || {
        for from in (0..).step_by(1000) {
            let lines: String = (from..from + 1000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
            if stream.write_all(lines.as_bytes()).is_err() {
                return;
            }
        }
    });
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 5000);
    running.signal(Signal::SIGINT);
    let account = crate::run::last_line(&running.end());
    feeds.join().unwrap();
    let n = |key: &str| account["records"][key].as_u64().unwrap();
    assert_eq!((n("lost"), n("in")), (0, n("stored") + n("rejected")), "{account}");
    assert!(n("rejected") <= 1, "the line that was cut: {account}");
    let rows = room.query("out.db", "SELECT count(*) FROM feed") as u64;
    let last = room.query("out.db", "SELECT max(n) FROM feed") as u64;
    assert_eq!((rows, last), (n("stored"), n("stored") - 1), "none is missing before the last");
}

#[test]
fn a_server_is_connected_to_again_and_its_end_may_end_the_stream() {
    let room = Sandbox::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = free.local_addr().unwrap();
    drop(free);
    let running = room.start(&topology(&format!("operator = \"tcp\"\nconnect = \"{place}\"")), &[]);
    wait_for("the source to wait", || room.worker("feed").filter(|worker| worker["pid"] != 0));
    let listener = TcpListener::bind(place).unwrap();
    for part in 0..3 {
        send(&mut listener.accept().unwrap().0, part * 100..part * 100 + 100);
    }
    room.wait_worker("store", "has all", |worker| worker["in"] == 300);
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().status.code(), Some(0));

    let path = room.path("server.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let once = topology("operator = \"unix\"\nconnect = \"server.sock\"\nreconnect = false")
        .replace("out.db", "b.db");
    let running = room.start(&once, &[]);
    send(&mut listener.accept().unwrap().0, 0..100);
    assert_eq!(running.account()["records"]["stored"], 100);
    drop(listener);
    let failed = room.start(&once.replace("b.db", "c.db"), &[]).end();
    let told = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(
        told.contains("cannot connect to server.sock: connection refused (start what listens there"),
        "{told}"
    );
}

#[test]
fn datagrams_hold_several_lines_and_strange_ones_are_rejected() {
    let place = format!("127.0.0.1:{}", free_port());
    let example = examples("ingest", "udp").remove(0);
    let case = case("ingest", "udp", &example, "listen", &place);
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let many: String = (0..2500).map(|n| format!("{{\"value\":{n}}}\n")).collect();
    for datagram in [&many, "", "\n", "{\"value\":1", "{}\n{\"value\":true}\n{}"] {
        socket.send_to(datagram.as_bytes(), &place).unwrap();
    }
    until(&mut run, 2500 + 1 + 3);
    run.finish().unwrap();
    run.adds_up().unwrap();
    let rejected: BTreeSet<(String, u64)> = run.desk.account().rejected.iter().cloned().collect();
    assert_eq!(rejected, [("json".to_string(), 1), ("type:value".to_string(), 1)].into());
}

/// What the kernel had no room for SHALL be told, since no account has it.
#[test]
fn datagrams_that_found_no_room_are_told() {
    let room = Sandbox::new();
    let port = free_port();
    let source = format!("operator = \"udp\"\nlisten = \"127.0.0.1:{port}\"");
    let running = room.start(&topology(&source), &[]);
    room.wait_worker("feed", "is there", |worker| worker["pid"] != 0);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sent = std::cell::Cell::new(0);
    let send = |n: u32| {
        socket.send_to(format!("{{\"n\":{n}}}").as_bytes(), ("127.0.0.1", port)).unwrap();
        sent.set(sent.get() + 1);
    };
    wait_for("the source to listen", || {
        send(0);
        room.worker("store").filter(|worker| worker["in"] != 0)
    });
    room.signal("feed", Signal::SIGSTOP);
    (0..60_000).for_each(&send);
    room.signal("feed", Signal::SIGCONT);
    let logs = || text(&room.sluicebox(&["logs", "t.toml"]).stdout);
    // One that comes behind those that were dropped tells of them.
    wait_for("the warning", || {
        send(0);
        Some(()).filter(|()| logs().contains(" found no room"))
    });
    assert!(room.worker("feed").unwrap()["missed"].as_u64() > Some(0));
    let status = text(&room.sluicebox(&["status", "t.toml"]).stdout);
    assert!(status.lines().any(|line| line.starts_with("feed") && line.contains("missed ")), "{status}");
    // Nothing comes behind these: the system is asked for them.
    room.signal("feed", Signal::SIGSTOP);
    (0..60_000).for_each(&send);
    running.signal(Signal::SIGINT);
    room.signal("feed", Signal::SIGCONT);
    let account = crate::run::last_line(&running.end());
    let n = |key: &str| account["records"][key].as_u64().unwrap();
    assert_eq!(n("in"), n("stored"), "{account}");
    // What was sent before anybody listened went nowhere.
    let heard = n("in") + n("missed");
    assert!(heard <= sent.get() && heard > 120_000, "{} sent: {account}", sent.get());
}

#[test]
fn what_can_not_be_is_told_before_anything_starts() {
    let room = Sandbox::new();
    for (source, told) in [
        ("operator = \"tcp\"", "where are its records? Say \"listen\" or \"connect\""),
        ("operator = \"tcp\"\nlisten = \"127.0.0.1:1\"\nconnect = \"a:1\"", "it either listens or connects"),
        ("operator = \"tcp\"\nlisten = \"0.0.0.0:7000\"", "can be reached from other hosts"),
        ("operator = \"tcp\"\nlisten = \"127.0.0.1:1\"\nformat = \"xml\"", "unknown choice \"xml\""),
        ("operator = \"tcp\"\nlisten = \"127.0.0.1:1\"\nheader = true", "\"header\" is about CSV"),
        ("operator = \"unix\"\nlisten = \"\"", "the path names no socket"),
        (
            "operator = \"udp\"\nlisten = \"127.0.0.1:1\"\nformat = \"csv\"\nheader = true",
            "a datagram has no header",
        ),
        ("operator = \"udp\"", "\"listen\" is missing"),
    ] {
        room.write("t.toml", &topology(source));
        let failed = room.sluicebox(&["check", "t.toml"]);
        let said = text(&failed.stderr);
        assert!(failed.status.code() == Some(2) && said.contains(told), "{source}: {said}");
    }
    room.write(
        "t.toml",
        &topology("operator = \"tcp\"\nlisten = \"127.0.0.1:1\"").replace("types = { n = \"i64\" }", ""),
    );
    let said = text(&room.sluicebox(&["check", "t.toml"]).stderr);
    assert!(said.contains("nothing can be looked at before it comes"), "{said}");
}

#[test]
fn a_file_that_is_no_socket_is_told_before_anything_starts() {
    let room = Sandbox::new();
    room.write("feed.sock", "precious");
    room.write(
        "t.toml",
        "name = \"t\"\n[[stage]]\nname = \"feed\"\noperator = \"unix\"\nlisten = \"feed.sock\"\ntypes = { n = \
         \"i64\" }\n[[stage]]\nname = \"store\"\noperator = \"null\"\nfrom = \"feed\"\n",
    );
    let checked = room.sluicebox(&["check", "t.toml"]);
    let said = text(&checked.stderr);
    assert!(
        checked.status.code() == Some(2) && said.contains("a file that is no socket lies there"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(room.path("feed.sock")).unwrap(), "precious");
}
