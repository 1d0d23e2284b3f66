//! What sources at sockets reject, kept in a file.

use super::http_source::{client, of_type, serve};
use super::{case, connect, examples, free_port, until};
use crate::drive::Run;
use crate::run::{Sandbox, last_line, text, wait_for};
use nix::sys::signal::Signal;
use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::path::Path;

const HEAD: &str = "reason,record,file,text\n";

/// What a source has kept of one record, with one parameter more, when `send` has sent it.
fn kept(name: &str, (key, value): (&str, &str), more: &str, send: impl FnOnce(&mut Run<'_>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.csv");
    let mut example = examples("ingest", name).remove(0);
    // A path of a URL is no file of the test's.
    example.params.remove("path");
    example.params.insert("rejects".into(), path.to_str().unwrap().into());
    example.params.extend(more.parse::<toml::Table>().unwrap());
    let case = case("ingest", name, &example, key, value);
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    send(&mut run);
    until(&mut run, 1);
    run.finish().unwrap();
    // The file is whole when the source is gone.
    drop(run);
    let kept = fs::read_to_string(path).unwrap();
    kept.strip_prefix(HEAD).expect("it begins with its columns").to_string()
}

#[test]
fn every_source_of_texts_keeps_them_with_their_reason_and_their_peer() {
    let port = free_port();
    let at = format!("127.0.0.1:{port}");
    let listen = ("listen", at.as_str());
    let here = RefCell::new(String::new());
    let tell = |text: &str| {
        let mut stream = connect(port);
        here.replace(stream.local_addr().unwrap().to_string());
        stream.write_all(text.as_bytes()).unwrap();
    };
    let of_tcp = kept("tcp", listen, "", |_| tell("{\"amount\":\"x\"}\n"));
    let of_syslog = kept("syslog", listen, "transport = \"tcp\"", |_| tell("hello\n"));
    assert_eq!(of_syslog, format!("pri,1,{},hello\n", here.borrow()));
    assert!(of_tcp.starts_with("type:amount,1,127.0.0.1:"), "{of_tcp}");
    assert!(of_tcp.ends_with(",\"{\"\"amount\"\":\"\"x\"\"}\"\n"), "{of_tcp}");
    let cut = kept("tcp", listen, "", |_| tell("{\"us"));
    assert!(cut.starts_with("cut,1,127.0.0.1:") && cut.ends_with(",\"{\"\"us\"\n"), "{cut}");

    let send = |text: &str| {
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(text.as_bytes(), &at).unwrap();
    };
    assert_eq!(kept("udp", listen, "", |_| send("x")), "json,1,,x\n");
    assert_eq!(kept("syslog", listen, "", |_| send("x")), "pri,1,,x\n");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.sock");
    let listen_there = ("listen", path.to_str().unwrap());
    let of_unix = kept("unix", listen_there, "", |_| {
        UnixStream::connect(&path).unwrap().write_all(b"x\n").unwrap();
    });
    assert_eq!(of_unix, "json,1,,x\n");

    let post = |content: &str, body: &str| {
        let request = of_type(content, body);
        kept("http", listen, "", |run| drop(serve(run, &client(port, vec![request]))))
    };
    assert_eq!(post("application/json", "[7]"), "json,1,,7\n");
    assert_eq!(post("text/csv", "a\n"), "fields,1,,a\n");

    let endpoint = format!("ipc://{}", folder.path().join("in.ipc").display());
    let of_zmq = kept("zmq", ("bind", &endpoint), "", |_| {
        let push = zmq::Context::new().socket(zmq::PUSH).unwrap();
        push.connect(&endpoint).unwrap();
        push.send("x", 0).unwrap();
    });
    assert_eq!(of_zmq, "json,1,,x\n");
}

fn topology(source: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"feed\"\ntypes = {{ n = \"i64\" }}\nmax_rejects = \"100%\"\nrejects = \
         \"bad.csv\"\n{source}\n[[stage]]\nname = \"store\"\noperator = \"null\"\nfrom = \"feed\"\n"
    )
}

fn line_of(path: &Path, text: &str) -> Option<()> {
    fs::read_to_string(path).ok().filter(|kept| kept.contains(text)).map(drop)
}

/// The next process of a source that was killed goes on with its file; a new run begins it anew.
#[test]
fn a_killed_source_goes_on_with_its_file() {
    let room = Sandbox::new();
    let port = free_port();
    let topology = topology(&format!("operator = \"tcp\"\nlisten = \"127.0.0.1:{port}\""));
    fs::write(room.path("bad.csv"), "of a run before\n").unwrap();
    let running = room.start(&topology, &[]);
    let mut stream = connect(port);
    stream.write_all(b"first\n").unwrap();
    wait_for("the first", || line_of(&room.path("bad.csv"), "first"));
    room.wait_worker("feed", "has told of it", |worker| worker["rejected"]["json"] == 1);
    room.signal("feed", Signal::SIGKILL);
    room.wait_worker("feed", "is there again", |worker| {
        worker["restarts"] == 1 && worker["state"] == "running"
    });
    wait_for("the second", || {
        let _ = connect(port).write_all(b"second\n");
        line_of(&room.path("bad.csv"), "second")
    });
    running.signal(Signal::SIGINT);
    let account = last_line(&running.end());
    let kept = fs::read_to_string(room.path("bad.csv")).unwrap();
    assert_eq!(kept.matches("first").count(), 1, "{kept}");
    assert!(kept.starts_with(HEAD) && kept.matches(HEAD).count() == 1, "{kept}");
    let rows = kept.lines().count() as u64 - 1;
    assert_eq!(account["records"]["rejected"].as_u64(), Some(rows), "{account}");
}

#[test]
fn one_worker_fills_a_file() {
    let room = Sandbox::new();
    room.write("t.toml", &topology("operator = \"zmq\"\nconnect = \"ipc://out.ipc\"\nworkers = 2"));
    let failed = room.sluicebox(&["check", "t.toml"]);
    let said = text(&failed.stderr);
    assert!(failed.status.code() == Some(2) && said.contains("one file of rejects"), "{said}");
    room.write("t.toml", &topology("operator = \"udp\"\nlisten = \"127.0.0.1:1\"\nrejects_max = 0"));
    let said = text(&room.sluicebox(&["check", "t.toml"]).stderr);
    assert!(said.contains("rejects_max"), "{said}");
}
