//! Links that shed: who is slow misses what is counted, who reads beside it misses nothing.

use super::{Running, Sandbox, last_line, text, three};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use serde_json::Value;
use std::io::Read;

const ROWS: usize = 50_000;

/// A source that two read: all of it goes to `fast`; `keys` say what `slow` gets.
fn two(engine: &str, source: &str, slow: &str) -> String {
    format!(
        r#"
name = "t"
engine = "{engine}"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
batch = {{ records_max = 50 }}
{source}
[[stage]]
name = "fast"
operator = "sqlite"
from = "numbers"
path = "out.db"
[[stage]]
name = "slow"
from = "numbers"
{slow}
"#
    )
}

/// What holds of every link, and what was shed and lost on those to `slow`.
fn check(room: &Sandbox, account: &Value, rows: usize) -> (i64, i64) {
    let audit = room.audit();
    assert_eq!(audit["wrong"], serde_json::json!([]));
    assert_eq!((&account["balances"], &account["end"]), (&true.into(), &"drained".into()));
    assert_eq!(account["records"]["in"], rows);
    let (mut shed_all, mut lost_all, mut offered_all) = (0, 0, 0);
    for link in audit["links"].as_array().unwrap() {
        let number = |key: &str| link[key].as_i64().unwrap();
        let shed = link["shed"]["full"].as_i64().unwrap() + link["shed"]["too_old"].as_i64().unwrap();
        assert_eq!(number("offered"), number("received") + shed + number("lost"), "{link}");
        if link["to"] == "fast" {
            assert_eq!((number("offered"), shed), (rows as i64, 0), "{link}");
        } else if link["from"] == "numbers" {
            (shed_all, lost_all) = (shed_all + shed, lost_all + number("lost"));
            offered_all += number("offered");
        }
    }
    assert_eq!(offered_all, rows as i64);
    assert_eq!(account["records"]["shed"], shed_all);
    (shed_all, lost_all)
}

/// Numbers that came to the slow reader, which read nothing until the fast one had all.
fn came(engine: &str, on_full: &str) -> Vec<usize> {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    nix::unistd::mkfifo(&room.path("slow"), Mode::S_IRWXU).unwrap();
    let slow = format!("operator = \"jsonl\"\npath = \"slow\"\ncredit = 100\non_full = \"{on_full}\"");
    let running = room.start(&two(engine, "", &slow), &[]);
    let mut reader = std::fs::File::open(room.path("slow")).unwrap();
    room.wait_worker("fast", "has all", |worker| worker["in"] == ROWS);
    let told = room.worker("slow").unwrap()["shed"].as_u64().unwrap();
    assert!(told > 0, "it is told while it runs");
    let mut all = String::new();
    reader.read_to_string(&mut all).unwrap();
    let account = running.account();
    let (shed, lost) = check(&room, &account, ROWS);
    assert_eq!((room.query("out.db", "SELECT count(DISTINCT n) FROM numbers"), lost), (ROWS as i64, 0));
    assert_eq!(all.lines().count() as i64 + shed, ROWS as i64);
    assert_eq!(account["stages"][2]["shed"], serde_json::json!({ "full": shed }));
    let number = |line: &str| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64().unwrap() as usize;
    all.lines().map(number).collect()
}

#[test]
fn a_slow_reader_misses_the_newest_and_the_one_beside_it_nothing() {
    for engine in ["direct", "libzmq"] {
        let came = came(engine, "drop_newest");
        // Two credits but for a frame, before anything can be shed; whether the last one found room is the machine's.
        let in_a_row = came.iter().enumerate().take_while(|(at, n)| at == *n).count();
        assert!(came.is_sorted() && in_a_row >= 150, "{engine}: the first {in_a_row} came");
    }
}

#[test]
fn a_slow_reader_misses_the_oldest_and_the_one_beside_it_nothing() {
    for engine in ["direct", "libzmq"] {
        let came = came(engine, "drop_oldest");
        let last: Vec<usize> = (ROWS - 50..ROWS).collect();
        assert!(came.is_sorted(), "{engine}");
        assert!(came.ends_with(&last), "{engine}: what came last is what is left");
    }
}

/// A link that blocks waits no longer for room than its records may be old.
#[test]
fn what_is_too_old_is_shed_where_it_waits() {
    const FEW: usize = 2000;
    for engine in ["direct", "libzmq"] {
        let room = Sandbox::new();
        room.numbers("n.csv", FEW);
        let slow = "operator = \"null\"\ncredit = 50\nmax_age = \"20ms\"";
        let running = room.start(&two(engine, "rate = \"2k/s\"", slow), &[]);
        room.wait_worker("slow", "has some", |worker| worker["in"].as_u64() > Some(0));
        room.signal("slow", Signal::SIGSTOP);
        room.wait_worker("fast", "has all", |worker| worker["in"] == FEW);
        room.signal("slow", Signal::SIGCONT);
        let account = running.account();
        let (shed, lost) = check(&room, &account, FEW);
        assert!(shed > 0 && lost == 0, "{engine}: {shed} shed, {lost} lost");
        assert_eq!(account["stages"][2]["shed"], serde_json::json!({ "too_old": shed }));
    }
}

/// Records that are too old when they would leave are taken out, and those beside them go. A loss by rule is one too.
#[test]
fn what_is_too_old_is_shed_where_it_leaves() {
    const FEW: usize = 200;
    let room = Sandbox::new();
    room.numbers("n.csv", FEW);
    let topology = three("rate = \"100/s\"", "max_age = \"200ms\"");
    let running = room.start(&topology, &["--fail-on-loss"]);
    room.wait_worker("even", "has some", |worker| worker["in"].as_u64() > Some(0));
    room.signal("even", Signal::SIGSTOP);
    room.wait_worker("numbers", "has read all", |worker| worker["in"] == FEW);
    room.signal("even", Signal::SIGCONT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("records were lost or shed, and --fail-on-loss was said"), "{said}");
    let records = &last_line(&output)["records"];
    let number = |key: &str| records[key].as_u64().unwrap() as usize;
    assert!(number("shed") > FEW / 20, "all but those of the last fifth of a second: {records}");
    assert_eq!(
        (number("stored") + number("shed"), number("filtered"), number("lost")),
        (FEW / 2, FEW / 2, 0)
    );
    assert_eq!(room.audit()["wrong"], serde_json::json!([]));
}

/// Two slow workers by key, one of which is stopped until something is shed; then `stage` is killed.
fn kill_amid_shedding(engine: &str, stage: &str) {
    const SOME: usize = 30_000;
    let room = Sandbox::new();
    room.numbers("n.csv", SOME);
    let slow = r#"operator = "filter"
        where = "n >= 0"
        workers = 2
        by = "x"
        credit = 50
        on_full = "drop_oldest""#;
    let sink = "[[stage]]\nname = \"store\"\noperator = \"null\"\nfrom = \"slow\"\n";
    let topology = two(engine, "rate = \"15k/s\"", slow) + sink;
    let running: Running = room.start(&topology, &[]);
    room.wait_worker("slow", "has some", |worker| worker["in"].as_u64() > Some(100));
    room.signal("slow", Signal::SIGSTOP);
    room.wait_worker("slow", "misses some", |worker| worker["shed"].as_u64() > Some(200));
    room.signal(stage, Signal::SIGKILL);
    room.wait_worker(stage, "is back", |worker| worker["restarts"] == 1);
    if stage != "slow" {
        room.signal("slow", Signal::SIGCONT);
    }
    let account = running.account();
    let (shed, _) = check(&room, &account, SOME);
    assert!(shed > 200, "{engine}, {stage}: {shed} were shed, and the kill took none of that");
    let number = |of: &Value, key: &str| of[key].as_i64().unwrap();
    let slow = &account["stages"][2];
    assert_eq!(number(slow, "in") + shed + number(slow, "lost"), {
        // What it lost inside it had received.
        SOME as i64 + number(slow, "in") - number(slow, "out")
    });
}

#[test]
fn a_sender_killed_while_it_sheds_accounts_for_every_record() {
    ["direct", "libzmq"].iter().for_each(|engine| kill_amid_shedding(engine, "numbers"));
}

#[test]
fn a_slow_reader_killed_while_records_are_shed_accounts_for_every_record() {
    ["direct", "libzmq"].iter().for_each(|engine| kill_amid_shedding(engine, "slow"));
}

/// Event time runs ahead of nothing that waits: behind a link that sheds no record is late, and windows have all that
/// came.
#[test]
fn windows_behind_a_link_that_sheds_have_all_that_came() {
    for (engine, on_full) in [("direct", "drop_newest"), ("direct", "drop_oldest"), ("libzmq", "drop_oldest")]
    {
        let room = Sandbox::new();
        let time = |n: usize| {
            let (day, hour, minute, second) = (1 + n / 86_400, n / 3600 % 24, n / 60 % 60, n % 60);
            format!("1970-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
        };
        let lines: String = (0..ROWS).map(|n| format!("{n},{}\n", time(10 * n))).collect();
        room.write("n.csv", &format!("n,ts\n{lines}"));
        let source = "time = \"ts\"\ntypes = { ts = \"time\" }\nrate = \"15k/s\"";
        let slow = format!(
            "operator = \"window\"\nsize = \"1h\"\nfields = {{ n = \"count()\" }}\n\
             credit = 200\non_full = \"{on_full}\"\n\
             [[stage]]\nname = \"store\"\nfrom = \"slow\"\noperator = \"sqlite\"\npath = \"hours.db\"\n\
             table = \"hours\""
        );
        let running = room.start(&two(engine, source, &slow), &[]);
        for _ in 0..2 {
            room.wait_worker("slow", "has some", |worker| worker["in"].as_u64() > Some(0));
            room.signal("slow", Signal::SIGSTOP);
            let shed = |worker: &Value| worker["shed"].as_u64().unwrap();
            let before = shed(&room.worker("slow").unwrap());
            room.wait_worker("slow", "misses some", |worker| shed(worker) > before + 1000);
            room.signal("slow", Signal::SIGCONT);
        }
        let account = running.account();
        let (shed, lost) = check(&room, &account, ROWS);
        let slow = &account["stages"][2];
        assert!(shed > 2000 && lost == 0, "{shed} {lost}");
        assert_eq!(slow["ports"]["late"], 0, "{engine} {on_full}");
        assert_eq!(slow["in"], room.query("hours.db", "SELECT sum(n) FROM hours"), "{engine} {on_full}");
    }
}
