//! The sinks `jsonl` and `csv` on regular files: what stays, what is cut, what is told.

use super::{Folder, MS, Sink, input, look, numbers, numbers_input, offset, plan, problems};
use sluicebox::data::Type;
use sluicebox::operator::{Account, Fill, Planned};
use std::fs;

fn sink(operator: &str, path: &str, more: &str) -> Planned {
    plan(operator, &format!("path = {path:?}\n{more}"), &[numbers_input("clean")]).unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_restart_cuts_what_was_never_counted() {
    for (operator, all) in [("jsonl", "{\"n\":0}\n{\"n\":1}\n{\"n\":5}\n"), ("csv", "n\n0\n1\n5\n")] {
        let folder = Folder::new();
        let path = folder.path("out/x");
        let planned = sink(operator, &path, "");
        let mut first = Sink::fresh(&planned);
        let before = first.published.clone();
        assert_eq!(offset(&first.published), 0, "opened, and nothing written");
        first.call(0, &mut numbers(0..2)).unwrap();
        let published = first.published.clone();
        assert_eq!(offset(&published), fs::metadata(&path).unwrap().len());
        // Killed after a write and before the account was published, in the middle of a record even.
        first.call(0, &mut numbers(2..4)).unwrap();
        drop(first);
        let torn = fs::metadata(&path).unwrap().len() - 3;
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(torn).unwrap();
        let mut second = Sink::start(&planned, "run-1", &published).unwrap();
        second.call(0, &mut numbers(5..6)).unwrap();
        second.finish().unwrap();
        assert_eq!(read(&path), all);

        // Killed before the first batch was counted: from the beginning, header included.
        drop(second);
        let mut third = Sink::start(&planned, "run-1", &before).unwrap();
        assert_eq!(read(&path), "");
        third.call(0, &mut numbers(0..2)).unwrap();
        third.call(0, &mut numbers(5..6)).unwrap();
        drop(third);
        assert_eq!(read(&path), all);
    }
}

#[test]
fn if_exists_says_what_becomes_of_an_old_file() {
    for (operator, mode, before, outcome) in [
        ("jsonl", "fail", "", Ok("{\"n\":0}\n")),
        ("jsonl", "fail", "{\"a\":1}\n", Err("holds records already")),
        ("jsonl", "replace", "{\"a\":1}\n", Ok("{\"n\":0}\n")),
        ("jsonl", "append", "", Ok("{\"n\":0}\n")),
        ("jsonl", "append", "{\"a\":1}\n", Ok("{\"a\":1}\n{\"n\":0}\n")),
        ("jsonl", "append", "{\"a\":1}", Ok("{\"a\":1}\n{\"n\":0}\n")),
        ("csv", "fail", "", Ok("n\n0\n")),
        ("csv", "fail", "n\n", Ok("n\n0\n")),
        ("csv", "fail", "n\n7\n", Err("holds records already")),
        ("csv", "fail", "m\n", Err("holds records already")),
        ("csv", "replace", "m\n7\n", Ok("n\n0\n")),
        ("csv", "append", "", Ok("n\n0\n")),
        ("csv", "append", "n\n7\n", Ok("n\n7\n0\n")),
        ("csv", "append", "\"n\"\r\n7", Ok("\"n\"\r\n7\n0\n")),
        ("csv", "append", "m,n\n7,8\n", Err("its header is \"m,n\", the records have \"n\"")),
    ] {
        let folder = Folder::new();
        let path = folder.path("x");
        fs::write(&path, before).unwrap();
        let planned = sink(operator, &path, &format!("if_exists = {mode:?}"));
        match outcome {
            Ok(after) => {
                look(&planned).unwrap();
                let mut sink = Sink::fresh(&planned);
                sink.call(0, &mut numbers(0..1)).unwrap();
                sink.finish().unwrap();
                assert_eq!(read(&path), after, "{operator} {mode} {before:?}");
            }
            Err(why) => {
                let told = look(&planned).unwrap_err();
                assert!(told.contains(why), "{told}");
                let told = Sink::start(&planned, "run-1", &Account::default()).err().unwrap().sentence;
                assert!(told.contains(why), "{told}");
                assert_eq!(read(&path), before, "left as it was");
            }
        }
    }
}

#[test]
fn a_run_without_records_leaves_a_header() {
    let folder = Folder::new();
    for (operator, path, all) in [("csv", folder.path("a/b/x.csv"), "n\n"), ("jsonl", folder.path("x"), "")] {
        let planned = sink(operator, &path, "");
        assert_eq!(planned.results, std::slice::from_ref(&path));
        assert_eq!(planned.fills, [Fill::whole(&path)]);
        for run in ["run-1", "run-2"] {
            look(&planned).unwrap();
            Sink::start(&planned, run, &Account::default()).unwrap().finish().unwrap();
            assert_eq!(read(&path), all);
        }
    }
}

#[test]
fn a_file_that_is_moved_away_is_followed_by_a_new_one() {
    let folder = Folder::new();
    let path = folder.path("x.csv");
    let mut sink = Sink::fresh(&sink("csv", &path, ""));
    sink.call(0, &mut numbers(0..1)).unwrap();
    fs::rename(&path, folder.path("x.csv.1")).unwrap();
    sink.desk.cx().now_ns = 2000 * MS;
    sink.call(0, &mut numbers(1..2)).unwrap();
    assert_eq!(read(&folder.path("x.csv.1")), "n\n0\n");
    assert_eq!(read(&path), "n\n1\n");
    // Emptied in place: goes on behind what is left, not behind a hole.
    fs::write(&path, "").unwrap();
    sink.desk.cx().now_ns = 4000 * MS;
    sink.call(0, &mut numbers(2..3)).unwrap();
    assert_eq!(read(&path), "n\n2\n");
    let published = sink.published.clone();
    assert_eq!(offset(&published), 4);
    drop(sink);
    // Cut while nobody wrote to it.
    fs::write(&path, "n\n").unwrap();
    let mut sink = Sink::start(&self::sink("csv", &path, ""), "run-1", &published).unwrap();
    sink.call(0, &mut numbers(3..4)).unwrap();
    assert_eq!(read(&path), "n\n3\n");
}

#[test]
fn between_two_lives_nobody_elses_file_is_cut_and_no_torn_record_is_left() {
    for (operator, foreign, after) in
        [("jsonl", "{\"theirs\":1}\n", "{\"theirs\":1}\n{\"n\":2}\n"), ("csv", "n\n77777\n", "n\n77777\n2\n")]
    {
        let folder = Folder::new();
        let path = folder.path("x");
        let planned = sink(operator, &path, "");
        let mut first = Sink::fresh(&planned);
        first.call(0, &mut numbers(0..2)).unwrap();
        let published = first.published.clone();
        drop(first);
        let ours = read(&path);
        // Moved away and another in its place: longer than ours, it would have been cut.
        fs::rename(&path, folder.path("moved")).unwrap();
        fs::write(&path, foreign).unwrap();
        let mut second = Sink::start(&planned, "run-1", &published).unwrap();
        second.call(0, &mut numbers(2..3)).unwrap();
        drop(second);
        assert_eq!((read(&path), read(&folder.path("moved"))), (after.to_string(), ours.clone()));
        // Back again, but cut in the middle of a record.
        fs::rename(folder.path("moved"), &path).unwrap();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(ours.len() as u64 - 1).unwrap();
        let told = Sink::start(&planned, "run-1", &published).err().unwrap().sentence;
        assert!(told.contains("its last record is cut in two: put the whole file back"), "{told}");
        assert_eq!(read(&path), ours[..ours.len() - 1], "left as it was");
    }
}

#[test]
fn one_file_has_one_writer() {
    let folder = Folder::new();
    let path = folder.path("x.jsonl");
    let planned = sink("jsonl", &path, "patience = \"20ms\"\nif_exists = \"append\"");
    let first = Sink::fresh(&planned);
    let told = Sink::start(&planned, "run-2", &Account::default()).err().unwrap().sentence;
    let own = std::process::id();
    let expected = format!(
        "{path} is being filled by another process (pid {own}): wait for its end, stop it, or choose another path"
    );
    assert_eq!((told, look(&planned).unwrap_err()), (expected.clone(), expected));
    drop(first);
    Sink::start(&planned, "run-2", &Account::default()).unwrap();
}

#[test]
fn wrong_parameters_are_told() {
    let one = [numbers_input("clean")];
    for (operator, params, told) in [
        ("jsonl", "", "\"path\" is missing"),
        ("jsonl", "path = \"out/\"", "path: the path names a folder"),
        ("jsonl", "path = \"x\"\nif_exists = \"overwrite\"", "if_exists: unknown choice \"overwrite\""),
        ("jsonl", "path = \"x\"\npatience = 3", "patience: "),
        ("csv", "path = \"x\"\ndelimiter = \"ab\"", "delimiter: "),
        ("csv", "path = \"x\"\ndelimiter = \"7\"", "delimiter: '7' can't stand between cells"),
        ("csv", "path = \"\"\ndelimiter = \"é\"", "delimiter: 'é' can't stand between cells"),
        ("csv", "path = \"\"\ndelimiter = \"é\"", "path: the path is empty"),
        ("null", "path = \"x\"", "path: unknown key"),
    ] {
        let found = problems(operator, params, &one);
        assert!(found.contains(told), "{found}");
    }
    assert!(problems("csv", "path = \"x\"", &[input("a", &[])]).contains("reads no columns"));
    assert!(plan("null", "", &[numbers_input("a"), input("b", &[("x", Type::F64)])]).is_ok());
}
