//! Any SUB of libzmq, at any worker of a run that was not told of it.

use super::*;
use nix::sys::signal::Signal;

#[test]
fn each_stream_can_be_subscribed_to_in_each_form_and_numbers_show_what_was_seen() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    let run = started(&room, &paced("4k/s"), "store");
    let sub = Sub::at(&room, "numbers", "numbers/json");
    let first = sub.next();
    assert_eq!((first.count, first.body.len()), (0, 0), "a beat says which number comes next");
    let mut next = first.seq;
    for _ in 0..200 {
        let message = sub.next();
        assert_eq!((message.topic.as_str(), message.worker, message.epoch), ("numbers/json", 0, 1));
        // On a busy machine a thread of the lowest priority may miss some; it says which.
        assert!(message.seq >= next, "each once, in order");
        let rows = message.rows();
        assert_eq!(rows.len() as u64, message.count);
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(row["n"], message.seq + at as u64, "the source's record n has number n");
        }
        next = message.end();
    }
    assert!(next > first.seq);
    let csv = Sub::at(&room, "even", "even/csv").records();
    let body = text(&csv.body);
    assert_eq!((body.lines().next(), body.lines().count() as u64), (Some("n,x"), csv.count + 1));
    let sink = Sub::at(&room, "store", "store/json").records();
    assert!(sink.rows().iter().all(|row| row["x"].as_u64().unwrap() % 2 == 0), "what a sink gets: {sink:?}");
    let stats = Sub::at(&room, "even", "even/stats/").records();
    assert_eq!((stats.topic.as_str(), &stats.rows()[0]["state"]), ("even/stats/json", &"running".into()));
    run.signal(Signal::SIGTERM);
    assert_eq!(run.account()["balances"], true);
}

#[test]
fn a_port_that_nobody_reads_is_seen_by_who_watches_it() {
    let room = Sandbox::new();
    let lines: String =
        (0..20_000).map(|n| if n % 4 == 0 { "x,0\n".to_string() } else { format!("{n},1\n") }).collect();
    room.write("n.csv", &format!("n,x\n{lines}"));
    let topology = paced("4k/s")
        .replace("path = \"n.csv\"", "path = \"n.csv\"\nmax_rejects = \"100%\"\ntypes = { n = \"i64\" }");
    let run = started(&room, &topology, "even");
    let sub = Sub::at(&room, "numbers", "numbers/rejected/json");
    let rejected = sub.records();
    assert_eq!(rejected.rows()[0]["reason"], "type:n");
    run.signal(Signal::SIGTERM);
    let account = run.account();
    assert_eq!(account["balances"], true, "{account}");
    assert!(rejected.end() <= sum(&account, "rejected"));
}

#[test]
fn a_watcher_counts_exactly_what_a_kill_took() {
    let room = Sandbox::new();
    room.numbers("n.csv", 40_000);
    let run = started(&room, &paced("8k/s"), "even");
    let sub = Sub::at(&room, "even", "even/json");
    let first = sub.next();
    let (mut next, mut seen, mut missed) = (first.seq, 0, 0);
    while seen < 2_000 {
        let message = sub.next();
        (missed, seen, next) = (missed + message.seq - next, seen + message.count, message.end());
    }
    room.signal("even", Signal::SIGKILL);
    // What its last beat says is all that ever left the stage.
    sub.socket.set_rcvtimeo(300).unwrap();
    let mut lives = first.epoch;
    let mut hear = || {
        while let Some(message) = sub.heard() {
            assert!(message.seq >= next, "numbers never go back");
            (missed, seen, next) = (missed + message.seq - next, seen + message.count, message.end());
            lives = message.epoch;
        }
    };
    wait_for("the end of the stream", || {
        hear();
        (room.worker("even").unwrap()["state"] == "finished").then_some(())
    });
    let account = run.account();
    // Its process has ended, and all that it had to say is here.
    hear();
    assert_eq!(lives, 2);
    let even =
        account["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == "even").unwrap().clone();
    assert_eq!(first.seq + seen + missed, even["out"].as_u64().unwrap(), "{account}");
}

/// What serves who watches SHALL have the lowest priority there is.
#[test]
fn the_thread_for_who_watches_gives_way_to_all_others() {
    const SCHED_IDLE: &str = "5";
    let room = Sandbox::new();
    room.numbers("n.csv", 40_000);
    let run = started(&room, &paced("2k/s"), "store");
    let pid = room.worker("even").unwrap()["pid"].as_u64().unwrap();
    let policy = || {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        let stats = tasks.map(|task| std::fs::read_to_string(task.path().join("stat")).unwrap());
        let watch = stats.into_iter().find(|stat| stat.contains("(watch)"))?;
        // Behind the name, the third field comes first; the policy is the 41st.
        watch.rsplit_once(')')?.1.split_whitespace().nth(38).map(str::to_string)
    };
    wait_for("the thread to step back", || policy().filter(|policy| policy == SCHED_IDLE));
    run.signal(Signal::SIGTERM);
    run.account();
}
