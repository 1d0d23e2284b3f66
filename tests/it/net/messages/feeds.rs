//! Programs that push or publish, and a source that is killed, stopped or slow.

use super::*;
use nix::sys::signal::Signal;

/// All ways to write several records SHALL be read, what is none SHALL be rejected with its reason, and all be counted.
#[test]
fn each_record_of_a_message_is_stored_or_rejected() {
    let room = Sandbox::new();
    let running = room.start(&fed(BOUND), &[]);
    let push = pusher(&room);
    for body in [
        "{\"n\":0}",
        "{\"n\":1}\n{\"n\":\"x\"}\r\n{\"n\":2}\n",
        "[{\"n\":3},{\"n\":4},7,{\"n\":5}]",
        "{\n  \"n\": 6,\n  \"m\": []\n}",
        "",
        "garbage",
        "{\"n\":7}{\"n\":8} x",
        "[{\"n\":9},{\"n\"",
        "{\"n\":8,\"n\":9}",
        "\u{feff}[]",
    ] {
        push.send(body, 0).unwrap();
    }
    push.send(&b"{\"n\":\xff}"[..], 0).unwrap();
    push.send_multipart(["{\"n\":1}", "{\"n\":2}"], 0).unwrap();
    wait_in(&room, "in", 18);
    let account = stopped(&room, running);
    assert_eq!(numbers(&room), (0..10).collect::<Vec<_>>());
    let rejected = &account["stages"][0]["rejected"];
    let expected = serde_json::json!({ "duplicate": 1, "json": 4, "parts": 1, "type:n": 1, "utf8": 1 });
    assert_eq!(rejected, &expected, "{account}");
    assert_eq!((account["stages"][0]["in"].as_u64(), lines(&room, "bad.jsonl").len()), (Some(18), 8));
}

#[test]
fn each_format_goes_from_one_topology_into_another() {
    for (format, rows_max) in
        [("json", ""), ("msgpack", ""), ("csv", ""), ("msgpack", "rows_max = 1"), ("json", "rows_max = 7")]
    {
        let room = Sandbox::new();
        room.numbers("n.csv", 5_000);
        let from = format!("connect = \"ipc://link.ipc\"\nformat = \"{format}\"");
        let topology = fed(&from).replace("{ n = \"i64\" }", "{ n = \"i64\", x = \"i64\" }")
            + &format!(
                "[[stage]]\nname = \"numbers\"\noperator = \"csv\"\npath = \"n.csv\"\n[[stage]]\nname = \"send\"\n\
                 operator = \"zmq\"\nfrom = \"numbers\"\nbind = \"ipc://link.ipc\"\nformat = \"{format}\"\n{rows_max}\n"
            );
        let running = room.start(&topology, &[]);
        wait_in(&room, "out", 5_000);
        let account = stopped(&room, running);
        assert_eq!(numbers(&room), (0..5_000).collect::<Vec<_>>(), "{format}");
        assert_eq!(account["records"]["rejected"], 0, "{account}");
    }
}

/// A source that is killed SHALL be met again by those who push, and what it had read and not passed on be counted.
#[test]
fn those_who_push_outlive_a_source_that_is_killed() {
    let room = Sandbox::new();
    let running = room.start(&fed(BOUND), &[]);
    let push = pusher(&room);
    let send = |from: u64, to: u64| (from..to).for_each(|n| push.send(&format!("{{\"n\":{n}}}"), 0).unwrap());
    send(0, 1_000);
    wait_in(&room, "out", 1_000);
    room.signal("in", Signal::SIGKILL);
    room.wait_worker("in", "to be there again", |worker| worker["restarts"].as_u64() > Some(0));
    send(1_000, 2_000);
    // What was under way to the old process is gone; who pushes meets the new one, at the same file.
    let mut n = 2_000;
    wait_for("the new one to be met", || {
        n += 1;
        push.send(&format!("{{\"n\":{n}}}"), 0).unwrap();
        room.worker("out").filter(|worker| worker["in"].as_u64() > Some(1_000))
    });
    let account = stopped(&room, running);
    let stored = numbers(&room);
    assert_eq!(stored.len() as u64, account["records"]["stored"].as_u64().unwrap(), "{account}");
    assert!(stored.windows(2).all(|pair| pair[0] < pair[1]), "in order, none twice");
    assert_eq!(stored[..1_000], (0..1_000).collect::<Vec<_>>());
}

/// A stage that takes nothing SHALL hold up those who push, at a bound, and lose nothing.
#[test]
fn who_pushes_is_held_up_by_a_slow_stage() {
    let room = Sandbox::new();
    let topology = fed(&format!("{BOUND}\nqueue_max = 10"));
    let running = room.start(&topology, &[]);
    let push = socket(zmq::PUSH);
    push.set_sndhwm(10).unwrap();
    push.connect(&endpoint(&room, "in.ipc")).unwrap();
    push.send("{\"n\":0}", 0).unwrap();
    wait_in(&room, "out", 1);
    room.signal("out", Signal::SIGSTOP);
    push.set_sndtimeo(2_000).unwrap();
    let pad = "x".repeat(10_000);
    let held = (1..1_000_000).find(|n| push.send(&format!("{{\"n\":{n},\"x\":\"{pad}\"}}"), 0).is_err());
    let held = held.expect("it is held up");
    room.signal("out", Signal::SIGCONT);
    push.set_sndtimeo(60_000).unwrap();
    push.send(&format!("{{\"n\":{held}}}"), 0).unwrap();
    wait_in(&room, "out", held + 1);
    stopped(&room, running);
    assert_eq!(numbers(&room), (0..=held).collect::<Vec<_>>());
}

/// A SUB takes what is published, with its topic; and each stage of another topology, knowing what it missed.
#[test]
fn what_is_published_is_read_with_its_topic() {
    let room = Sandbox::new();
    let publish = socket(zmq::XPUB);
    publish.bind(&endpoint(&room, "pub.ipc")).unwrap();
    let running = room
        .start(&fed("socket = \"sub\"\nconnect = \"ipc://pub.ipc\"\ntopic = \"a\"\ntopic_as = \"of\""), &[]);
    assert_eq!(publish.recv_bytes(0).unwrap(), b"\x01a", "it subscribes");
    let head = |seq: u64, count: u64| [1, seq, count].map(u64::to_le_bytes).concat();
    publish.send_multipart(["a/x", "{\"n\":0}"], 0).unwrap();
    publish.send_multipart(["b", "{\"n\":9}"], 0).unwrap();
    publish.send_multipart([b"ab", head(5, 2).as_slice(), b"{\"n\":1}\n{\"n\":2}"], 0).unwrap();
    publish.send_multipart([b"ab", head(9, 0).as_slice(), b""], 0).unwrap();
    publish.send_multipart([&b"a"[..], b"x", b"{\"n\":9}"], 0).unwrap();
    publish.send_multipart(["a", "1", "2", "3"], 0).unwrap();
    wait_in(&room, "in", 5);
    running.signal(Signal::SIGTERM);
    let output = running.end();
    assert!(text(&output.stderr).contains("2 records were missed"), "{}", text(&output.stderr));
    let account = crate::run::last_line(&output);
    assert_eq!((&account["stages"][0]["missed"], &account["records"]["missed"]), (&2.into(), &2.into()));
    let rows = lines(&room, "out.jsonl");
    let rows: Vec<_> =
        rows.iter().map(|row| (row["n"].as_u64().unwrap(), row["of"].as_str().unwrap())).collect();
    assert_eq!(rows, [(0, "a/x"), (1, "ab"), (2, "ab")]);
    assert_eq!(lines(&room, "bad.jsonl").len(), 2);
}

#[test]
fn one_topology_watches_another() {
    let (watched, watching) = (Sandbox::new(), Sandbox::new());
    watched.numbers("n.csv", 20_000);
    let other = crate::run::three("rate = \"4k/s\"", "");
    let first = watched.start(&other, &[]);
    let worker = watched.wait_worker("even", "to be watched", |worker| worker["watch"].is_string());
    let at = worker["watch"].as_str().unwrap();
    let source = format!("socket = \"sub\"\nconnect = \"{at}\"\ntopic = \"even/json\"");
    let second = watching.start(&fed(&source), &[]);
    wait_in(&watching, "out", 500);
    stopped(&watching, second);
    stopped(&watched, first);
    let seen = numbers(&watching);
    assert!(
        seen.len() >= 500 && seen.windows(2).all(|pair| pair[0] + 2 == pair[1]),
        "even ones, none missed"
    );
}
