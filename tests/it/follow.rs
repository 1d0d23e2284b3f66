//! Files that grow: what is written, put aside, cut, replaced and deleted while a source follows, and while it is dead.

mod copies;
mod cut;
mod killed;
mod told;

use crate::source::Source;
use sluicebox::operator::{Account, Next};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder with a log in it that a source follows.
struct Room {
    folder: TempDir,
    params: String,
}

impl Room {
    fn new(pattern: &str) -> Room {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(pattern).display().to_string();
        Room {
            folder,
            params: format!("path = {path:?}\nfollow = true\ntypes = {{ n = \"i64\", t = \"str\" }}\n"),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Appends a text, as who keeps the file open or opens it anew.
    fn append(&self, name: &str, text: &str) {
        let mut file = File::options().append(true).create(true).open(self.at(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    fn source(&self) -> Source {
        Source::new("csv", &self.params)
    }

    fn again(&self, account: &Account) -> Source {
        Source::resumed("csv", &self.params, account.clone())
    }
}

/// Reads until there is nothing more for now, and gives the first column of what came.
fn more(source: &mut Source) -> Vec<String> {
    let before = source.rows.len();
    while source.step().unwrap() != Next::Wait {}
    source.rows[before..].iter().map(|row| row[0].clone()).collect()
}

const HEAD: &str = "n,t\n";

#[test]
fn what_is_written_comes_and_half_a_line_waits() {
    let room = Room::new("a.csv");
    let mut source = room.source();
    assert_eq!(more(&mut source), [""; 0], "it waits for the file itself");
    room.append("a.csv", "n,");
    assert_eq!(more(&mut source), [""; 0], "half a header is none");
    room.append("a.csv", "t\n1,a\n2");
    assert_eq!(more(&mut source), ["1"]);
    room.append("a.csv", "2,\"b\n");
    assert_eq!(more(&mut source), [""; 0], "an open quote waits too");
    room.append("a.csv", "c\"\n3,");
    assert_eq!(more(&mut source), ["22"]);
    assert_eq!(source.rows[1][1], "b\nc");
    room.append("a.csv", "d\n");
    assert_eq!(more(&mut source), ["3"]);
    assert_eq!(source.rejected(), []);
    assert!(source.operator.wait_on().is_some());
    assert_eq!(more(&mut source), [""; 0]);
}

#[test]
fn a_file_that_is_put_aside_is_read_to_its_end_and_then_the_new_one() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut source = room.source();
    let mut writer = File::options().append(true).open(room.at("a.csv")).unwrap();
    assert_eq!(more(&mut source), ["1"]);
    writer.write_all(b"2,x\n").unwrap();
    room.rename("a.csv", "a.csv.1");
    writer.write_all(b"3,x\n").unwrap();
    room.append("a.csv", "n,t\n4,x\n");
    writer.write_all(b"5,x\n6").unwrap();
    assert_eq!(
        more(&mut source),
        ["2", "3", "5", "4"],
        "what came late is read too, and the header is no record"
    );
    writer.write_all(b"6,x\n").unwrap();
    assert_eq!(more(&mut source), ["66"]);
    room.rename("a.csv.1", "a.csv.2");
    room.rename("a.csv", "a.csv.1");
    writer.write_all(b"7").unwrap();
    room.append("a.csv", "n,t\n8,x\n");
    assert_eq!(more(&mut source), ["8"]);
    room.rename("a.csv", "a.csv.0");
    room.append("a.csv", "n,t\n9,x\n");
    assert_eq!(more(&mut source), ["9"], "the last half line has too few fields");
    assert_eq!(source.rejected(), [("fields".to_string(), 1)]);
}

#[test]
fn several_rotations_between_two_looks_lose_nothing() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n0,x\n");
    let mut source = room.source();
    assert_eq!(more(&mut source), ["0"]);
    for n in 1..6 {
        for older in (1..n).rev() {
            room.rename(&format!("a.csv.{older}"), &format!("a.csv.{}", older + 1));
        }
        room.rename("a.csv", "a.csv.1");
        room.append("a.csv", &format!("{HEAD}{n},x\n"));
    }
    let mut found = more(&mut source);
    found.sort();
    assert_eq!(found, ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_file_that_is_cut_is_read_from_its_start_with_or_without_a_header() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n2,x\n");
    let mut source = room.source();
    assert_eq!(more(&mut source), ["1", "2"]);
    File::options().write(true).open(room.at("a.csv")).unwrap().set_len(0).unwrap();
    assert_eq!(more(&mut source), [""; 0]);
    room.append("a.csv", "3,x\n");
    assert_eq!(more(&mut source), ["3"]);
    fs::write(room.at("a.csv"), "n,t\n4,x\n").unwrap();
    assert_eq!(more(&mut source), ["4"], "written anew, and longer than before");
    fs::write(room.at("a.csv"), "n,t\n5,longer\n6,x\n").unwrap();
    assert_eq!(more(&mut source), ["5", "6"]);
    assert_eq!(source.rejected(), []);
}

#[test]
fn a_file_that_is_replaced_or_deleted_is_read_to_its_end() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n");
    let mut source = room.source();
    assert_eq!(more(&mut source), ["1"]);
    room.append("a.csv", "2,x\n3");
    room.append("new", "n,t\n4,x\n");
    room.rename("new", "a.csv");
    assert_eq!(more(&mut source), ["2", "4"], "a last line that nobody can end has too few fields");
    room.append("a.csv", "5,x\n");
    fs::remove_file(room.at("a.csv")).unwrap();
    assert_eq!(more(&mut source), ["5"]);
    assert_eq!(
        source.desk.cx().position().len(),
        8,
        "nothing is followed now: it is known when that was seen"
    );
    room.append("a.csv", "n,t\n6,x\n");
    assert_eq!(more(&mut source), ["6"]);
}

#[test]
fn patterns_pick_up_files_and_folders_that_come() {
    let room = Room::new("logs/**/*.csv");
    let mut source = room.source();
    assert_eq!(more(&mut source), [""; 0], "there is no folder yet");
    fs::create_dir_all(room.at("logs/deep")).unwrap();
    room.append("logs/a.csv", "n,t\n1,x\n");
    assert_eq!(more(&mut source), ["1"]);
    room.append("logs/deep/b.csv", "n,t\n2,x\n");
    assert_eq!(more(&mut source), ["2"]);
    fs::create_dir_all(room.at("logs/new/er")).unwrap();
    assert_eq!(more(&mut source), [""; 0]);
    room.append("logs/new/er/c.csv", "n,t\n3,x\n");
    room.append("logs/a.csv", "4,x\n");
    room.append("logs/a.txt", "none\n");
    let mut found = more(&mut source);
    found.sort();
    assert_eq!(found, ["3", "4"]);
    room.rename("logs/a.csv", "logs/z.csv");
    room.append("logs/z.csv", "5,x\n");
    assert_eq!(more(&mut source), ["5"], "it is the same file under another name that fits");
}

#[test]
fn what_happens_while_nobody_follows_is_read_by_the_next() {
    let room = Room::new("a.csv");
    room.append("a.csv", "n,t\n1,x\n2,x\n");
    let account = |source: &mut Source| source.desk.account_mut().clone();
    let mut first = room.source();
    assert_eq!(more(&mut first), ["1", "2"]);
    let at = account(&mut first);
    room.append("a.csv", "3,x\n");
    let mut second = room.again(&at);
    assert_eq!(more(&mut second), ["3"], "it has grown");
    let at = account(&mut second);
    room.append("a.csv", "4,x\n");
    room.rename("a.csv", "a.csv.1");
    room.append("a.csv", "n,t\n5,x\n");
    let mut third = room.again(&at);
    assert_eq!(more(&mut third), ["4", "5"], "it was put aside");
    let at = account(&mut third);
    room.append("a.csv", "6,x\n");
    room.rename("a.csv.1", "a.csv.3");
    room.rename("a.csv", "a.csv.2");
    room.append("a.csv", "n,t\n7,x\n");
    room.rename("a.csv", "a.csv.1");
    room.append("a.csv", "n,t\n8,x\n");
    let mut fourth = room.again(&at);
    assert_eq!(more(&mut fourth), ["6", "7", "8"], "twice, and one of them was never seen by its name");
    let at = account(&mut fourth);
    let mut fifth = room.again(&at);
    fs::write(room.at("a.csv"), "9,x\n").unwrap();
    assert_eq!(more(&mut fifth), ["9"], "it was cut");
    let at = account(&mut fifth);
    fs::remove_file(room.at("a.csv")).unwrap();
    room.append("a.csv", "n,t\n10,x\n");
    let mut sixth = room.again(&at);
    assert_eq!(more(&mut sixth), ["10"], "another has its name, and maybe its inode");
}

#[test]
fn each_kill_between_two_calls_goes_on_where_it_was() {
    let room = Room::new("*.csv");
    let mut account = Account::default();
    let (mut rows, mut written) = (Vec::new(), 0);
    for round in 0..60 {
        let name = ["a.csv", "b.csv"][round % 2];
        if !room.at(name).exists() {
            room.append(name, HEAD);
        }
        for _ in 0..round % 7 {
            room.append(name, &format!("{written},row\n"));
            written += 1;
        }
        if round % 9 == 8 {
            room.rename("a.csv", &format!("a.csv.{round}"));
        }
        let mut source = room.again(&account);
        source.desk.cx().records_max = 1 + round % 3;
        (0..2 + round % 5).for_each(|_| _ = source.step().unwrap());
        rows.extend(source.rows.drain(..).map(|row| row[0].parse::<usize>().unwrap()));
        account = source.desk.account_mut().clone();
    }
    let mut last = room.again(&account);
    more(&mut last);
    rows.extend(last.rows.iter().map(|row| row[0].parse::<usize>().unwrap()));
    rows.sort_unstable();
    assert_eq!(rows, (0..written).collect::<Vec<_>>());
}
