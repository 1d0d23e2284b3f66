//! A table that grows beside another belongs to the run that began it, and takes its place only as a whole.

use super::{Folder, Sink, look, numbers, numbers_input, plan};
use rusqlite::Connection;
use sluicebox::data::Batch;
use sluicebox::operator::{Account, Ending, Planned};
use sluicebox::units::Share;

fn sink(path: &str, if_exists: &str) -> Planned {
    plan("sqlite", &format!("path = {path:?}\nif_exists = {if_exists:?}"), &[numbers_input("t")]).unwrap()
}

fn open(path: &str, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn rows(path: &str, table: &str) -> Vec<i64> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(&format!("SELECT n FROM {table} ORDER BY n")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A run that ends so; what its ledger has then.
fn run(path: &str, (name, if_exists): (&str, &str), of: &mut Batch, ending: Ending) -> Account {
    let mut sink = Sink::start(&sink(path, if_exists), name, &Account::default()).unwrap();
    sink.call(0, of).unwrap();
    sink.desk.set_ending(ending);
    sink.finish().unwrap();
    sink.published
}

#[test]
fn a_run_whose_new_table_is_gone_does_not_go_on_in_the_live_one() {
    for (other, ending, live) in [
        ("replace", Ending::Drained, vec![5]),
        ("replace", Ending::Stopped, vec![7]),
        ("dropped", Ending::Drained, vec![7]),
    ] {
        let folder = Folder::new();
        let path = folder.path("x.db");
        open(&path, "CREATE TABLE t(n); INSERT INTO t VALUES (7)");
        let account = run(&path, ("a", "replace"), &mut numbers(0..3), Ending::Stopped);
        match other {
            "dropped" => open(&path, "DROP TABLE _sluicebox_new_t"),
            other => drop(run(&path, ("b", other), &mut numbers(5..6), ending)),
        }
        let told = Sink::start(&sink(&path, "replace"), "a", &account)
            .err()
            .expect("what it stored is gone")
            .sentence;
        assert!(told.contains("what this run stored in \"_sluicebox_new_t\" is gone"), "{told}");
        assert_eq!(rows(&path, "t"), live, "{other}");
    }
}

#[test]
fn what_a_stopped_run_has_stored_stays_until_one_that_replaces_it() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    open(&path, "CREATE TABLE t(n); INSERT INTO t VALUES (7)");
    let account = run(&path, ("a", "replace"), &mut numbers(0..3), Ending::Stopped);
    run(&path, ("b", "append"), &mut numbers(8..9), Ending::Drained);
    assert_eq!((rows(&path, "t"), rows(&path, "_sluicebox_new_t")), (vec![7, 8], vec![0, 1, 2]));
    open(&path, "DELETE FROM t");
    run(&path, ("c", "fail"), &mut numbers(9..10), Ending::Drained);
    assert_eq!(rows(&path, "t"), [9]);
    let mut resumed = Sink::start(&sink(&path, "replace"), "a", &account).unwrap();
    resumed.call(0, &mut numbers(3..4)).unwrap();
    resumed.finish().unwrap();
    let published = resumed.published.clone();
    drop(resumed);
    assert_eq!(rows(&path, "t"), [0, 1, 2, 3]);
    // It has taken its place: whoever goes on does so there.
    Sink::start(&sink(&path, "replace"), "a", &published).unwrap().finish().unwrap();
    assert_eq!(rows(&path, "t"), [0, 1, 2, 3]);
}

#[test]
fn no_row_of_others_goes_where_the_database_was_moved_before_the_run_goes_on() {
    let folder = Folder::new();
    let (path, copy) = (folder.path("x.db"), folder.path("copy"));
    open(
        &path,
        "CREATE TABLE t(n INTEGER PRIMARY KEY); INSERT INTO t VALUES (7); \
         CREATE TABLE c(n REFERENCES t(n) ON DELETE CASCADE); INSERT INTO c VALUES (7)",
    );
    let account = run(&path, ("a", "replace"), &mut numbers(0..3), Ending::Stopped);
    std::fs::copy(&path, &copy).unwrap();
    std::fs::rename(&copy, &path).unwrap();
    let mut resumed = Sink::start(&sink(&path, "replace"), "a", &account).unwrap();
    resumed.call(0, &mut numbers(3..4)).unwrap();
    resumed.finish().unwrap();
    assert_eq!((rows(&path, "t"), rows(&path, "c")), (vec![0, 1, 2, 3], vec![7]));
}

#[test]
fn a_run_that_fails_by_what_the_new_table_refuses_replaces_nothing() {
    for (max, live) in [(0.0, vec![7]), (0.2, vec![7]), (0.25, vec![0, 1, 2]), (1.0, vec![0, 1, 2])] {
        let folder = Folder::new();
        let path = folder.path("x.db");
        open(&path, "CREATE TABLE t(n); INSERT INTO t VALUES (7)");
        let more = "key = [\"n\"]\non_conflict = \"reject\"";
        let params = format!("path = {path:?}\nif_exists = \"replace\"\n{more}");
        let planned = plan("sqlite", &params, &[numbers_input("t")]).unwrap();
        look(&planned).unwrap();
        let start = Account::default();
        let mut sink =
            Sink::start_with(&planned, "a", &start, |desk| desk.set_max_rejects(Share(max))).unwrap();
        sink.call(0, &mut numbers(0..3)).unwrap();
        sink.call(0, &mut numbers(2..3)).unwrap();
        sink.finish().unwrap();
        assert_eq!(sink.published.rejected, [("constraint".to_string(), 1)]);
        drop(sink);
        assert_eq!(rows(&path, "t"), live, "{max}");
        if max < 0.25 {
            assert_eq!(rows(&path, "_sluicebox_new_t"), [0, 1, 2]);
        }
    }
}
