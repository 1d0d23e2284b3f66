//! Fed and watched at once by programs that know nothing of it, while each of its stages is killed in turn.

use super::*;
use nix::sys::signal::Signal;
use std::process::{Command, Stdio};

/// A source that any program feeds, a filter and a table.
const LIVE: &str = r#"
name = "t"
[[stage]]
name = "orders"
operator = "zmq"
socket = "pull"
bind = "ipc://orders.ipc"
types = { n = "i64" }
[[stage]]
name = "even"
operator = "filter"
from = "orders"
where = "n % 2 = 0"
[[stage]]
name = "store"
operator = "sqlite"
from = "even"
path = "out.db"
"#;

/// Pushes orders, a thousand a second, until its standard input is closed; then it says how many there were.
const FEED: &str = r#"
import sys, threading, time, zmq
push = zmq.Context().socket(zmq.PUSH)
push.connect("ipc://orders.ipc")
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set())).start()
n = 0
while not over.is_set():
    push.send_json({"n": n})
    n += 1
    time.sleep(0.001)
push.close(linger=10000)
print(n)
"#;

fn python(room: &Sandbox, script: &str) -> Option<Child> {
    let known = Command::new("python3").args(["-c", "import zmq"]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: python3 has no module zmq (pip install pyzmq)");
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", script]).current_dir(room.path("."));
    Some(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
}

#[test]
fn the_account_is_exact_and_watchers_know_what_they_missed_whatever_is_killed() {
    let room = Sandbox::new();
    let run = room.start(LIVE, &[]);
    room.wait_worker("orders", "to be ready", |worker| worker["state"] == "running");
    let sub = Sub::at(&room, "even", "even/json");
    let first = sub.next();
    assert_eq!(first.seq, 0, "nothing came before");
    let Some(mut feed) = python(&room, FEED) else { return };
    let by_hand = watching(&room, &["even", "store", "--format", "json"]);
    let (mut next, mut seen, mut missed) = (0, 0, 0);
    // Hears until something is so; what is there when nothing has come for a while is the rest.
    let mut hear = |rest: bool, until: &mut dyn FnMut() -> bool| {
        sub.socket.set_rcvtimeo(300).unwrap();
        wait_for("what is watched", || {
            while let Some(message) = sub.heard() {
                assert!(message.seq >= next, "numbers never go back");
                (missed, seen, next) = (missed + message.seq - next, seen + message.count, message.end());
                if until() {
                    return Some(());
                }
            }
            (rest || until()).then_some(())
        });
        (seen, missed)
    };
    for victim in ["orders", "even", "store"] {
        let (before, _) = hear(false, &mut || true);
        room.signal(victim, Signal::SIGKILL);
        room.wait_worker(victim, "to be back", |worker| {
            worker["restarts"] == 1 && worker["state"] == "running"
        });
        let mut more = 0;
        hear(false, &mut || {
            more += 1;
            more > 300
        });
        assert!(before < hear(false, &mut || true).0, "it goes on after {victim} was killed");
    }
    drop(feed.stdin.take());
    let sent: u64 = text(&Running::of(feed).end().stdout).trim().parse().unwrap();
    run.signal(Signal::SIGTERM);
    hear(false, &mut || room.worker("even").is_some_and(|worker| worker["state"] == "finished"));
    let account = run.account();
    // Its process has ended, and all that it had to say is here.
    let (seen, missed) = hear(true, &mut || false);
    assert_eq!(account["balances"], true, "{account}");
    let stages = account["stages"].as_array().unwrap();
    let out =
        |name: &str| stages.iter().find(|stage| stage["name"] == name).unwrap()["out"].as_u64().unwrap();
    assert_eq!(seen + missed, out("even"), "{account}");
    assert!(seen > 0 && sum(&account, "in") <= sent, "{sent} were sent: {account}");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even") as u64, sum(&account, "stored"));
    assert_eq!(room.query("out.db", "SELECT count(*) - count(DISTINCT n) FROM even"), 0, "each once");
    let by_hand = Running::of(by_hand).end();
    assert_eq!(by_hand.status.code(), Some(0));
    assert!(told(&by_hand).0 > 0);
    room.audit();
}
