//! Sources and sinks at sockets: their pages, with a peer at the other end, and what peers may do to them.

mod attackers;
mod hostile;
mod http_bounds;
mod http_sink;
mod http_slow;
mod http_source;
mod messages;
mod rejects;
mod scarce;
mod sinks;
mod smuggled;
mod streams;
mod syslog;

use crate::case::Case;
use crate::drive::Run;
use crate::page::{self, Example, Rows};
use crate::pages::same;
use crate::run::wait_for;
use sluicebox::registry;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// Nobody waits longer than this for a peer.
const WATCHDOG: Duration = Duration::from_secs(60);

/// The examples of an operator's page.
fn examples(room: &str, name: &str) -> Vec<Example> {
    let (_, spec) = registry::all().find(|(of, spec)| *of == room && spec.name == name).unwrap();
    page::examples(spec).unwrap()
}

/// An example of a page, with one parameter changed.
fn case(room: &str, name: &str, example: &Example, key: &str, value: &str) -> Case {
    let (_, spec) = registry::all().find(|(of, spec)| *of == room && spec.name == name).unwrap();
    let mut example = example.clone();
    example.params.insert(key.to_string(), value.into());
    Case::plan(room, spec, &example).unwrap()
}

/// Accepts one connection and reads it to its end.
fn reader<S: Read + Send + 'static>(accept: impl FnOnce() -> S + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        accept().read_to_string(&mut text).unwrap();
        text
    })
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Connects as soon as somebody listens there.
fn connect(port: u16) -> TcpStream {
    let stream = wait_for("a listener", || TcpStream::connect(("127.0.0.1", port)).ok());
    stream.set_read_timeout(Some(WATCHDOG)).unwrap();
    stream
}

/// Calls a source until so many records have come of it, or were rejected.
fn until(run: &mut Run<'_>, records: u64) {
    wait_for(&format!("{records} records"), || {
        run.drain(1000, 1).unwrap();
        (run.desk.account().done >= records).then_some(())
    });
    assert_eq!(run.desk.account().done, records);
}

/// A source at a socket gives what its page says, when `send` sends what stands there.
fn page_holds(name: &str, example: &Example, key: &str, value: &str, send: impl FnOnce(&str)) {
    let case = case("ingest", name, example, key, value);
    let mut run = case.start().unwrap();
    run.turn(0).unwrap();
    send(&example.file.as_ref().unwrap().text);
    until(&mut run, example.output.batch.len() as u64);
    run.finish().unwrap();
    run.adds_up().unwrap();
    let out = Rows { schema: case.planned.output.clone(), batch: std::mem::take(&mut run.out) };
    same(&example.output, &out, "comes out").unwrap();
}
