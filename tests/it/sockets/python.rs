//! pyzmq at the other end of a direct link. Skipped, aloud, where Python has no `zmq`.

use super::{Ground, PAIRS, number, take};
use sluicebox::wire::header::LEN;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MANY: u64 = 2000;

fn python(script: &str, ground: &Ground) -> Option<Child> {
    let known = Command::new("python3").args(["-c", "import zmq"]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 has no module zmq (pip install pyzmq)");
        return None;
    }
    let path = format!("ipc://{}", ground.path().display());
    let child = Command::new("python3").args(["-c", script, &path]).stdout(Stdio::piped()).spawn().unwrap();
    Some(child)
}

#[test]
fn pyzmq_pushes_to_us() {
    let ground = Ground::new(PAIRS[0]);
    let mut inbox = ground.bind();
    let script = "import sys, zmq\n\
                  s = zmq.Context().socket(zmq.PUSH)\n\
                  s.connect(sys.argv[1])\n\
                  for n in range(2000): s.send(n.to_bytes(8, 'little') + bytes([n % 256]) * (n % 700 + 56))\n\
                  s.close(linger=10000)";
    let Some(mut child) = python(script, &ground) else { return };
    for n in 0..MANY {
        assert_eq!(number(&take(&mut inbox, &mut [])), n);
    }
    assert!(child.wait().unwrap().success());
}

#[test]
fn pyzmq_pulls_from_us() {
    let ground = Ground::new(PAIRS[0]);
    let script = "import sys, zmq\n\
                  s = zmq.Context().socket(zmq.PULL)\n\
                  s.bind(sys.argv[1])\n\
                  frames = [s.recv() for _ in range(2000)]\n\
                  print([int.from_bytes(f[:8], 'little') for f in frames] == list(range(2000)), sum(map(len, frames)))";
    let Some(mut child) = python(script, &ground) else { return };
    let mut sender = ground.connect();
    (0..MANY).for_each(|n| sender.send_long(n, n as usize));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        sender.pump();
        assert!(start.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::yield_now();
    }
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let bytes = MANY * LEN as u64 + (0..MANY).sum::<u64>();
    assert_eq!(said.trim(), format!("True {bytes}"));
}
