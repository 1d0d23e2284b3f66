//! Several files as one source: lists and patterns, in order, over kills, whatever lies between them.

mod compressed;
mod told;

use crate::run::{Running, Sandbox, text};
use crate::source::{Source, problems, sample};
use nix::sys::signal::Signal;
use sluicebox::operator::{Account, Next};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use tempfile::TempDir;

/// A folder, and files in it with the numbers `from..to` of each.
fn folder(files: &[(&str, usize, usize)]) -> TempDir {
    let room = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, from, to)| numbers(&room.path().join(name), *from, *to));
    room
}

fn numbers(path: &Path, from: usize, to: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines: String = (from..to).map(|n| format!("{n},{}\n", n % 10)).collect();
    fs::write(path, format!("n,x\n{lines}")).unwrap();
}

fn params(room: &TempDir, paths: &[&str]) -> String {
    let at = |path: &&str| room.path().join(path).display().to_string();
    format!("path = {:?}\n", paths.iter().map(at).collect::<Vec<_>>())
}

/// The numbers that are read, in order.
fn read(room: &TempDir, paths: &[&str]) -> Result<Vec<usize>, String> {
    let source = Source::new("csv", &params(room, paths)).run().map_err(|e| e.sentence)?;
    Ok(source.rows.iter().map(|row| row[0].parse().unwrap()).collect())
}

fn told(room: &TempDir, paths: &[&str]) -> String {
    sample("csv", &params(room, paths)).unwrap_err().sentence
}

#[test]
fn files_are_read_in_the_order_of_the_list_and_of_their_names_each_once() {
    let room = folder(&[
        ("b.csv", 3, 6),
        ("logs/2.csv", 20, 22),
        ("logs/10.csv", 10, 12),
        ("logs/deep/9.csv", 90, 91),
    ]);
    symlink("2.csv", room.path().join("logs/latest.csv")).unwrap();
    fs::create_dir(room.path().join("logs/folder.csv")).unwrap();
    let all = |paths: &[&str]| read(&room, paths).unwrap();
    assert_eq!(all(&["b.csv"]), [3, 4, 5]);
    assert_eq!(all(&["logs/*.csv", "b.csv"]), [10, 11, 20, 21, 3, 4, 5]);
    assert_eq!(all(&["b.csv", "./b.csv", "logs/2.csv", "logs/latest.csv"]), [3, 4, 5, 20, 21], "each once");
    assert_eq!(all(&["**/*.csv"]), [3, 4, 5, 10, 11, 20, 21, 90]);
    let odd = "a\nb.csv";
    numbers(&room.path().join(odd), 7, 8);
    assert_eq!(all(&["a*.csv"]), [7], "a name may hold anything");
}

#[test]
fn empty_files_and_bare_headers_are_no_records() {
    let room = folder(&[("1.csv", 0, 0), ("3.csv", 0, 0), ("4.csv", 5, 7)]);
    fs::write(room.path().join("0.csv"), "").unwrap();
    fs::write(room.path().join("2.csv"), "").unwrap();
    fs::write(room.path().join("5.csv"), "").unwrap();
    assert_eq!(read(&room, &["*.csv"]).unwrap(), [5, 6]);
    let none = folder(&[]);
    fs::write(none.path().join("0.csv"), "").unwrap();
    fs::write(none.path().join("1.csv"), "").unwrap();
    assert!(told(&none, &["*.csv"]).contains("0.csv has no header line: it is empty"));
}

#[test]
fn what_does_not_go_together_is_told_with_both_files() {
    let room = folder(&[("a.csv", 0, 3)]);
    fs::write(room.path().join("b.csv"), "n,y\n1,2\n").unwrap();
    fs::write(room.path().join("c.csv"), "x,n\n1,2\n").unwrap();
    for (other, why) in
        [("b.csv", "column 2 is \"y\" here, \"x\" there"), ("c.csv", "column 1 is \"x\" here, \"n\" there")]
    {
        let told = told(&room, &["a.csv", other]);
        assert!(told.contains(&format!("{other} are not those of ")) && told.contains("a.csv: "), "{told}");
        assert!(told.contains(why), "{told}");
    }
    assert!(told(&room, &["none*.csv"]).contains("no file fits "));
    assert!(told(&room, &["none/x.csv"]).contains("none/x.csv: no such file or directory"));
    let of = |text: &str| problems("csv", text);
    assert_eq!(of("path = []\n"), ["path: the list names no file"]);
    assert_eq!(of("path = [\"a\", \"\"]\n"), ["path: an empty text names no file"]);
    assert!(of("path = [\"a\", \"-\"]\n")[0].contains("is read alone: give it a stage of its own"));
    assert_eq!(of("path = 5\n"), ["path: \"path\" must be a text or a list of texts, not 5"]);
}

#[test]
fn a_source_goes_on_in_the_file_that_it_was_reading() {
    let room = folder(&[("1.csv", 0, 500), ("2.csv", 500, 900), ("3.csv", 900, 1_000)]);
    let params = params(&room, &["*.csv"]);
    let mut rows = Vec::new();
    let mut account = Account::default();
    for crash in 0..1000 {
        let mut source = Source::resumed("csv", &params, account.clone());
        source.desk.cx().records_max = 50 + crash * 3;
        let ended = (0..3 + crash % 4).any(|_| source.step().unwrap() == Next::End);
        rows.append(&mut source.rows);
        account = source.desk.account_mut().clone();
        if ended {
            break;
        }
    }
    let rows: Vec<usize> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(rows, (0..1000).collect::<Vec<_>>());
    assert_eq!(account.done, 1000);
}

/// A source that has read the first file and some of the second, and what became of the rest after a change.
fn changed(change: impl Fn(&Path)) -> Result<Vec<usize>, String> {
    let room = folder(&[("1.csv", 0, 10), ("2.csv", 10, 2_000), ("3.csv", 2_000, 2_010)]);
    let params = params(&room, &["*.csv"]);
    let mut source = Source::new("csv", &params);
    source.desk.cx().records_max = 20;
    while source.rows.len() < 50 {
        source.step().unwrap();
    }
    let account = source.desk.account_mut().clone();
    change(room.path());
    let rest = Source::resumed("csv", &params, account).run().map_err(|e| e.sentence)?;
    Ok(source.rows.iter().chain(&rest.rows).map(|row| row[0].parse().unwrap()).collect())
}

#[test]
fn what_changes_between_two_lives_is_told_or_read() {
    let all: Vec<usize> = (0..2_010).collect();
    assert_eq!(changed(|_| {}).unwrap(), all);
    assert_eq!(changed(|at| fs::remove_file(at.join("1.csv")).unwrap()).unwrap(), all, "that one was read");
    let more = changed(|at| numbers(&at.join("4.csv"), 2_010, 2_011)).unwrap();
    assert_eq!(more, (0..2_011).collect::<Vec<_>>());
    let before = changed(|at| numbers(&at.join("0.csv"), 5_000, 5_001)).unwrap();
    assert_eq!(before, all, "its place had gone by");
    let gone = changed(|at| fs::remove_file(at.join("2.csv")).unwrap()).unwrap_err();
    assert!(gone.contains("2.csv is not there any more, and was read up to byte"), "{gone}");
    let other = changed(|at| {
        numbers(&at.join("new"), 0, 3_000);
        fs::rename(at.join("new"), at.join("2.csv")).unwrap();
    });
    assert!(other.unwrap_err().contains("2.csv was changed since it was read before"));
}

#[test]
fn ten_thousand_files_need_one_descriptor_at_a_time() {
    let room = Sandbox::new();
    fs::create_dir(room.path("d")).unwrap();
    for n in 0..10_000 {
        fs::write(room.path(&format!("d/{n:05}.csv")), format!("n,x\n{n},1\n")).unwrap();
    }
    let topology = crate::run::three("", "").replace("path = \"n.csv\"", "path = \"d/*.csv\"");
    room.write("t.toml", &topology.replace("x % 2 = 0", "n >= 0"));
    let output = Running::of(room.behind("ulimit -n 128", &["run", "t.toml"]).spawn().unwrap()).end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM even"), 10_000);
}

#[test]
fn a_kill_in_the_second_file_loses_what_the_account_says_and_reads_none_twice() {
    let room = Sandbox::new();
    for (name, from, to) in [("a.csv", 0, 20_000), ("b.csv", 20_000, 60_000), ("c.csv", 60_000, 80_000)] {
        numbers(&room.path(name), from, to);
    }
    let topology =
        crate::run::three("rate = \"40k/s\"", "").replace("\"n.csv\"", "[\"a.csv\", \"[bc].csv\"]");
    let running = room.start(&topology.replace("x % 2 = 0", "n >= 0"), &[]);
    room.wait_worker("numbers", "reads b.csv", |worker| worker["in"].as_u64().unwrap_or(0) > 25_000);
    room.signal("numbers", Signal::SIGKILL);
    let output = running.end();
    let account = crate::run::last_line(&output);
    assert!(text(&output.stderr).contains("was ended by signal 9"), "the kill bites");
    let (records, of) = (&account["records"], |sql: &str| room.query("out.db", sql));
    let stored = of("SELECT count(*) FROM even");
    assert_eq!(of("SELECT count(DISTINCT n) FROM even"), stored, "none twice");
    assert_eq!(records["in"].as_i64().unwrap(), 80_000);
    assert_eq!(stored + records["lost"].as_i64().unwrap(), 80_000, "{account}");
}

#[test]
fn a_file_that_may_not_be_read_and_one_that_is_a_sink_are_refused() {
    let room = Sandbox::new();
    numbers(&room.path("in/1.csv"), 0, 10);
    numbers(&room.path("in/2.csv"), 0, 10);
    let topology = crate::run::three("", "").replace("\"n.csv\"", "\"in/*.csv\"");
    let jsonl = topology.replace("\"sqlite\"", "\"jsonl\"").replace("out.db", "in/2.csv");
    let words = text(&room.start(&jsonl, &[]).end().stderr);
    assert!(words.contains("in/2.csv, which stage \"numbers\" reads"), "{words}");
    fs::set_permissions(room.path("in/2.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    let output = room.start(&topology, &[]).end();
    // Whom no permission stops reads it.
    let may = nix::unistd::geteuid().is_root();
    assert_eq!(output.status.code(), Some(if may { 0 } else { 1 }), "{}", text(&output.stderr));
}
