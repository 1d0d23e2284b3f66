//! The sink `http`: what a server gets, and what becomes of records that it does not want.

use super::{WATCHDOG, case, examples};
use crate::run::{Sandbox, last_line, text, three};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// A request: its head, and its body.
type Request = (String, String);

/// Reads one request of a connection.
fn request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let field = |name: &str| {
        head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix(name).map(|value| value.trim().to_string())
        })
    };
    let length: usize = field("content-length:")?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

/// A server that answers what `answers` says of the n-th request, from 0; the requests come out as they are answered.
fn server(answers: impl Fn(usize, &Request) -> String + Send + 'static) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    let (tell, requests) = channel();
    std::thread::spawn(move || {
        let mut n = 0;
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(WATCHDOG)).unwrap();
            let mut stream = BufReader::new(stream);
            while let Some(request) = request(&mut stream) {
                let answer = answers(n, &request);
                n += 1;
                if tell.send(request).is_err() || stream.get_mut().write_all(answer.as_bytes()).is_err() {
                    return;
                }
                if answer.is_empty() {
                    break;
                }
            }
        }
    });
    (url, requests)
}

fn status(code: u16, more: &str) -> String {
    format!("HTTP/1.1 {code} Said\r\nContent-Length: 5\r\n{more}\r\nhello")
}

#[test]
fn the_page_holds_in_each_format() {
    for (format, content, body) in [
        ("jsonl", "application/x-ndjson", None),
        ("json", "application/json", Some("[{\"id\":1,\"name\":\"ann\"},{\"id\":2,\"name\":null}]")),
        ("csv", "text/csv; header=present", Some("id,name\n1,ann\n2,\n")),
    ] {
        let mut example = examples("storage", "http").remove(0);
        example.params.insert("format".into(), format.into());
        example.params.insert(
            "headers".into(),
            toml::Table::from_iter([("X-Source".to_string(), "shop".into())]).into(),
        );
        let (url, requests) =
            server(|_, _| status(204, "").replace("Content-Length: 5", "X: y").replace("hello", ""));
        let case = case("storage", "http", &example, "url", &url);
        let mut run = case.start().unwrap();
        for (inlet, from, to) in example.turns() {
            run.feed(inlet, &example.inputs[inlet].rows.batch, from, to).unwrap();
        }
        run.finish().unwrap();
        let (head, got) = requests.recv_timeout(WATCHDOG).unwrap();
        let stored = example.stored.as_ref().unwrap().text.clone() + "\n";
        assert_eq!(got, body.unwrap_or(&stored));
        let head = head.to_ascii_lowercase();
        assert!(
            head.starts_with("post /orders http/1.1\r\n") && head.contains("x-source: shop\r\n"),
            "{head}"
        );
        assert!(head.contains(&format!("content-type: {content}\r\n")), "{head}");
        assert!(requests.try_recv().is_err(), "one body");
    }
}

/// Numbers into a server; what is rejected goes to a file.
fn into(url: &str, more: &str) -> String {
    let sink =
        three("", more).replace("sqlite", "http").replace("path = \"out.db\"", &format!("url = {url:?}"));
    sink.replace("where = \"x % 2 = 0\"", "where = \"x >= 0\"")
        + "[[stage]]\nname = \"bad\"\noperator = \"jsonl\"\nfrom = \"store/rejected\"\npath = \"bad.jsonl\"\n"
}

fn run(topology: &str, rows: usize) -> (Sandbox, Option<i32>, Value, String) {
    let room = Sandbox::new();
    room.numbers("n.csv", rows);
    let output = room.start(topology, &[]).end();
    let told = text(&output.stderr);
    let account = if output.stdout.is_empty() { Value::Null } else { last_line(&output) };
    (room, output.status.code(), account, told)
}

/// A server that is busy, breaks off or asks for time SHALL be tried again, and get every record.
#[test]
fn what_can_be_mended_is_tried_again() {
    let (url, requests) = server(|n, _| match n {
        0 => status(503, ""),
        1 => status(429, "Retry-After: 0\r\n"),
        2 => String::new(),
        3 => status(408, ""),
        _ => status(200, ""),
    });
    let (_, code, account, told) = run(&into(&url, ""), 100);
    assert_eq!((code, &account["records"]["stored"]), (Some(0), &100.into()), "{told}");
    let bodies: Vec<String> = requests.try_iter().map(|(_, body)| body).collect();
    assert!(bodies.len() >= 5 && bodies[..5].iter().all(|body| *body == bodies[0]), "the same comes again");
    let got: usize = bodies[4..].iter().map(|body| body.lines().count()).sum();
    assert_eq!(got, 100);
}

/// What the server refuses is rejected under its status; what is too much is posted in halves.
#[test]
fn what_the_server_refuses_is_rejected() {
    let (url, _requests) = server(|_, (_, body)| match body.lines().count() {
        ..=10 if body.contains("\"n\":13,") => status(400, ""),
        ..=10 => status(200, ""),
        _ => status(413, ""),
    });
    let (room, code, account, told) = run(&into(&url, "max_rejects = \"100%\""), 100);
    assert_eq!(code, Some(0), "{told}");
    let bad = std::fs::read_to_string(room.path("bad.jsonl")).unwrap();
    let rejected = bad.lines().count() as u64;
    assert!((1..=10).contains(&rejected) && bad.lines().all(|line| line.contains("http:400")), "{bad}");
    assert!(bad.contains("\\\"n\\\":13"), "{bad}");
    // Those that were rejected are stored by another sink.
    assert_eq!(
        (&account["records"]["stored"], &account["records"]["rejected"]),
        (&100.into(), &rejected.into())
    );
}

#[test]
fn what_patience_can_not_mend_is_rejected_and_told() {
    let (url, _requests) = server(|_, _| status(503, ""));
    let (_, code, account, told) = run(&into(&url, "patience = \"50ms\""), 100);
    assert_eq!((code, &account["records"]["rejected"]), (Some(1), &100.into()), "{told}");
    let expected = format!(
        "100 http:503; {url} says: hello), more than the 1 % that max_rejects allows: see what ails it"
    );
    assert!(told.contains(&expected), "{told}");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{gone}/");
    let (_, code, _, told) = run(&into(&url, "patience = \"50ms\""), 100);
    assert!(code == Some(1) && told.contains("100 unreached; "), "{told}");
    assert!(
        told.contains("connection refused") && told.contains("start the server, or raise patience"),
        "{told}"
    );
    let (url, requests) = server(|_, _| status(301, "Location: http://127.0.0.1:1/\r\n"));
    let (_, code, _, told) = run(&into(&url, ""), 100);
    assert!(
        code == Some(1) && told.contains("http:301") && told.contains("redirects are not followed"),
        "{told}"
    );
    assert_eq!(requests.try_iter().count(), 1, "nothing follows, nothing is tried again");
}

#[test]
fn a_token_is_sent_and_told_to_nobody() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("token", "s3cret\n");
    let (url, requests) = server(|_, _| status(401, "").replace("hello", "who? "));
    let topology = into(&format!("{url}?key=pa55"), "token_file = \"token\"");
    std::fs::set_permissions(room.path("token"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let output = room.start(&topology, &[]).end();
    let (head, _) = requests.recv_timeout(WATCHDOG).unwrap();
    assert!(head.to_ascii_lowercase().contains("authorization: bearer s3cret\r\n"), "{head}");
    let logs = text(&room.sluicebox(&["logs", "t.toml"]).stdout);
    let said = text(&output.stderr) + &text(&output.stdout) + &logs;
    assert!(said.contains("see what it wants in token_file or headers"), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("pa55"), "{said}");
    std::fs::set_permissions(room.path("token"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .unwrap();
    let refused = room.start(&topology, &[]).end();
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("others may read it"), "{}", text(&refused.stderr));
}

#[test]
fn what_can_not_be_posted_to_is_told_before_anything_starts() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    for (url, more, told) in [
        ("example.org", "", "is not a URL, such as"),
        ("ftp://example.org/", "", "is not a URL"),
        ("http://ann:s3cret@example.org/", "", "a URL with a user in it would be seen by all"),
        ("http://localhost/", "headers = { Authorization = \"x\" }", "is not for a topology to say"),
        ("http://localhost/", "headers = { \"a b\" = \"x\" }", "is no name of a header field"),
        ("http://localhost/", "headers = { a = \"x\\ny\" }", "must be ASCII text on one line"),
    ] {
        room.write("t.toml", &into(url, more));
        let failed = room.sluicebox(&["check", "t.toml"]);
        let said = text(&failed.stderr);
        assert!(failed.status.code() == Some(2) && said.contains(told), "{url} {more}: {said}");
        assert!(!said.contains("s3cret@") || url.contains("ann"), "{said}");
    }
}

/// A server of HTTPS that tells its port, and keeps what it gets.
const SERVER: &str = r#"
import ssl, http.server as h
class H(h.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        open('got', 'ab').write(self.rfile.read(int(self.headers['Content-Length'])))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *a):
        pass
s = h.HTTPServer(('127.0.0.1', 0), H)
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain('s.pem', 's.key')
s.socket = c.wrap_socket(s.socket, server_side=True)
print(s.server_port, flush=True)
s.serve_forever()
"#;

/// HTTPS SHALL be checked against the certificates that the system trusts.
#[test]
fn https_is_spoken_with_who_can_be_trusted() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let folder = room.path("");
    let openssl = |args: &str| {
        let args = args.split(' ');
        Command::new("openssl")
            .args(args)
            .current_dir(&folder)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    };
    room.write("san", "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
    let made = openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2",
    ) && openssl(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.csr -subj /CN=localhost",
    ) && openssl(
        "x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out s.pem -days 2 -extfile san",
    );
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !made || !python.is_ok_and(|it| it.success()) {
        eprintln!("SKIPPED: openssl or python3 is not there, which make a server of HTTPS");
        return;
    }
    let mut server = Command::new("python3");
    server.args(["-c", SERVER]).current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let server = crate::run::Running::of(server);
    let topology = into(&format!("https://localhost:{}/", port.trim()), "patience = \"1s\"");
    room.write("t.toml", &topology);
    let with = |certificates: Option<&Path>| {
        let mut command = room.command(&["run", "t.toml", "--json"]);
        certificates.map(|path| command.env("SSL_CERT_FILE", path));
        crate::run::Running::of(command.spawn().unwrap()).end()
    };
    let strange = with(None);
    let told = text(&strange.stderr);
    assert!(
        strange.status.code() == Some(1) && told.contains("its certificate or its TLS is wrong"),
        "{told}"
    );
    // What was rejected lies there, and would be refused.
    std::fs::remove_file(room.path("bad.jsonl")).unwrap();
    let known = with(Some(&room.path("ca.pem")));
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stderr));
    assert_eq!(std::fs::read_to_string(room.path("got")).unwrap().lines().count(), 10);
    drop(server);
}
