//! What fails is told once, last, in one sentence: who, what, why, what to do.

use super::{code_and_words, room};
use crate::run::{Running, Sandbox, last_line, text, three};
use nix::sys::signal::Signal;

/// The sentence stands there once, as the last line.
fn said_last(words: &str, sentence: &str) {
    assert_eq!(words.matches(sentence).count(), 1, "{words}");
    assert!(words.lines().last().unwrap().contains(sentence), "{words}");
}

#[test]
fn a_source_with_too_many_rejects_says_which_types_line_to_add() {
    let room = Sandbox::new();
    let lines: String = (0..20_000).map(|n| format!("{}{n}\n", if n < 10_000 { "" } else { "x" })).collect();
    room.write("n.csv", &format!("n\n{lines}"));
    let topology = three("types = { n = \"i64\" }", "").replace("x % 2", "n % 2");
    let output = room.start(&topology, &[]).end();
    let (code, words) = code_and_words(&output);
    assert_eq!(code, Some(1), "{words}");
    said_last(
        &words,
        "stage \"numbers\": 1000 of its last 10000 records were rejected (1000 type:n; record 10001 has ",
    );
    said_last(&words, "add types = { n = \"str\" }, or raise max_rejects");
    assert!(words.starts_with("stage \"numbers\" has failed: sources stop, the rest is drained"), "{words}");
    let account = last_line(&output);
    assert_eq!((&account["end"], &account["balances"]), (&"failed".into(), &true.into()));
    assert_eq!(account["records"]["lost"], 0, "what it had sent has arrived");
    let status = last_line(&room.sluicebox(&["status", "t", "--json"]));
    assert_eq!(status["state"], "failed");
    let failure = |stage: usize| status["stages"][stage]["workers"][0]["failure"].clone();
    assert_eq!(failure(0), words.lines().last().unwrap(), "its ledger tells the same");
    assert!(failure(1).is_null() && failure(2).is_null(), "{status}");
    assert!(text(&room.sluicebox(&["status", "t"]).stdout).contains(words.lines().last().unwrap()));
}

#[test]
fn a_sink_that_cannot_open_its_place_fails_the_run() {
    let room = room(100, "");
    nix::unistd::mkfifo(&room.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let topology = three("", "patience = \"10ms\"").replace("sqlite", "jsonl").replace("out.db", "pipe");
    let output = room.start(&topology, &[]).end();
    let (code, words) = code_and_words(&output);
    assert_eq!(code, Some(1), "{words}");
    said_last(&words, "stage \"store\": operator \"jsonl\": cannot write to pipe: nobody reads it");
}

#[test]
fn a_table_that_holds_rows_is_told_before_anything_starts() {
    let room = room(10, "");
    room.run(&three("", ""));
    let (code, words) = code_and_words(&room.sluicebox(&["run", "t.toml"]));
    assert_eq!(code, Some(2));
    assert!(words.starts_with("stage \"store\": table \"even\" of out.db holds rows already"), "{words}");
    assert_eq!(words.lines().count(), 1);
    room.audit();
}

#[test]
fn a_run_directory_that_cannot_be_is_told_before_anything_starts() {
    let room = room(10, &three("", ""));
    room.write("file", "");
    std::fs::create_dir(room.path("mine")).unwrap();
    room.write("mine/sluicebox", "");
    let long = "a".repeat(100);
    std::fs::create_dir(room.path(&long)).unwrap();
    let wrong = [
        (long.as_str(), "is too long: its sockets would have paths of "),
        ("file", "cannot make the run directory "),
        ("no/such/folder", "cannot make the run directory "),
        ("mine", "is no directory: remove it or set XDG_RUNTIME_DIR"),
    ];
    for (dir, said) in wrong {
        for args in [&["run", "t.toml"][..], &["stage", "t.toml", "--name", "even"]] {
            let mut command = room.command(args);
            command.env("XDG_RUNTIME_DIR", room.path(dir));
            let (code, words) = code_and_words(&command.output().unwrap());
            assert_eq!((code, words.lines().count()), (Some(2), 1), "{dir}: {words}");
            assert!(
                words.contains(said) && words.contains(dir) && words.contains("XDG_RUNTIME_DIR"),
                "{words}"
            );
        }
    }
    assert!(!room.path("out.db").exists());
    assert!(room.path(&long).read_dir().unwrap().next().is_none(), "nothing was made");
}

#[test]
fn a_run_that_is_not_known_or_not_meant_is_told() {
    let room = room(10, "");
    room.run(&three("", "").replace("name = \"t\"", "name = \"orders\""));
    for command in ["status", "audit", "stop"] {
        let (code, words) = code_and_words(&room.sluicebox(&[command, "oders"]));
        assert_eq!(code, Some(1), "{words}");
        assert!(words.contains("nothing is known of a run of oders: did you mean \"orders\"?"), "{words}");
    }
    // Another file of the same name.
    room.write("u.toml", "name = \"orders\"");
    for command in ["status", "audit", "stop"] {
        let (code, words) = code_and_words(&room.sluicebox(&[command, "u.toml"]));
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains("t.toml, not of u.toml: say \"orders\" if you mean it"), "{words}");
    }
    room.audit();
}

#[test]
fn what_another_version_left_is_told_and_replaced() {
    let room = room(10, "");
    room.run(&three("", ""));
    room.write("sluicebox/t/0.0.ledger", "x");
    let replaced = |what: &str| {
        for command in ["status", "audit", "stop"] {
            let output = room.sluicebox(&[command, "t"]);
            let (code, words) = code_and_words(&output);
            assert!(matches!(code, Some(1 | 2)) && words.lines().count() == 1, "{what}: {words}");
            assert!(words.contains("`sluicebox run FILE` replaces it"), "{what}: {words}");
        }
    };
    replaced("ledger");
    room.write("sluicebox/t/plan.json", "{\"version\": 0}");
    replaced("plan");
    let again = room.sluicebox(&["run", "t.toml", "--set", "store.if_exists=replace"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
}

#[test]
fn fail_on_loss_fails_on_loss() {
    let room = room(200_000, "");
    let topology = three("", "");
    let running = room.start(&topology, &["--fail-on-loss", "--set", "numbers.rate=100k/s"]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    // Held, it fills up; what has come to it and is not read goes with it.
    room.signal("even", Signal::SIGSTOP);
    room.wait_worker("numbers", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.5);
    room.signal("even", Signal::SIGKILL);
    let output = running.end();
    let (code, words) = code_and_words(&output);
    let lost = last_line(&output)["records"]["lost"].as_u64().unwrap();
    assert!(lost > 0, "the kill bites");
    assert_eq!(code, Some(1), "{words}");
    said_last(&words, &format!("{lost} records were lost or shed, and --fail-on-loss was said"));
    assert!(words.contains("stage \"even\" was ended by signal 9; it is started again in "), "{words}");
    room.audit();
}

#[test]
fn stop_ends_as_the_run_did_also_where_loss_was_forbidden() {
    let room = room(300_000, "");
    let running = room.start(&three("rate = \"20k/s\"", ""), &["--fail-on-loss"]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("even", Signal::SIGSTOP);
    room.wait_worker("numbers", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.5);
    room.signal("even", Signal::SIGKILL);
    let again = |worker: &serde_json::Value| worker["restarts"] == 1 && worker["state"] == "running";
    room.wait_worker("even", "is there again", again);
    let (code, words) = code_and_words(&room.sluicebox(&["stop", "t"]));
    let output = running.end();
    let lost = last_line(&output)["records"]["lost"].as_u64().unwrap();
    assert!(lost > 0, "the kill bites");
    assert_eq!(code, Some(1), "{words}");
    assert_eq!(words, format!("{lost} records were lost or shed, and --fail-on-loss was said\n"));
    let (code, said) = code_and_words(&output);
    assert_eq!((code, said.ends_with(&words)), (Some(1), true), "{said}");
}

/// A run directory that has no room for the account of a run, which is told in the end all the same.
fn run_without_its_account() -> (Sandbox, Running) {
    let room = room(300_000, "");
    let running = room.start(&three("rate = \"20k/s\"", ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    std::fs::create_dir(room.path("sluicebox/t/account.json")).unwrap();
    (room, running)
}

#[test]
fn stop_ends_as_the_run_did_though_its_account_found_no_room() {
    let (room, running) = run_without_its_account();
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(code_and_words(&stop), (Some(0), String::new()));
    assert!(text(&stop.stdout).contains("drained: the account balances"), "{}", text(&stop.stdout));
    let (code, words) = code_and_words(&running.end());
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("cannot write ") && words.contains("account.json: is a directory"), "{words}");
}

#[test]
fn status_tells_how_a_run_ended_whose_account_found_no_room() {
    let (room, running) = run_without_its_account();
    room.signal("even", Signal::SIGTERM);
    let (code, words) = code_and_words(&running.end());
    assert_eq!(code, Some(3), "{words}");
    assert_eq!(room.status().unwrap()["state"], "stopped");
}
