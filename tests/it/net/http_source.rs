//! The source `http`: its page, what it answers, and what it must stand.

use super::{WATCHDOG, case, connect, examples, free_port, until};
use crate::drive::Run;
use crate::page::Rows;
use crate::pages::same;
use crate::run::{Sandbox, text, wait_for};
use flate2::Compression;
use flate2::write::GzEncoder;
use nix::sys::signal::Signal;
use serde_json::Value;
use sluicebox::operator::Account;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};

/// Status, head and body of an answer.
pub(super) type Answer = (u16, String, String);

/// Reads one answer.
pub(super) fn answer(stream: &mut TcpStream) -> Option<Answer> {
    stream.set_read_timeout(Some(WATCHDOG)).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((status, head, String::from_utf8(body).unwrap()))
}

/// A POST with more fields.
pub(super) fn post(path: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{more}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(super) fn of_type(content: &str, body: &str) -> Vec<u8> {
    post("/", &format!("Content-Type: {content}\r\n"), body.as_bytes())
}

/// Sends requests over one connection, one after the answer to the other, from another thread.
pub(super) fn client(port: u16, requests: Vec<Vec<u8>>) -> Receiver<Vec<Option<Answer>>> {
    let (done, answers) = channel();
    std::thread::spawn(move || {
        let mut stream = connect(port);
        let ask = |request: Vec<u8>| {
            // It may be refused before all of it was sent.
            let _ = stream.write_all(&request);
            answer(&mut stream)
        };
        done.send(requests.into_iter().map(ask).collect()).unwrap();
    });
    answers
}

/// Runs the source until the answers are there.
pub(super) fn serve(run: &mut Run<'_>, answers: &Receiver<Vec<Option<Answer>>>) -> Vec<Option<Answer>> {
    wait_for("the answers", || {
        run.drain(1000, 1).unwrap();
        answers.try_recv().ok()
    })
}

/// What the source of the page, with more parameters, answers to requests on one connection, and its account.
pub(super) fn asked(more: &str, requests: Vec<Vec<u8>>) -> (Vec<Option<Answer>>, u64, usize) {
    let (answers, account, rows) = answered(more, requests, 0);
    (answers, account.done, rows)
}

/// The answers, the account when so many are counted as refused, and how many rows there are.
pub(super) fn answered(
    more: &str,
    requests: Vec<Vec<u8>>,
    refused: u64,
) -> (Vec<Option<Answer>>, Account, usize) {
    let mut example = examples("ingest", "http").remove(0);
    example.params.remove("path");
    example.params.extend(more.parse::<toml::Table>().unwrap());
    let port = free_port();
    let case = case("ingest", "http", &example, "listen", &format!("127.0.0.1:{port}"));
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let answers = serve(&mut run, &client(port, requests));
    wait_for("what was refused to be counted", || {
        run.drain(1000, 1).unwrap();
        (run.desk.account().refused >= refused).then_some(())
    });
    run.finish().unwrap();
    run.adds_up().unwrap();
    (answers, run.desk.account().clone(), run.out.len())
}

/// The body of one answer, with its status.
pub(super) fn one(more: &str, request: Vec<u8>) -> (u16, Value) {
    let (mut answers, ..) = asked(more, vec![request]);
    let (status, _, body) = answers.remove(0).expect("an answer");
    (status, serde_json::from_str(&body).unwrap())
}

#[test]
fn the_page_holds() {
    let example = examples("ingest", "http").remove(0);
    let port = free_port();
    let case = case("ingest", "http", &example, "listen", &format!("127.0.0.1:{port}"));
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    let said = &example.file.as_ref().unwrap().text;
    let request =
        post(case.params["path"].as_str().unwrap(), "Content-Type: application/json\r\n", said.as_bytes());
    let answers = serve(&mut run, &client(port, vec![request]));
    let (status, _, body) = answers[0].clone().unwrap();
    assert_eq!((status, body.trim()), (200, "{\"accepted\":2,\"rejected\":[]}"));
    until(&mut run, 2);
    run.finish().unwrap();
    let out = Rows { schema: case.planned.output.clone(), batch: std::mem::take(&mut run.out) };
    same(&example.output, &out, "comes out").unwrap();
}

#[test]
fn bodies_of_every_kind_are_read_over_one_connection() {
    let gzip = |body: &str| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let chunked =
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: \
                    chunked\r\n\r\n5\r\n{\"amo\r\nB\r\nunt\":1}\n{}\n\r\n0\r\n\r\n";
    let many: String = (0..2500).map(|n| format!("{{\"amount\":{n}}}\n")).collect();
    let requests = vec![
        of_type("application/json", "{\"user\":\"a\"}"),
        of_type("application/json", "[\n {\"user\":\n\"a\"},\n {}\n]\n"),
        of_type("application/x-ndjson", "{}\n\n{}\n{}"),
        of_type("text/csv", "a,1\nb,2\n"),
        post("/", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", &gzip("[{},{}]")),
        chunked.to_vec(),
        of_type("application/x-ndjson", &many),
        of_type("application/json", "[]"),
        of_type("application/json", ""),
        of_type("application/json", "{}{} {\n}\n{}"),
        post("/", "Content-Type: application/json\r\nExpect: 100-continue\r\n", b"{}"),
    ];
    let (answers, read, rows) = asked("", requests);
    let accepted: Vec<u64> = answers[..10]
        .iter()
        .map(|answer| {
            let (status, _, body) = answer.as_ref().unwrap();
            assert_eq!(*status, 200, "{body}");
            serde_json::from_str::<Value>(body).unwrap()["accepted"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(accepted, [1, 2, 3, 2, 2, 2, 2500, 0, 0, 4]);
    assert_eq!(answers[10].as_ref().unwrap().0, 100, "it is told to go on");
    assert_eq!((read, rows), (2517, 2517));
}

#[test]
fn what_is_refused_is_told_and_no_record_of_it_counts() {
    let bomb = {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        (0..100).for_each(|_| packed.write_all(&[b' '; 1 << 20]).unwrap());
        packed.finish().unwrap()
    };
    let json = "Content-Type: application/json\r\n";
    let gzip = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    let table: Vec<(Vec<u8>, u16)> = vec![
        (post("/", "Content-Type: text/plain\r\n", b"{}"), 403),
        (post("/", "Content-Type: application/x-www-form-urlencoded\r\n", b"a=1"), 403),
        (post("/", &format!("{json}Origin: https://evil.example\r\n"), b"{}"), 403),
        (post("/", &format!("{json}Sec-Fetch-Site: cross-site\r\n"), b"{}"), 403),
        (post("/other", json, b"{}"), 404),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), 405),
        (b"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}".to_vec(), 403),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_vec(), 400),
        (post("/", "Content-Type: application/xml\r\n", b"<a/>"), 415),
        (post("/", json, b"[{}"), 400),
        (post("/", json, &[b' '; 2000]), 413),
        (post("/", gzip, &bomb[..1000]), 413),
        (post("/", gzip, b"no gzip"), 400),
        (post("/", gzip, &bomb[..20]), 400),
        ([&b"POST /"[..], &[b'x'; 1 << 20], b" HTTP/1.1\r\n\r\n"].concat(), 0),
        (format!("POST / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(10_000)).into_bytes(), 0),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: \
           application/json\r\n\r\nzz\r\n"
                .to_vec(),
            400,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
                .to_vec(),
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}".to_vec(), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 0),
        (b"hello\r\n\r\n".to_vec(), 400),
    ];
    for (request, expected) in table {
        let shown = text(&request[..request.len().min(120)]);
        let (answers, account, _) = answered("body_max = \"1kB\"", vec![request], 1);
        let status = answers[0].as_ref().map_or(0, |(status, ..)| *status);
        // Where a connection may be cut off without a word, any refusal will do.
        let fits =
            if expected == 0 { status == 0 || (400..500).contains(&status) } else { status == expected };
        assert!(fits, "{status} for {expected}: {shown}");
        assert_eq!((account.done, account.refused), (0, 1), "{shown}");
    }
}

#[test]
fn a_token_is_asked_for_and_told_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let write = |mode| {
        std::fs::write(&file, "s3cret\n").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    write(0o600);
    let more = format!("token_file = {file:?}");
    let with = |token: &str| post("/", &format!("Content-Type: application/json\r\n{token}"), b"{}");
    assert_eq!(one(&more, with("")).0, 403);
    let (status, told) = one(&more, with("Authorization: Bearer s3cre\r\n"));
    assert!(status == 403 && !told.to_string().contains("s3cret"), "{told}");
    assert_eq!(one(&more, with("Authorization: Bearer s3cret\r\n")).0, 200);
    write(0o644);
    let room = Sandbox::new();
    room.write("t.toml", &topology(free_port(), &more));
    let failed = room.sluicebox(&["run", "t.toml"]);
    let said = text(&failed.stderr);
    assert!(failed.status.code() == Some(2) && said.contains("others may read it"), "{said}");
    for (more, told) in [
        ("expose = true", ""),
        ("token_file = \"gone\"", "(is \"token_file\" right?)"),
        ("path = \"orders\"", "is not a path of a URL"),
        ("listen = \"0.0.0.0:8080\"", "can be reached from other hosts"),
        ("listen = \"0.0.0.0:8080\"\nexpose = true", "needs a token"),
    ] {
        let topology = topology(free_port(), more);
        let topology = if more.contains("listen") { without_listen(&topology) } else { topology };
        room.write("t.toml", &topology);
        let checked = room.sluicebox(&["check", "t.toml"]);
        let said = text(&checked.stderr);
        assert_eq!(checked.status.code(), Some(if told.is_empty() { 0 } else { 2 }), "{said}");
        assert!(if told.is_empty() { said.is_empty() } else { said.contains(told) }, "{said}");
    }
}

pub(super) fn topology(port: u16, more: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"feed\"\noperator = \"http\"\nlisten = \"127.0.0.1:{port}\"\ntypes = {{ n = \
         \"i64\" }}\n{more}\n[[stage]]\nname = \"store\"\noperator = \"sqlite\"\nfrom = \"feed\"\npath = \"out.db\"\n"
    )
}

fn without_listen(topology: &str) -> String {
    topology
        .lines()
        .filter(|line| !line.starts_with("listen = \"127"))
        .map(|line| format!("{line}\n"))
        .collect()
}

pub(super) fn numbers(range: std::ops::Range<u32>) -> Vec<u8> {
    let lines: String = range.map(|n| format!("{{\"n\":{n}}}\n")).collect();
    of_type("application/x-ndjson", &lines)
}

/// While the stream is held up a post SHALL be answered 429 with Retry-After, and count nothing; what was taken before
/// is answered when it goes on.
#[test]
fn a_stream_that_is_held_up_says_so() {
    let room = Sandbox::new();
    let port = free_port();
    let running = room.start(&topology(port, ""), &[]);
    drop(connect(port));
    room.wait_worker("store", "is there", |worker| worker["pid"] != 0);
    room.signal("store", Signal::SIGSTOP);
    let (tell, answers) = channel();
    let post = |from: u32| {
        let tell = tell.clone();
        std::thread::spawn(move || {
            let mut stream = connect(port);
            stream.write_all(&numbers(from..from + 20_000)).unwrap();
            tell.send(answer(&mut stream).unwrap()).unwrap();
        });
    };
    (0..20).for_each(|n| post(n * 20_000));
    let mut all = Vec::new();
    let (_, head, _) = loop {
        let answer: Answer = answers.recv_timeout(WATCHDOG).unwrap();
        all.push(answer.clone());
        if answer.0 != 200 {
            break answer;
        }
    };
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    assert!(head.to_ascii_lowercase().contains("retry-after: 1\r\n"), "{head}");
    room.signal("store", Signal::SIGCONT);
    all.extend((all.len()..20).map(|_| answers.recv_timeout(WATCHDOG).unwrap()));
    post(400_000);
    all.push(answers.recv_timeout(WATCHDOG).unwrap());
    assert_eq!(all.last().unwrap().0, 200, "it goes on");
    assert!(all.iter().all(|(status, ..)| [200, 429].contains(status)), "{all:?}");
    let taken = all.iter().filter(|(status, ..)| *status == 200).count();
    running.signal(Signal::SIGINT);
    let account = crate::run::last_line(&running.end());
    assert_eq!(account["records"]["stored"], 20_000 * taken, "{account}");
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM feed"), 20_000 * taken as i64);
}

/// 200 SHALL mean that it is in the account: what was answered so is stored, whenever the source is killed.
#[test]
fn what_was_answered_well_outlives_a_kill() {
    let room = Sandbox::new();
    let port = free_port();
    let running = room.start(&topology(port, ""), &[]);
    let mut promised = Vec::new();
    let mut from = 0;
    for round in 0..3 {
        let restarts = round;
        room.wait_worker("feed", "is there", |worker| worker["restarts"] == restarts);
        let mut stream = connect(port);
        while promised.len() < (round + 1) * 5 {
            stream.write_all(&numbers(from..from + 100)).unwrap();
            let (status, ..) = answer(&mut stream).unwrap();
            assert_eq!(status, 200);
            promised.push(from);
            from += 100;
        }
        stream.write_all(&numbers(from..from + 100)).unwrap();
        room.signal("feed", Signal::SIGKILL);
        if answer(&mut stream).is_some_and(|(status, ..)| status == 200) {
            promised.push(from);
        }
        from += 100;
    }
    room.wait_worker("feed", "is there", |worker| worker["restarts"] == 3);
    running.signal(Signal::SIGINT);
    assert_eq!(running.end().status.code(), Some(0));
    let audit = room.audit();
    assert_eq!(
        audit["records"]["in"],
        audit["records"]["stored"].as_u64().unwrap() + audit["records"]["lost"].as_u64().unwrap()
    );
    for from in promised {
        let there = room.query(
            "out.db",
            &format!("SELECT count(DISTINCT n) FROM feed WHERE n BETWEEN {from} AND {}", from + 99),
        );
        assert_eq!(there, 100, "those from {from} on were promised: {audit}");
    }
}
