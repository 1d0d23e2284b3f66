//! Sources and sinks at sockets: their pages, with a peer at the other end, and what peers may do to them.

mod messages;
mod sinks;

use crate::case::Case;
use crate::page::{self, Example};
use sluicebox::registry;
use std::io::Read;
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
