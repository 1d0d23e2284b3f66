//! `if_exists = "replace"`: the new grows beside the old, and takes its place when all of it is there.

use super::{Folder, Sink, input, look, numbers, numbers_input, plan};
use rusqlite::Connection;
use sluicebox::data::Type;
use sluicebox::operator::{Account, Ending, Planned};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const OLD: &str = "n\n7\n8\n";

fn sink(operator: &str, path: &str) -> Planned {
    plan(operator, &format!("path = {path:?}\nif_exists = \"replace\""), &[numbers_input("clean")]).unwrap()
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.0.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_file_is_replaced_as_a_whole_when_all_is_there() {
    for (operator, new) in [("csv", "n\n0\n1\n"), ("jsonl", "{\"n\":0}\n{\"n\":1}\n")] {
        let folder = Folder::new();
        let (path, link) = (folder.path("x"), folder.path("link"));
        fs::write(&path, OLD).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("x", &link).unwrap();
        let planned = sink(operator, &link);
        look(&planned).unwrap();
        let mut first = Sink::fresh(&planned);
        first.call(0, &mut numbers(0..1)).unwrap();
        let published = first.published.clone();
        // Killed: what comes behind it goes on beside the old file.
        first.call(0, &mut numbers(5..6)).unwrap();
        drop(first);
        assert_eq!((read(&path).as_str(), names(&folder).len()), (OLD, 3));
        let mut second = Sink::start(&planned, "run-1", &published).unwrap();
        second.call(0, &mut numbers(1..2)).unwrap();
        assert_eq!(read(&link), OLD);
        second.finish().unwrap();
        assert_eq!((read(&path).as_str(), names(&folder)), (new, vec!["link".to_string(), "x".to_string()]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // Killed after it took its place: it goes on there.
        let account = second.published.clone();
        drop(second);
        Sink::start(&planned, "run-1", &account).unwrap().finish().unwrap();
        assert_eq!(read(&path), new);
    }
}

#[test]
fn without_all_records_the_old_file_stays() {
    for operator in ["csv", "jsonl"] {
        let folder = Folder::new();
        let path = folder.path("x");
        fs::write(&path, OLD).unwrap();
        let mut nothing = Sink::fresh(&sink(operator, &path));
        nothing.finish().unwrap();
        drop(nothing);
        assert_eq!(
            (read(&path).as_str(), names(&folder)),
            (OLD, vec!["x".to_string()]),
            "nothing was stored"
        );
        let mut stopped = Sink::fresh(&sink(operator, &path));
        stopped.call(0, &mut numbers(0..1)).unwrap();
        stopped.desk.set_ending(Ending::Stopped);
        stopped.finish().unwrap();
        let published = stopped.published.clone();
        drop(stopped);
        assert_eq!(
            (read(&path).as_str(), names(&folder)),
            (OLD, vec![".x.sluicebox-part".to_string(), "x".to_string()])
        );
        // It is resumed, and comes to its end.
        let mut resumed = Sink::start(&sink(operator, &path), "run-1", &published).unwrap();
        resumed.call(0, &mut numbers(1..2)).unwrap();
        resumed.finish().unwrap();
        assert_eq!((read(&path).lines().last().unwrap().contains('1'), names(&folder).len()), (true, 1));
    }
}

#[test]
fn what_comes_without_an_end_is_seen_with_its_first_records() {
    let folder = Folder::new();
    let path = folder.path("x");
    fs::write(&path, OLD).unwrap();
    let endless = |planned: &Planned| {
        Sink::start_with(planned, "run-1", &Account::default(), |desk| desk.set_ends(false)).unwrap()
    };
    let mut file = endless(&sink("csv", &path));
    assert_eq!(read(&path), OLD);
    file.call(0, &mut numbers(0..1)).unwrap();
    assert_eq!((read(&path).as_str(), names(&folder).len()), ("n\n0\n", 1));
    let database = folder.path("x.db");
    old_table(&database);
    let mut table = endless(&sink("sqlite", &database));
    assert_eq!(rows(&database), [7, 8]);
    table.call(0, &mut numbers(0..10_000)).unwrap();
    assert_eq!(rows(&database).len(), 10_000);
    table.call(0, &mut numbers(10_000..20_000)).unwrap();
    table.desk.set_ending(Ending::Stopped);
    table.finish().unwrap();
    assert_eq!(rows(&database).len(), 20_000);
}

#[test]
fn a_link_that_lies_beside_is_not_followed_and_a_folder_that_takes_no_file_is_told() {
    let folder = Folder::new();
    let (path, victim) = (folder.path("x"), folder.path("victim"));
    fs::write(&path, OLD).unwrap();
    fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, folder.path(".x.sluicebox-part")).unwrap();
    let mut sink = Sink::fresh(&self::sink("jsonl", &path));
    sink.call(0, &mut numbers(0..1)).unwrap();
    sink.finish().unwrap();
    assert_eq!((read(&victim).as_str(), read(&path).as_str()), ("mine", "{\"n\":0}\n"));
    let long = folder.path(&"é".repeat(120));
    fs::write(&long, OLD).unwrap();
    let mut sink = Sink::fresh(&self::sink("jsonl", &long));
    sink.call(0, &mut numbers(0..1)).unwrap();
    sink.finish().unwrap();
    assert_eq!(read(&long), "{\"n\":0}\n");
}

fn old_table(path: &str) {
    let sql = "CREATE TABLE clean(n INTEGER PRIMARY KEY, old TEXT); INSERT INTO clean(n) VALUES (7), (8); \
        CREATE INDEX by_n ON clean(n); CREATE INDEX by_old ON clean(old); CREATE VIEW v AS SELECT n FROM clean; \
        CREATE TABLE log(n); CREATE TRIGGER t AFTER INSERT ON clean BEGIN INSERT INTO log VALUES (new.n); END; \
        CREATE TRIGGER d AFTER DELETE ON clean BEGIN INSERT INTO log VALUES (-1); END; \
        CREATE TABLE orders(n REFERENCES clean ON DELETE CASCADE); INSERT INTO orders VALUES (7), (8); \
        CREATE TABLE visits(n REFERENCES clean(n) ON DELETE SET NULL); INSERT INTO visits VALUES (7)";
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn rows(path: &str) -> Vec<i64> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT n FROM clean ORDER BY n").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn text(path: &str, sql: &str) -> String {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

const OTHERS: &str = "SELECT (SELECT count(*) FROM orders) || ' ' || (SELECT count(n) FROM visits) || ' ' || \
    (SELECT count(*) FROM log) || ' ' || (SELECT group_concat(n) FROM (SELECT n FROM v ORDER BY n))";

#[test]
fn a_table_is_replaced_as_a_whole_and_nothing_else_changes() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    old_table(&path);
    let planned = sink("sqlite", &path);
    look(&planned).unwrap();
    let mut first = Sink::fresh(&planned);
    first.call(0, &mut numbers(0..10_000)).unwrap();
    first.call(0, &mut numbers(0..50)).unwrap();
    let published = first.published.clone();
    drop(first);
    assert_eq!(
        (rows(&path), text(&path, OTHERS).as_str()),
        (vec![7, 8], "2 1 0 7,8"),
        "killed in the middle"
    );
    let mut second = Sink::start(&planned, "run-1", &published).unwrap();
    second.call(0, &mut numbers(10_000..10_003)).unwrap();
    second.finish().unwrap();
    assert_eq!((second.published.out(), rows(&path).len()), (10_003, 10_003));
    assert!(text(&path, OTHERS).starts_with("2 1 0 0,1,2,"), "no row of others is gone, and none has come");
    let kept = "SELECT group_concat(name, ' ' ORDER BY name) FROM sqlite_schema \
        WHERE name NOT LIKE '%sluicebox_account%'";
    assert_eq!(text(&path, kept), "by_n clean d log orders t v visits", "what fits is kept");
    // The key that others refer to by is one still.
    let more = "PRAGMA foreign_keys = on; INSERT INTO orders VALUES (9); PRAGMA foreign_key_check";
    Connection::open(&path).unwrap().execute_batch(more).unwrap();
}

#[test]
fn without_all_records_the_old_table_stays() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    old_table(&path);
    let before = text(&path, "SELECT group_concat(sql) FROM sqlite_schema");
    Sink::fresh(&sink("sqlite", &path)).finish().unwrap();
    assert_eq!(rows(&path), [7, 8], "nothing was stored");
    assert!(text(&path, "SELECT group_concat(sql) FROM sqlite_schema").starts_with(&before));
    let mut stopped = Sink::start(&sink("sqlite", &path), "run-2", &Account::default()).unwrap();
    stopped.call(0, &mut numbers(0..3)).unwrap();
    stopped.desk.set_ending(Ending::Stopped);
    stopped.finish().unwrap();
    let published = stopped.published.clone();
    drop(stopped);
    assert_eq!(rows(&path), [7, 8]);
    assert_eq!(
        text(&path, "SELECT count(*) || '' FROM _sluicebox_new_clean"),
        "3",
        "and what came can be seen"
    );
    let mut resumed = Sink::start(&sink("sqlite", &path), "run-2", &published).unwrap();
    resumed.call(0, &mut numbers(3..4)).unwrap();
    resumed.finish().unwrap();
    assert_eq!((rows(&path), text(&path, "PRAGMA journal_mode").as_str()), (vec![0, 1, 2, 3], "delete"));
}

#[test]
fn a_table_that_others_refer_to_by_what_is_not_there_is_not_replaced() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    old_table(&path);
    let inputs = [input("clean", &[("m", Type::I64)])];
    let planned = plan("sqlite", &format!("path = {path:?}\nif_exists = \"replace\""), &inputs).unwrap();
    let told = look(&planned).unwrap_err();
    assert!(
        told.contains(
            "can't be replaced: table \"orders\" refers to its column \"n\", which the records do not have"
        ),
        "{told}"
    );
    assert_eq!(rows(&path), [7, 8]);
}

#[test]
fn a_database_is_a_file_of_its_very_name_and_has_the_mode_it_had() {
    let folder = Folder::new();
    for name in ["file:x?mode=memory", "file:y.db", "x%41#z?mode=ro", ":memory:x"] {
        let path = folder.path(name);
        let relative = format!("{}/{name}", folder.path("."));
        let mut sink = Sink::fresh(&self::sink("sqlite", &relative));
        sink.call(0, &mut numbers(0..3)).unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap()[..15], *b"SQLite format 3", "{name}");
    }
    let path = folder.path("wal.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE mine(a)")
        .unwrap();
    let mut sink = Sink::fresh(&self::sink("sqlite", &path));
    sink.call(0, &mut numbers(0..3)).unwrap();
    sink.finish().unwrap();
    assert_eq!(text(&path, "PRAGMA journal_mode"), "wal", "somebody wants it so");
    assert_eq!(
        names(&folder).iter().filter(|name| name.ends_with("-wal") || name.ends_with("-shm")).count(),
        0
    );
}

#[test]
fn a_run_that_is_stopped_with_nothing_replaces_when_it_goes_on() {
    for operator in ["csv", "jsonl", "sqlite"] {
        let folder = Folder::new();
        let path = folder.path("x");
        match operator {
            "sqlite" => old_table(&path),
            _ => fs::write(&path, OLD).unwrap(),
        }
        let mut stopped = Sink::fresh(&sink(operator, &path));
        stopped.desk.set_ending(Ending::Stopped);
        stopped.finish().unwrap();
        let published = stopped.published.clone();
        drop(stopped);
        let mut resumed = Sink::start(&sink(operator, &path), "run-1", &published).unwrap();
        resumed.call(0, &mut numbers(1..2)).unwrap();
        resumed.finish().unwrap();
        match operator {
            "sqlite" => assert_eq!(rows(&path), [1]),
            _ => assert!(!read(&path).contains('7') && read(&path).contains('1'), "{}", read(&path)),
        }
        assert_eq!(names(&folder), ["x"]);
    }
}
