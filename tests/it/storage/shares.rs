//! Files that other runs and other programs write to between two lives of a sink: nothing of theirs is lost.

use super::{Folder, MS, Sink, numbers, numbers_input, plan};
use sluicebox::operator::{Account, Ending, Planned};
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

const OPERATORS: [&str; 2] = ["csv", "jsonl"];
const OLD: &str = "n\n7\n8\n";

fn sink(operator: &str, path: &str, if_exists: &str) -> Planned {
    let params = format!("path = {path:?}\nif_exists = {if_exists:?}");
    plan(operator, &params, &[numbers_input("clean")]).unwrap()
}

fn start(planned: &Planned, run: &str, account: &Account) -> Result<Sink, String> {
    Sink::start(planned, run, account).map_err(|e| e.sentence)
}

/// The account of a run that stored `range` and was killed before it counted two more.
fn killed(planned: &Planned, range: std::ops::Range<i64>) -> Account {
    let mut sink = Sink::fresh(planned);
    let end = range.end;
    sink.call(0, &mut numbers(range)).unwrap();
    let published = sink.published.clone();
    sink.call(0, &mut numbers(end..end + 2)).unwrap();
    published
}

fn add(path: &str, text: &str) {
    let there = fs::OpenOptions::new().write(true).open(path).unwrap();
    there.write_all_at(text.as_bytes(), there.metadata().unwrap().len()).unwrap();
}

fn store(operator: &str, path: &str, if_exists: &str, run: &str, range: std::ops::Range<i64>) {
    let mut sink = start(&sink(operator, path, if_exists), run, &Account::default()).unwrap();
    sink.call(0, &mut numbers(range)).unwrap();
    sink.finish().unwrap();
}

#[test]
fn who_goes_on_cuts_nothing_that_others_have_written() {
    for operator in OPERATORS {
        for writer in ["run-2", "a short one", "by hand", "half a line"] {
            let folder = Folder::new();
            let path = folder.path("x");
            let planned = sink(operator, &path, "append");
            let published = killed(&planned, 0..10);
            let who = match writer {
                "run-2" | "a short one" => {
                    store(operator, &path, "append", "run-2", 0..if writer == "run-2" { 3000 } else { 1 });
                    "run \"run-2\" has written to it since run \"run-1\" did"
                }
                _ => {
                    add(&path, if writer == "by hand" { "77\n" } else { "7" });
                    "another program has written to it since run \"run-1\" did"
                }
            };
            let all = fs::read(&path).unwrap();
            let told = start(&planned, "run-1", &published).err().expect(writer);
            assert!(
                told.starts_with(&format!("cannot write to {path}: {who}, and to go on would cut off")),
                "{told}"
            );
            assert!(told.ends_with("move those bytes to another file before this one goes on)"), "{told}");
            assert_eq!(fs::read(&path).unwrap(), all, "{operator}: {writer}");
        }
    }
}

#[test]
fn what_the_run_wrote_itself_is_cut_however_often_it_is_killed() {
    for operator in OPERATORS {
        let folder = Folder::new();
        let path = folder.path("x");
        fs::write(&path, if operator == "csv" { "n\n5\n" } else { "{\"n\":5}\n" }).unwrap();
        let planned = sink(operator, &path, "append");
        let published = killed(&planned, 0..10);
        for _ in 0..3 {
            let mut again = start(&planned, "run-1", &published).unwrap();
            again.call(0, &mut numbers(10..13)).unwrap();
            again.call(0, &mut numbers(13..99)).unwrap();
        }
        start(&planned, "run-1", &published).unwrap().finish().unwrap();
        let stored = fs::read_to_string(&path).unwrap().lines().filter(|line| *line != "n").count();
        assert_eq!(stored, 11, "{operator}");
    }
}

/// Makes files until one has the number that another had; whether this file system gives numbers again.
fn take_number(path: &str, number: u64, text: &str) -> bool {
    (0..100).any(|at| {
        let made = format!("{path}.{at}");
        fs::write(&made, text).unwrap();
        fs::metadata(&made).unwrap().ino() == number && fs::rename(&made, path).is_ok()
    })
}

#[test]
fn a_new_file_with_the_number_of_the_old_is_another() {
    let folder = Folder::new();
    let path = folder.path("x");
    let foreign = "{\"theirs\":1}\n".repeat(20);
    let planned = sink("jsonl", &path, "append");
    let published = killed(&planned, 0..3);
    let number = fs::metadata(&path).unwrap().ino();
    fs::remove_file(&path).unwrap();
    if !take_number(&path, number, &foreign) {
        eprintln!("SKIPPED: no file here gets the number of one that is gone");
        return;
    }
    let mut again = start(&planned, "run-1", &published).unwrap();
    again.call(0, &mut numbers(3..4)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), foreign + "{\"n\":3}\n", "it is not cut");
}

#[test]
fn the_file_of_another_run_that_replaced_is_not_taken_for_ones_own() {
    for operator in OPERATORS {
        let folder = Folder::new();
        let path = folder.path("x");
        fs::write(&path, OLD).unwrap();
        let planned = sink(operator, &path, "replace");
        let published = killed(&planned, 0..3);
        store(operator, &path, "replace", "run-2", 0..3000);
        let theirs = fs::read(&path).unwrap();
        let told = start(&planned, "run-1", &published).err().unwrap();
        let why =
            "the file that was written to before the sink was started again is gone (let no other program";
        assert!(told.contains(why), "{told}");
        assert_eq!(fs::read(&path).unwrap(), theirs, "{operator}");
    }
}

#[test]
fn the_rest_alone_never_takes_the_place_of_the_old_file_or_goes_behind_it() {
    for operator in OPERATORS {
        let folder = Folder::new();
        let (path, part) = (folder.path("x"), folder.path(".x.sluicebox-part"));
        fs::write(&path, OLD).unwrap();
        let planned = sink(operator, &path, "replace");
        let mut first = Sink::fresh(&planned);
        first.call(0, &mut numbers(0..3)).unwrap();
        let published = first.published.clone();
        fs::remove_file(&part).unwrap();
        first.desk.cx().now_ns = 2000 * MS;
        let told = first.call(0, &mut numbers(3..4)).err().unwrap().sentence;
        assert!(told.contains(&format!("cannot write to {path}: {part} is gone (")), "{told}");
        first.desk.set_ending(Ending::Stopped);
        assert!(first.finish().err().unwrap().sentence.contains("is gone"));
        drop(first);
        let told = start(&planned, "run-1", &published).err().unwrap();
        assert!(told.contains("is gone (let no other program touch it"), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), OLD, "{operator}");
    }
}

#[test]
fn the_users_own_files_beside_it_stay_and_nobody_else_reads_a_private_one_meanwhile() {
    for operator in OPERATORS {
        let folder = Folder::new();
        let (path, part) = (folder.path("x"), folder.path(".x.sluicebox-part"));
        fs::write(&path, OLD).unwrap();
        fs::write(folder.path(".x.part"), "mine").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        let planned = sink(operator, &path, "replace");
        let mut first = Sink::fresh(&planned);
        first.call(0, &mut numbers(0..3)).unwrap();
        assert_eq!(fs::metadata(&part).unwrap().mode() & 0o777, 0o600);
        // The old file is held all the while.
        assert!(start(&planned, "run-2", &Account::default()).err().unwrap().contains("is being filled by"));
        first.finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o664);
        assert_eq!(fs::read_to_string(folder.path(".x.part")).unwrap(), "mine", "{operator}");
        drop(first);
        // The old file goes meanwhile: the new one has the rights of any new file.
        let mut second = Sink::fresh(&planned);
        second.call(0, &mut numbers(0..3)).unwrap();
        fs::remove_file(&path).unwrap();
        second.finish().unwrap();
        fs::write(folder.path("any"), "").unwrap();
        let mode = |name: &str| fs::metadata(folder.path(name)).unwrap().mode();
        assert_eq!(mode("x"), mode("any"));
    }
}
