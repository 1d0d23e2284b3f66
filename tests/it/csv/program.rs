//! The same as a user meets it: what `check` and `run` say, and how they end.

use super::gzip;
use crate::run::{Sandbox, last_line, text};
use nix::sys::signal::Signal;
use std::fs;

/// A file into a table of its own.
fn topology(path: &str, more: &str) -> String {
    format!(
        "name = \"t\"\n[[stage]]\nname = \"in\"\noperator = \"csv\"\npath = \"{path}\"\n{more}\n[[stage]]\nname = \
         \"out\"\nfrom = \"in\"\noperator = \"sqlite\"\npath = \"out.db\"\nif_exists = \"replace\"\n"
    )
}

/// How a run ends, what it says, and how many records were stored.
fn run(room: &Sandbox, path: &str, more: &str) -> (i32, String, i64) {
    let output = room.start(&topology(path, more), &[]).end();
    let stored =
        if output.stdout.is_empty() { 0 } else { last_line(&output)["records"]["stored"].as_i64().unwrap() };
    (output.status.code().unwrap(), text(&output.stderr), stored)
}

#[test]
fn a_gzip_file_with_a_tail_or_without_its_end_gives_all_its_whole_lines() {
    let room = Sandbox::new();
    let full = (0..30_000)
        .fold("id,t\n".to_string(), |text, id| text + &format!("{id},row{}\n", id * 7919 % 100_003));
    let whole = gzip(full.as_bytes());
    fs::write(room.path("zeros.gz"), [&whole[..], &[0; 1024]].concat()).unwrap();
    assert_eq!(run(&room, "zeros.gz", ""), (0, String::new(), 30_000));
    fs::write(room.path("feed.gz"), [&whole[..], b"\n"].concat()).unwrap();
    let (code, words, stored) = run(&room, "feed.gz", "");
    assert_eq!((code, stored), (0, 30_000));
    assert_eq!(words.matches("what stands behind them is none").count(), 1, "told once: {words}");
    fs::write(room.path("cut.gz"), &whole[..whole.len() - 100]).unwrap();
    let (code, words, stored) = run(&room, "cut.gz", "");
    let mut held = Vec::new();
    _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..whole.len() - 100]), &mut held);
    let lines = held.iter().filter(|byte| **byte == b'\n').count() as i64 - 1;
    assert_eq!((code, stored), (1, lines), "{words}");
    assert!(words.contains("(its gzip data end too early: copy the file again)"), "{words}");
    fs::remove_file(room.path("out.db")).unwrap();
    let appends = topology("cut.gz", "").replace("\"replace\"", "\"append\"");
    assert_eq!(room.start(&appends, &[]).end().status.code(), Some(1));
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"in\""), lines, "and lies in the table");
    fs::write(room.path("small.gz"), &gzip(b"id,t\n1,a\n2,b\n3,c\n")[..20]).unwrap();
    let (code, words, _) = run(&room, "small.gz", "");
    assert_eq!(code, 1, "it is started, small as it is: {words}");
}

#[test]
fn the_advice_for_a_header_line_does_no_harm() {
    let room = Sandbox::new();
    room.write("in.csv", "a,b,a\n1,2,3\n4,5,6\n");
    let (code, words, _) = run(&room, "in.csv", "");
    assert_eq!(code, 2);
    assert!(words.contains("say unique_names = true for \"a_2\", or names = [\"…\"]"), "{words}");
    for more in ["unique_names = true", "names = [\"a\", \"b\", \"a_2\"]"] {
        let (code, words, stored) = run(&room, "in.csv", more);
        assert_eq!((code, stored), (0, 2), "{words}");
        assert_eq!(room.query("out.db", "SELECT sum(a + b + a_2) FROM \"in\""), 21, "they are numbers still");
    }
    room.write("tail.csv", "a,b,\n1,2,\n4,5,\n");
    let (_, words, _) = run(&room, "tail.csv", "");
    assert!(words.contains("ragged = true where each line ends with a delimiter"), "{words}");
    assert_eq!(run(&room, "tail.csv", "ragged = true").2, 2);
}

#[test]
fn a_wrong_delimiter_is_told_by_check_and_run() {
    let room = Sandbox::new();
    room.write("in.csv", "id;name\n1;A\n2;B\n");
    let what = "warning: stage \"in\": csv: in.csv: it has one column, \"id;name\": is its delimiter another? \
        (delimiter = \";\" makes 2)";
    let (code, words, stored) = run(&room, "in.csv", "");
    assert_eq!((code, stored), (0, 2));
    assert!(words.contains(what), "{words}");
    let check = room.sluicebox(&["check", "t.toml", "--strict"]);
    assert_eq!(check.status.code(), Some(2));
    assert!(text(&check.stderr).contains(what), "{}", text(&check.stderr));
    let (_, words, stored) = run(&room, "in.csv", "delimiter = \";\"");
    assert_eq!((words.as_str(), stored), ("", 2));
}

#[test]
fn a_stray_quote_is_rejected_by_its_own_reason() {
    let room = Sandbox::new();
    room.write("in.csv", "id,t\n1,\"abc\n2,\"def\n3,ok\n4,\"x\n5,\"y\n");
    let (code, words, _) = run(&room, "in.csv", "max_rejects = \"100%\"");
    assert_eq!(code, 0, "{words}");
    assert_eq!(room.query("out.db", "SELECT id FROM \"in\""), 3);
    let (code, words, _) = run(&room, "in.csv", "");
    assert_eq!(code, 1);
    assert!(words.contains("4 of 5 records were rejected (4 quote)"), "{words}");
    let lenient = run(&room, "in.csv", "max_rejects = \"100%\"\nlenient_quotes = true");
    assert_eq!((lenient.0, lenient.2), (0, 3), "two lines are one record then, as asked for");
    room.write("mysql.csv", "id,t\n1,\"say \\\"hi\\\"\"\n");
    assert_eq!(run(&room, "mysql.csv", "escape = '\\'").2, 1);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"in\" WHERE t = 'say \"hi\"'"), 1);
}

#[test]
fn a_file_that_is_no_text_starts_nothing() {
    let room = Sandbox::new();
    fs::write(room.path("a.csv"), b"i\0d\0,\0n\0\n\0").unwrap();
    let (code, words, _) = run(&room, "a.csv", "");
    assert_eq!(code, 2);
    assert!(words.contains("cannot read a.csv: it is UTF-16 text without a mark (say encoding"), "{words}");
    assert!(!room.path("out.db").exists(), "nothing was started");
}

#[test]
fn a_source_that_finds_another_file_after_a_kill_says_so() {
    let room = Sandbox::new();
    let rows =
        |word: &str| (0..120_000).fold("id,s\n".to_string(), |text, id| text + &format!("{id},{word}{id}\n"));
    room.write("in.csv", &rows("row"));
    let running = room.start(&topology("in.csv", "rate = \"20k/s\""), &[]);
    room.wait_worker("in", "reads", |worker| {
        worker["in"].as_u64().unwrap_or(0) > 1000 || worker["state"] == "running"
    });
    room.signal("in", Signal::SIGSTOP);
    room.write("new.csv", &rows("new"));
    fs::rename(room.path("new.csv"), room.path("in.csv")).unwrap();
    room.signal("in", Signal::SIGKILL);
    let output = running.end();
    let words = text(&output.stderr);
    assert!(words.contains("was ended by signal 9"), "the kill bites: {words}");
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("in.csv was changed since it was read before"), "{words}");
    assert_eq!(
        room.query("out.db", "SELECT count(*) FROM \"in\" WHERE s LIKE 'new%'"),
        0,
        "nothing is mixed"
    );
}

/// Two files into one stage, with steps of `b` before they meet.
fn together(a: &str, b: &str, between: &str) -> (Sandbox, String) {
    let room = Sandbox::new();
    room.write("a.csv", a);
    room.write("b.csv", b);
    let source = |name: &str| {
        format!(
            "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{name}.csv\"\nmax_rejects = \"100%\"\n"
        )
    };
    let (between, from) = match between {
        "" => (String::new(), "b"),
        steps => (format!("[[stage]]\nname = \"c\"\nfrom = \"b\"\n{steps}\n"), "c"),
    };
    let all = format!(
        "[[stage]]\nname = \"all\"\nfrom = [\"a\", \"{from}\"]\noperator = \"filter\"\nwhere = \"id > 0\"\n"
    );
    let out = "[[stage]]\nname = \"out\"\nfrom = \"all\"\noperator = \"sqlite\"\npath = \"out.db\"\n";
    let topology = ["name = \"t\"\n", &source("a"), &source("b"), &between, &all, out].concat();
    (room, topology)
}

#[test]
fn a_column_without_a_value_takes_the_type_that_the_other_side_has() {
    let a = "id,x,note\n1,1.5,a\n";
    let through = "operator = \"filter\"\nwhere = \"note IS NULL OR note <> 'x'\"";
    for (b, between, stored) in [
        ("id,x,note\n", "", 1),
        ("id,x,note\n2,,b\n3,,c\n", "", 3),
        ("id,x,note\n2,,b\n3,,x\n", through, 2),
        ("id,x,note\n", through, 1),
    ] {
        let (room, topology) = together(a, b, between);
        let account = room.run(&topology);
        assert_eq!(account["records"]["stored"], stored, "{b:?} {between:?}");
        assert_eq!(room.query("out.db", "SELECT count(*) FROM \"all\" WHERE typeof(x) = 'real'"), 1);
    }
    // Beyond what was looked at there may be values: they are of that type, or rejected.
    let late = format!("id,x,note\n{}", "2,,b\n".repeat(11_000));
    let (room, topology) = together(a, &(late + "3,2.5,b\n4,two,b\n"), "");
    let account = room.run(&topology);
    assert_eq!((&account["records"]["stored"], &account["records"]["rejected"]), (&11_002.into(), &1.into()));
}

#[test]
fn types_that_do_not_agree_are_told_as_before() {
    for (a, b) in
        [("id,x\n1,1\n", "id,x\n1,1.5\n"), ("id,x\n1,1\n", "id,y\n1,\n"), ("id,x\n1,1\n", "id\n1\n")]
    {
        let (room, topology) = together(a, b, "");
        let output = room.start(&topology, &[]).end();
        assert_eq!(output.status.code(), Some(2));
        let words = text(&output.stderr);
        assert!(words.contains("must have the same columns in the same order: column 2 is"), "{words}");
        assert_eq!(words.matches("error: ").count(), 1, "told once: {words}");
    }
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let room = Sandbox::new();
    room.write("t.toml", &topology("n.csv", ""));
    room.numbers("n.csv", 3);
    // A file of 10 GB that takes no room.
    fs::File::create(room.path("large.toml")).unwrap().set_len(10 << 30).unwrap();
    fs::File::create(room.path("large.csv")).unwrap().set_len(10 << 30).unwrap();
    for command in ["run", "check", "status", "audit", "stop", "logs"] {
        for (path, told) in [
            ("/dev/zero", "/dev/zero"),
            ("/proc/cpuinfo", "it is no file on a disk but a view of the kernel's (procfs)"),
            ("/proc/kmsg", "cannot read /proc/kmsg: "),
            ("./large.toml", "large.toml"),
        ] {
            let output = room.sluicebox(&[command, path]);
            assert_eq!(output.status.code(), Some(2), "{command} {path}: {}", text(&output.stderr));
            assert!(text(&output.stderr).contains(told), "{command} {path}: {}", text(&output.stderr));
        }
    }
    let (code, words, _) = run(&room, "large.csv", "");
    assert_eq!(code, 2);
    assert!(words.contains("it is no text: it begins with NUL bytes only"), "{words}");
    let (code, words, _) = run(&room, "large.csv", "encoding = \"latin1\"");
    assert_eq!(code, 2);
    assert!(words.contains("is longer than line_max = 1048576 bytes"), "{words}");
}
