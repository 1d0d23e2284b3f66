//! The sinks `jsonl` and `csv` on pipes and on standard output: back-pressure, and readers that go away.

use super::{Folder, Sink, look, numbers, numbers_input, once_it_waits, plan};
use nix::sys::stat::Mode;
use sluicebox::operator::{Account, Planned};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

fn fifo(folder: &Folder) -> String {
    let path = folder.path("pipe");
    nix::unistd::mkfifo(path.as_str(), Mode::S_IRWXU).unwrap();
    path
}

fn sink(path: &str, more: &str) -> Planned {
    plan("csv", &format!("path = {path:?}\n{more}"), &[numbers_input("clean")]).unwrap()
}

#[test]
fn a_slow_reader_slows_the_writer_and_loses_nothing() {
    let folder = Folder::new();
    let path = fifo(&folder);
    let planned = sink(&path, "");
    look(&planned).unwrap();
    // Nobody reads it yet: opening waits too.
    let (mut sink, mut reader) = once_it_waits(|| File::open(&path).unwrap(), || Sink::fresh(&planned));
    let (tell, told) = std::sync::mpsc::channel();
    let read = move || {
        let mut all = String::new();
        // Only once the writer is stuck in front of a full pipe.
        reader.read_to_string(&mut all).unwrap();
        tell.send(all).unwrap();
    };
    std::thread::scope(|scope| {
        let (put, _) = once_it_waits(|| scope.spawn(read), || sink.call(0, &mut numbers(0..100_000)));
        put.unwrap();
        assert_eq!(sink.published.done, 100_000);
        sink.finish().unwrap();
        drop(sink);
    });
    let lines: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    assert_eq!(told.recv().unwrap(), format!("n\n{}\n", lines.join("\n")));
}

#[test]
fn a_pipe_that_nobody_reads_is_told() {
    let folder = Folder::new();
    let path = fifo(&folder);
    let hasty = sink(&path, "patience = \"20ms\"");
    let told = Sink::start(&hasty, "run-1", &Account::default()).err().unwrap().sentence;
    assert!(told.starts_with(&format!("cannot write to {path}: nobody reads it (")), "{told}");

    let (mut sink, reader) = once_it_waits(|| File::open(&path).unwrap(), || Sink::fresh(&sink(&path, "")));
    drop(reader);
    let told = sink.call(0, &mut numbers(0..1)).unwrap_err().sentence;
    assert!(told.starts_with(&format!("cannot write to {path}: its reader went away (")), "{told}");
    assert_eq!(sink.published.done, 0);
}

#[test]
fn a_restart_does_not_repeat_the_header_of_a_pipe() {
    let folder = Folder::new();
    let path = fifo(&folder);
    let planned = sink(&path, "");
    let (mut first, mut reader) = once_it_waits(|| File::open(&path).unwrap(), || Sink::fresh(&planned));
    first.call(0, &mut numbers(0..2)).unwrap();
    let published = first.published.clone();
    drop(first);
    let mut second = Sink::start(&planned, "run-1", &published).unwrap();
    second.call(0, &mut numbers(2..3)).unwrap();
    drop(second);
    let mut all = String::new();
    reader.read_to_string(&mut all).unwrap();
    assert_eq!(all, "n\n0\n1\n2\n");
}

#[test]
fn a_device_is_written_to_and_a_full_one_told() {
    let mut sink = Sink::fresh(&self::sink("/dev/null", ""));
    sink.call(0, &mut numbers(0..1000)).unwrap();
    sink.finish().unwrap();
    let mut sink = Sink::fresh(&self::sink("/dev/full", "patience = \"20ms\""));
    let told = sink.call(0, &mut numbers(0..1)).unwrap_err().sentence;
    assert!(told.starts_with("cannot write to /dev/full: no space left on device"), "{told}");
}

/// Run by `spawn` as a process of its own, and nothing without its variable; writes to its stdout until that is
/// closed, then says why on stderr.
#[test]
fn child() {
    let Ok(records) = std::env::var("SINK_RECORDS") else { return };
    let records: i64 = records.parse().unwrap();
    let planned = sink("-", "");
    assert!(planned.results.is_empty());
    look(&planned).unwrap();
    let mut sink = Sink::fresh(&planned);
    for at in 0..records {
        if let Err(error) = sink.call(0, &mut numbers(at..at + 1)) {
            eprintln!("{}", error.sentence);
            std::process::exit(1);
        }
    }
    sink.finish().unwrap();
    std::process::exit(0);
}

fn spawn(records: i64) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::pipes::child", "--nocapture", "--test-threads=1"])
        .env("SINK_RECORDS", records.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn standard_output_takes_records() {
    let output = spawn(3).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.ends_with("n\n0\n1\n2\n"), "{text}");
}

#[test]
fn a_closed_standard_output_is_told() {
    let mut child = spawn(i64::MAX);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line != "5\n" {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0);
    }
    drop(lines);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("nobody reads standard output any more"), "{told}");
}
