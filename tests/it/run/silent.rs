//! A source that stops to speak, or never does, while another goes on or has ended: what waits for it is bounded, and
//! goes on when it is idle.

use super::keyed::books;
use super::{Sandbox, wait_for};
use std::fs::OpenOptions;
use std::io::Write;

const ROWS: usize = 2000;
/// So many wait, where that is bounded.
const MOST: usize = 500;
const STEPS: [&str; 4] = ["join", "as_of", "sort", "window"];

fn topology(idle: &str, most: usize) -> String {
    let source = |name: &str, more: &str| {
        format!(
            "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{name}.csv\"\ntime = \"ts\"\n\
             types = {{ ts = \"time\", n = \"i64\", k = \"i64\" }}\n{more}\n"
        )
    };
    let stage = |name: &str, from: &str, step: &str| {
        format!(
            "[[stage]]\nname = \"{name}\"\nfrom = {from}\nsteps = [{{ operator = \"{name}\", {step} }}, \
             {{ operator = \"sqlite\", path = \"{name}.db\", table = \"out\" }}]\n"
        )
    };
    let (roles, both) = ("{ left = \"a\", right = \"b\" }", "[\"a\", \"b\"]");
    [
        "name = \"t\"\n".to_string(),
        source("a", "follow = true"),
        source("b", &format!("follow = true\n{idle}")),
        stage(
            "join",
            roles,
            &format!("by = \"n\", within = \"9s\", kind = \"left\", rows_max = {most}, prefix = \"r_\""),
        ),
        stage("as_of", roles, &format!("by = \"k\", rows_max = {most}, prefix = \"r_\"")),
        stage("sort", both, &format!("rows_max = {most}")),
        stage(
            "window",
            both,
            &format!("size = \"1s\", per = \"k\", keys_max = {most}, fields = {{ n = \"count()\" }}"),
        ),
    ]
    .concat()
}

fn line(n: usize, second: usize) -> String {
    format!("{n},2013-01-01T{:02}:{:02}:{:02}Z,{}\n", second / 3600, second / 60 % 60, second % 60, n % 7)
}

fn lines(rows: usize) -> String {
    format!("n,ts,k\n{}", (0..rows).map(|n| line(n, n)).collect::<String>())
}

/// What each step has made when it has come where it will.
fn made(room: &Sandbox, is: impl Fn(u64, u64) -> bool) -> [u64; 4] {
    wait_for("each step to have come where it will", || {
        let books = books(room)?;
        let mut made = [0; 4];
        for (at, made) in made.iter_mut().enumerate() {
            let account = &books.of_stage(2 + at).next()?.account;
            *made = account.made;
            is(account.done, account.made).then_some(())?;
        }
        Some(made)
    })
}

/// A run in which `b` has so many records and says nothing then; `is` says of each step when it has come where it will,
/// by how many records it has had and made.
fn run(spoken: usize, topology: &str, is: impl Fn(u64, u64) -> bool) -> [u64; 4] {
    let room = Sandbox::new();
    room.write("a.csv", &lines(ROWS));
    room.write("b.csv", &lines(spoken));
    let running = room.start(topology, &[]);
    let made = made(&room, is);
    room.sluicebox(&["stop", "t"]);
    let account = running.account();
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()), "{account}");
    let all = (ROWS + spoken) as i64;
    for (name, rows, records) in [
        ("join", "SELECT count(*) FROM out", "SELECT count(DISTINCT n) FROM out"),
        ("as_of", "SELECT count(*) FROM out", "SELECT count(DISTINCT n) FROM out"),
    ] {
        let [rows, records] = [rows, records].map(|sql| room.query(&format!("{name}.db"), sql));
        assert_eq!((rows, records), (ROWS as i64, ROWS as i64), "{name}: each of the left goes on once");
    }
    assert_eq!(room.query("sort.db", "SELECT count(*) FROM out"), all);
    assert_eq!(room.query("window.db", "SELECT sum(n) FROM out"), all);
    made
}

#[test]
fn what_waits_for_a_silent_source_is_bounded() {
    for spoken in [0, 20] {
        let all = (ROWS + spoken) as u64;
        let made = run(spoken, &topology("", MOST), |done, made| done == all && made >= (ROWS - MOST) as u64);
        for (name, made) in STEPS.iter().zip(made) {
            // Of those that lie before what the other has said none has to wait.
            assert!(
                made <= (ROWS - MOST + 2 * spoken) as u64,
                "{name}: {made} went on, {spoken} were spoken"
            );
        }
    }
}

#[test]
fn what_waits_for_an_idle_source_goes_on() {
    for spoken in [0, 20] {
        let all = (ROWS + spoken) as u64;
        run(spoken, &topology("idle_after = \"50ms\"", 100_000), |done, made| {
            // Who lies no further before the last of `a` than a partner may waits for more of it.
            done == all && made >= (ROWS - 10) as u64
        });
    }
}

/// `b` speaks, with times far behind, until `a` has come to the end of its file, and is idle only then. The windows are
/// behind a stage that has nothing to hold, and is idle too.
#[test]
fn what_waits_goes_on_when_a_source_is_idle_after_the_other_has_ended() {
    let room = Sandbox::new();
    room.write("a.csv", &lines(ROWS));
    room.write("b.csv", &lines(20));
    let all = topology("idle_after = \"1s\"", 100_000).replacen("follow = true\n", "", 1);
    let window = "name = \"window\"\nfrom = ";
    let behind = all.replace(&format!("{window}[\"a\", \"b\"]"), &format!("{window}\"both\""));
    assert_ne!(behind, all);
    let both =
        "[[stage]]\nname = \"both\"\nfrom = [\"a\", \"b\"]\noperator = \"filter\"\nwhere = \"n >= 0\"\n";
    let running = room.start(&format!("{behind}{both}"), &[]);
    let mut b = OpenOptions::new().append(true).open(room.path("b.csv")).unwrap();
    let mut spoken = 0;
    wait_for("the file to be read by all", || {
        b.write_all(line(ROWS + spoken, 20).as_bytes()).unwrap();
        spoken += 1;
        let all = books(&room)?;
        let mut of_a = all.links.iter().filter(|book| book.link.from.stage == 0);
        of_a.all(|book| book.received.ended).then_some(())
    });
    made(&room, |_, made| made >= (ROWS - 10) as u64);
    room.sluicebox(&["stop", "t"]);
    let account = running.account();
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()), "{account}");
}
