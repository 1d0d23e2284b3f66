//! pyzmq at the other end. Skipped, aloud, where Python has no `zmq`.

use super::*;
use std::process::{Command, Stdio};

fn python(room: &Sandbox, script: &str) -> Option<String> {
    let known = Command::new("python3").args(["-c", "import zmq"]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 has no module zmq (pip install pyzmq)");
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", script]).current_dir(room.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Running::of(command.spawn().unwrap()).end();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout))
}

#[test]
fn a_python_script_feeds_and_another_reads() {
    let room = Sandbox::new();
    let topology = fed(BOUND)
        + "[[stage]]\nname = \"send\"\noperator = \"zmq\"\nfrom = \"in\"\nbind = \"ipc://out.ipc\"\nrows_max = 3\n";
    let running = room.start(&topology, &[]);
    let script = "import zmq\n\
                  context = zmq.Context()\n\
                  push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)\n\
                  push.connect('ipc://in.ipc'); pull.connect('ipc://out.ipc')\n\
                  import json\n\
                  for n in range(500): push.send_json({'n': n, 'more': [n]})\n\
                  push.send_json([{'n': n} for n in range(500, 1000)])\n\
                  seen = []\n\
                  while len(seen) < 1000: seen += [json.loads(line)['n'] for line in pull.recv().splitlines()]\n\
                  print(seen == list(range(1000)))\n";
    let Some(said) = python(&room, script) else { return };
    assert_eq!(said.trim(), "True");
    let account = stopped(&room, running);
    assert_eq!(account["records"]["lost"], 0, "{account}");
    assert_eq!(numbers(&room), (0..1_000).collect::<Vec<_>>());
}
