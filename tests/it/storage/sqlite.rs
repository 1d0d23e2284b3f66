//! The sink `sqlite`: tables, transactions, restarts.

use super::{Folder, MS, Sink, input, look, numbers, numbers_input, plan, problems, push};
use rusqlite::Connection;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Next};

fn query<T: rusqlite::types::FromSql>(path: &str, sql: &str) -> Vec<T> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn stored(path: &str) -> Vec<i64> {
    query(path, "SELECT n FROM clean ORDER BY n")
}

/// The account that the database keeps.
fn kept(path: &str) -> Account {
    let bytes: Vec<Vec<u8>> = query(path, "SELECT account FROM _sluicebox_account");
    serde_json::from_slice(&bytes[0]).unwrap()
}

fn step(folder: &Folder, more: &str) -> String {
    format!("path = {:?}\n{more}", folder.path("out/x.db"))
}

#[test]
fn a_transaction_closes_at_its_size_or_its_age() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    let planned =
        plan("sqlite", &step(&folder, "commit = { records = 100 }"), &[numbers_input("clean")]).unwrap();
    assert_eq!(planned.results, std::slice::from_ref(&path));
    look(&planned).unwrap();
    assert!(!folder.0.path().join("out").exists(), "a look makes nothing");
    let mut sink = Sink::fresh(&planned);
    sink.desk.cx().now_ns = 7 * MS;
    assert_eq!(sink.call(0, &mut numbers(0..60)), Ok(Next::At(107 * MS)));
    assert_eq!((sink.published.done, stored(&path).len()), (0, 0), "held back with its account");
    sink.desk.cx().now_ns = 106 * MS;
    assert_eq!(sink.call(0, &mut numbers(0..0)), Ok(Next::At(107 * MS)));
    assert_eq!(sink.call(0, &mut numbers(60..100)), Ok(Next::Wait));
    assert_eq!((sink.published.done, stored(&path).len()), (100, 100));
    assert_eq!(kept(&path).done, 100);
    sink.call(0, &mut numbers(100..101)).unwrap();
    assert_eq!(sink.published.done, 100);
    sink.desk.cx().now_ns = 206 * MS;
    assert_eq!(sink.call(0, &mut numbers(0..0)), Ok(Next::Wait));
    assert_eq!((sink.published.done, stored(&path).len()), (101, 101));
    sink.call(0, &mut numbers(101..105)).unwrap();
    sink.finish().unwrap();
    assert_eq!(stored(&path), (0..105).collect::<Vec<_>>());
    assert_eq!((sink.published.done, kept(&path).done), (105, 105));
    assert!(!folder.0.path().join("out/x.db-wal").exists(), "nothing is left in the log");
    assert_eq!(
        query::<String>(&path, "PRAGMA journal_mode"),
        ["delete"],
        "it can be read where nobody may write"
    );
}

#[test]
fn a_crash_leaves_just_what_was_counted() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    let planned =
        plan("sqlite", &step(&folder, "commit = { records = 100 }"), &[numbers_input("clean")]).unwrap();
    let mut sink = Sink::fresh(&planned);
    let before = sink.published.clone();
    sink.call(0, &mut numbers(0..100)).unwrap();
    sink.call(0, &mut numbers(100..150)).unwrap();
    let published = sink.published.clone();
    drop(sink);
    assert_eq!((stored(&path).len() as u64, kept(&path).done), (100, 100), "the open 50 are gone");

    let mut sink = Sink::start(&planned, "run-1", &published).unwrap();
    assert_eq!(sink.published.done, 100, "goes on without failing or replacing");
    sink.call(0, &mut numbers(150..250)).unwrap();
    assert_eq!(stored(&path).len(), 200);
    drop(sink);

    // Killed between commit and publication: the database knows more than the ledger.
    let sink = Sink::start(&planned, "run-1", &before).unwrap();
    assert_eq!(sink.published.done, 200);
    drop(sink);

    // Killed before anything was stored: nothing to take over.
    let fresh = Folder::new();
    let planned = plan("sqlite", &step(&fresh, ""), &[numbers_input("clean")]).unwrap();
    drop(Sink::fresh(&planned));
    let account = Account { done: 3, serial: 9, ..Account::default() };
    assert_eq!(Sink::start(&planned, "run-1", &account).unwrap().desk.cx().done(), 3);
}

#[test]
fn if_exists_says_what_becomes_of_old_rows() {
    let inputs = [numbers_input("clean")];
    for (mode, before, outcome) in [
        ("fail", "", Ok(1)),
        ("fail", "CREATE TABLE clean(n INTEGER)", Ok(1)),
        ("fail", "CREATE TABLE clean(n INTEGER); INSERT INTO clean VALUES (7)", Err("holds rows already")),
        ("append", "", Ok(1)),
        ("append", "CREATE TABLE Clean(N bigint); INSERT INTO clean VALUES (7)", Ok(2)),
        (
            "append",
            "CREATE TABLE clean(n TEXT)",
            Err("its column \"n\" is TEXT, the records have i64: cast it before"),
        ),
        ("append", "CREATE TABLE clean(n INTEGER, m REAL)", Ok(1)),
        ("append", "CREATE TABLE clean(m REAL)", Err("it has no column \"n\" (there are \"m\")")),
        ("append", "CREATE VIEW clean AS SELECT 1 AS n", Err("is a view")),
        ("append", "CREATE TABLE other(n); CREATE INDEX clean ON other(n)", Err("is an index")),
        ("replace", "CREATE TABLE other(n); CREATE INDEX Clean ON other(n)", Err("is an index")),
        ("fail", "CREATE TABLE other(n); CREATE INDEX clean ON other(n)", Err("is an index")),
        ("replace", "", Ok(1)),
        ("replace", "CREATE TABLE clean(n TEXT, m TEXT); INSERT INTO clean VALUES (7, 8)", Ok(1)),
        ("replace", "CREATE VIEW clean AS SELECT 1 AS n", Err("is a view")),
    ] {
        let folder = Folder::new();
        let path = folder.path("out/x.db");
        if !before.is_empty() {
            std::fs::create_dir(folder.path("out")).unwrap();
            Connection::open(&path).unwrap().execute_batch(before).unwrap();
        }
        let planned = plan("sqlite", &step(&folder, &format!("if_exists = {mode:?}")), &inputs).unwrap();
        match outcome {
            Ok(rows) => {
                look(&planned).unwrap();
                let mut sink = Sink::fresh(&planned);
                sink.call(0, &mut numbers(0..1)).unwrap();
                sink.finish().unwrap();
                assert_eq!(stored(&path).len(), rows, "{mode}: {before}");
            }
            Err(why) => {
                let told = look(&planned).unwrap_err();
                assert!(told.contains(why), "{told}");
                let told = Sink::start(&planned, "run-1", &Account::default()).err().unwrap().sentence;
                assert!(told.contains(why), "{told}");
            }
        }
        let files: Vec<_> = std::fs::read_dir(folder.path("out")).unwrap().collect();
        assert_eq!(files.len(), 1, "only the database is left: {files:?}");
    }
}

#[test]
fn each_new_run_judges_the_tables_again() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    for (mode, run, rows) in [("fail", "run-1", 1), ("append", "run-2", 2), ("replace", "run-3", 1)] {
        let planned =
            plan("sqlite", &step(&folder, &format!("if_exists = {mode:?}")), &[numbers_input("clean")])
                .unwrap();
        let mut sink = Sink::start(&planned, run, &Account::default()).unwrap();
        sink.call(0, &mut numbers(0..1)).unwrap();
        sink.finish().unwrap();
        assert_eq!(stored(&path).len(), rows, "{mode}");
    }
    let planned = plan("sqlite", &step(&folder, ""), &[numbers_input("clean")]).unwrap();
    assert!(Sink::start(&planned, "run-4", &Account::default()).is_err());
    for run in 0..200 {
        let planned =
            plan("sqlite", &step(&folder, "if_exists = \"append\""), &[numbers_input("clean")]).unwrap();
        drop(Sink::start(&planned, &format!("many-{run}"), &Account::default()).unwrap());
    }
    let accounts: Vec<i64> = query(&path, "SELECT count(*) FROM _sluicebox_account");
    assert_eq!(accounts, [100], "old runs are forgotten");
}

#[test]
fn every_type_has_its_form_and_every_name_is_taken_as_it_is() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    let fields = [
        ("select", Type::I64),
        ("a b", Type::F64),
        ("q\"u'o", Type::Str),
        ("", Type::Time),
        ("ü;--", Type::Bool),
        ("[x]", Type::List),
    ];
    let planned =
        plan("sqlite", &step(&folder, "table = \"or\\\"der\""), &[input("clean", &fields)]).unwrap();
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&Schema::of(&fields));
    let time = Value::Time(1_357_017_300_000_000_000);
    let row =
        |x, text| [Value::I64(i64::MIN), Value::F64(x), Value::Str(text), time.clone(), Value::Bool(true)];
    // More rows than one bulk statement takes, with NULLs at other places.
    for at in 0..150 {
        let values = row(0.5, "it's\0\"é").into_iter().chain([Value::List(vec!["p", "\"q\""])]);
        push(&mut batch, values.enumerate().map(|(c, v)| if (at + c) % 7 == 0 { Value::Null } else { v }));
    }
    let more = row(f64::INFINITY, "").into_iter().chain([Value::List(vec![])]);
    push(&mut batch, more);
    sink.call(0, &mut batch).unwrap();
    sink.finish().unwrap();
    let table = "FROM \"or\"\"der\"";
    let counted = |what: &str| query::<i64>(&path, &format!("SELECT count(*) {table} WHERE {what}"))[0];
    let valid = |c| (0..150).filter(|at| (at + c) % 7 != 0).count() as i64;
    assert_eq!(counted("typeof(\"select\") = 'integer' AND \"select\" = -9223372036854775808"), valid(0) + 1);
    assert_eq!(counted("typeof(\"a b\") = 'real'"), valid(1), "not finite is NULL");
    assert_eq!(counted("typeof(\"q\"\"u'o\") = 'text' AND length(CAST(\"q\"\"u'o\" AS BLOB)) = 8"), valid(2));
    assert_eq!(counted("\"q\"\"u'o\" = ''"), 1);
    assert_eq!(counted("\"\" = '2013-01-01T05:15:00Z'"), valid(3) + 1);
    assert_eq!(counted("\"ü;--\" = 1"), valid(4) + 1);
    assert_eq!(counted("\"[x]\" = '[\"p\",\"\\\"q\\\"\"]'"), valid(5));
    assert_eq!(counted("\"[x]\" = '[]'"), 1);
    let names: Vec<String> = query(&path, "SELECT name FROM pragma_table_info('or\"der')");
    assert_eq!(names, fields.map(|(name, _)| name));
}

#[test]
fn each_inlet_has_its_table() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    let inputs = [numbers_input("clean"), input("clean/report", &[("x", Type::F64)]), numbers_input("more")];
    let planned = plan("sqlite", &step(&folder, "table = { more = \"clean\" }"), &inputs).unwrap();
    let mut sink = Sink::fresh(&planned);
    sink.call(0, &mut numbers(0..3)).unwrap();
    let mut report = Batch::new(&inputs[1].schema);
    push(&mut report, [Value::F64(1.5)]);
    sink.call(1, &mut report).unwrap();
    sink.call(2, &mut numbers(3..5)).unwrap();
    sink.finish().unwrap();
    assert_eq!(stored(&path), [0, 1, 2, 3, 4]);
    assert_eq!(query::<f64>(&path, "SELECT x FROM clean_report"), [1.5]);
}

#[test]
fn wrong_parameters_are_told() {
    let two = [numbers_input("clean"), input("other/report", &[("x", Type::F64)])];
    for (params, inputs, told) in [
        ("path = \"\"", &two[..1], "path: the path is empty"),
        ("path = \":memory:\"", &two[..1], "path: a database is a file"),
        (
            "path = \"x\"\ncommit = { records = 0 }",
            &two[..1],
            "commit.records: \"commit.records\" must be a whole number of at least 1, not 0",
        ),
        ("path = \"x\"\ncommit = { size = 1 }", &two[..1], "commit.size: unknown key"),
        ("path = \"x\"\nif_exist = \"fail\"", &two[..1], "if_exist: unknown key"),
        (
            "path = \"x\"\ntable = \"t\"",
            &two,
            "table: one name for 2 inputs: name a table for each, as in table = { clean = \"…\", \"other/report\" = \
            \"…\" }",
        ),
        ("path = \"x\"\ntable = { claen = \"t\" }", &two, "table.claen: this stage does not read \"claen\""),
        (
            "path = \"x\"\ntable = { clean = 1 }",
            &two,
            "table.clean: \"table.clean\" must be a text in quotes, not 1",
        ),
        (
            "path = \"x\"\ntable = 3",
            &two,
            "table: \"table\" must be a text or a table of names, each with a text, not 3",
        ),
        (
            "path = \"x\"\ntable = { clean = \"Other_Report\" }",
            &two,
            "\"other/report\" can't go to table \"other_report\"",
        ),
        ("path = \"x\"\ntable = \"SQLite_x\"", &two[..1], "table: a table can't be named \"SQLite_x\""),
        ("path = \"x\"\ntable = \"_Sluicebox\"", &two[..1], "table: a table can't be named"),
        (
            "path = \"x\"",
            &[input("a", &[("x", Type::I64), ("X", Type::I64)])],
            "columns \"x\" and \"X\" of \"a\" are one",
        ),
        ("path = \"x\"", &[input("a", &[])], "\"a\" has no columns"),
    ] {
        let found = problems("sqlite", params, inputs);
        assert!(found.contains(told), "{found}");
    }
}
