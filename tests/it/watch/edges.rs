//! Stages that watch others of their topology: copies, which hold up nobody, and of which all is counted.

use super::*;
use nix::sys::signal::Signal;

/// A main line, and beside it a stage that watches its source.
fn beside(rate: &str) -> String {
    paced(rate)
        + r#"
[[stage]]
name = "side"
watch = "numbers"
operator = "filter"
where = "x = 3"
[[stage]]
name = "seen"
operator = "sqlite"
from = "side"
path = "seen.db"
"#
}

fn stage<'a>(account: &'a Value, name: &str) -> &'a Value {
    account["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == name).unwrap()
}

fn number(of: &Value, key: &str) -> u64 {
    of[key].as_u64().unwrap_or(0)
}

/// What was watched and missed is all that there was, and what was stored is what was watched and let through.
fn adds_up(room: &Sandbox, account: &Value, of: u64) {
    assert_eq!(account["balances"], true, "{account}");
    let side = stage(account, "side");
    assert_eq!(number(side, "watched") + number(side, "missed"), of, "{side}");
    assert_eq!(number(side, "watched"), number(side, "in"), "{side}");
    assert_eq!(number(&account["records"], "watched"), number(side, "watched"));
    let stored = room.query("seen.db", "SELECT count(*) FROM side") as u64;
    assert_eq!(
        stored + number(side, "filtered") + number(side, "lost"),
        number(side, "watched"),
        "{account}"
    );
    room.audit();
}

#[test]
fn a_side_view_sees_the_records_of_the_main_line_and_ends_with_it() {
    let room = Sandbox::new();
    room.numbers("n.csv", 3_000);
    let account = room.run(&beside("2k/s"));
    adds_up(&room, &account, 3_000);
    assert_eq!(sum(&account, "in"), 3_000, "copies did not come in from outside");
    assert!(number(stage(&account, "side"), "watched") > 0, "{account}");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), 1_500);
}

#[test]
fn a_side_view_that_stands_still_holds_up_nobody() {
    let room = Sandbox::new();
    room.numbers("n.csv", 600_000);
    let run = room.start(&beside("200k/s"), &[]);
    room.wait_worker("side", "to see something", |worker| worker["in"].as_u64() > Some(0));
    room.signal("side", Signal::SIGSTOP);
    let store = room.wait_worker("store", "to have all", |worker| worker["state"] == "finished");
    assert_eq!(store["in"], 300_000);
    room.signal("side", Signal::SIGCONT);
    let account = run.account();
    adds_up(&room, &account, 600_000);
    assert!(number(stage(&account, "side"), "missed") > 0, "the fault must bite: {account}");
}

#[test]
fn what_a_killed_side_view_did_not_see_it_has_missed() {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    let run = room.start(&beside("5k/s"), &[]);
    room.wait_worker("side", "to see something", |worker| worker["in"].as_u64() > Some(0));
    room.signal("side", Signal::SIGKILL);
    let account = run.account();
    adds_up(&room, &account, 20_000);
    assert_eq!(sum(&account, "lost"), number(stage(&account, "side"), "lost"), "the main line lost nothing");
}

#[test]
fn a_stop_is_no_end_for_who_watches() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100_000);
    room.write("seen.jsonl", "{\"n\":-1}\n");
    let seen = "operator = \"jsonl\"\nfrom = \"side\"\npath = \"seen.jsonl\"\nif_exists = \"replace\"\n";
    let sound = beside("5k/s");
    let (line, _) = sound.rsplit_once("operator = \"sqlite\"").unwrap();
    let run = room.start(&(line.to_string() + seen), &[]);
    room.wait_worker("side", "to see something", |worker| worker["in"].as_u64() > Some(0));
    run.signal(Signal::SIGINT);
    let account = run.account();
    assert!(sum(&account, "in") < 100_000, "it must be stopped in the middle");
    assert_eq!(
        std::fs::read_to_string(room.path("seen.jsonl")).unwrap(),
        "{\"n\":-1}\n",
        "a part does not replace the whole: {account}"
    );
}

#[test]
fn several_streams_can_be_watched_by_one() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10_000);
    let run =
        room.start(&beside("5k/s").replace("watch = \"numbers\"", "watch = [\"numbers\", \"even\"]"), &[]);
    let account = run.account();
    assert_eq!(account["balances"], true, "{account}");
    let side = stage(&account, "side");
    assert_eq!(number(side, "watched") + number(side, "missed"), 15_000, "{side}");
    room.audit();
}

#[test]
fn what_can_not_be_watched_is_refused() {
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    let refused = |topology: &str, words: &[&str]| {
        room.write("t.toml", topology);
        let output = room.sluicebox(&["check", "t.toml"]);
        let said = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{said}");
        words.iter().for_each(|word| assert!(said.contains(word), "{word} is not in {said}"));
    };
    let sound = beside("5k/s");
    refused(&sound.replace("watch = \"numbers\"", "watch = \"numbres\""), &["no stage", "numbers"]);
    refused(&sound.replace("watch = \"numbers\"", "watch = \"store\""), &["nothing comes out of it"]);
    refused(&sound.replace("watch = \"numbers\"", "watch = \"numbers\"\nworkers = 2"), &["one worker"]);
    refused(&sound.replace("watch = \"numbers\"", "watch = \"numbers/late\""), &["no port \"late\""]);
    room.write("t.toml", &sound);
    let output = room.sluicebox(&["check", "t.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("watching numbers"), "{}", text(&output.stdout));
}
