//! Rows that a table refuses, leaves out, or lets take another's place: each is counted as what became of it.

use super::{Folder, Sink, input, look, numbers, numbers_input, plan, problems, push};
use rusqlite::Connection;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Planned};

fn count(path: &str, what: &str) -> i64 {
    Connection::open(path).unwrap().query_row(&format!("SELECT {what}"), [], |row| row.get(0)).unwrap()
}

fn planned(path: &str, more: &str) -> Planned {
    plan("sqlite", &format!("path = {path:?}\nif_exists = \"append\"\n{more}"), &[numbers_input("t")])
        .unwrap()
}

/// Numbers 0 to 999 go into a table `t` that `sql` makes, in several transactions. The account, and its rows.
fn stored(sql: &str, more: &str) -> (Account, i64) {
    let folder = Folder::new();
    let path = folder.path("x.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let planned = planned(&path, &format!("commit = {{ records = 250 }}\n{more}"));
    look(&planned).unwrap();
    let mut sink = Sink::fresh(&planned);
    for at in 0..10 {
        sink.call(0, &mut numbers(at * 100..at * 100 + 100)).unwrap();
    }
    sink.finish().unwrap();
    let account = sink.published.clone();
    let bytes: Vec<u8> = Connection::open(&path)
        .unwrap()
        .query_row("SELECT account FROM _sluicebox_account", [], |row| row.get(0))
        .unwrap();
    let kept: Account = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&kept.rejected, kept.filtered, &kept.steps),
        (&account.rejected, account.filtered, &account.steps),
        "the store says the same"
    );
    assert_eq!(account.done, 1000);
    (account, count(&path, "count(*) FROM t"))
}

#[test]
fn what_a_table_refuses_is_rejected_and_the_others_are_stored() {
    let refuse = |body: &str| {
        format!(
            "CREATE TABLE t(n); CREATE TRIGGER x BEFORE INSERT ON t WHEN new.n IN (7, 640, 641) BEGIN {body}; END"
        )
    };
    let refused = [
        ("CREATE TABLE t(n INTEGER PRIMARY KEY); INSERT INTO t VALUES (7), (640), (641)".to_string(), 3),
        ("CREATE TABLE t(n UNIQUE); INSERT INTO t VALUES (7), (640), (641)".to_string(), 3),
        ("CREATE TABLE t(n CHECK(n NOT IN (7, 640, 641)))".to_string(), 0),
        ("CREATE TABLE t(n, m AS (CASE WHEN n IN (7, 640, 641) THEN NULL ELSE n END) STORED NOT NULL)".to_string(), 0),
        ("CREATE TABLE t(n CHECK(abs(iif(n IN (7, 640, 641), -9223372036854775807 - 1, n)) >= 0))".to_string(), 0),
        ("CREATE TABLE p(n PRIMARY KEY); WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c LIMIT 1000) \
            INSERT INTO p SELECT n FROM c WHERE n NOT IN (7, 640, 641); \
            CREATE TABLE t(n REFERENCES p(n))".to_string(), 0),
        ("CREATE TABLE p(n PRIMARY KEY); WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c LIMIT 1000) \
            INSERT INTO p SELECT n FROM c WHERE n NOT IN (7, 640, 641); \
            CREATE TABLE t(n REFERENCES p(n) DEFERRABLE INITIALLY DEFERRED)".to_string(), 0),
        (refuse("SELECT raise(ABORT, 'no')"), 0),
        (refuse("SELECT raise(FAIL, 'no')"), 0),
        (refuse("SELECT raise(ROLLBACK, 'no')"), 0),
        ("CREATE TABLE t(n UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES (7), (640), (641)".to_string(), 3),
        ("CREATE TABLE t(n UNIQUE ON CONFLICT FAIL); INSERT INTO t VALUES (7), (640), (641)".to_string(), 3),
    ];
    for (sql, before) in refused {
        let (account, rows) = stored(&sql, "");
        assert_eq!(account.rejected, [("constraint".to_string(), 3)], "{sql}");
        assert_eq!((account.out(), rows), (997, 997 + before), "{sql}");
    }
}

#[test]
fn stored_is_what_stayed() {
    let odd = "CREATE TRIGGER x BEFORE INSERT ON t WHEN new.n % 2 BEGIN SELECT raise(IGNORE); END";
    for (sql, more, stays, rows) in [
        ("CREATE TABLE t(n UNIQUE ON CONFLICT IGNORE); INSERT INTO t VALUES (7)".to_string(), "", 999, 1000),
        (format!("CREATE TABLE t(n); {odd}"), "", 500, 500),
        (
            "CREATE TABLE t(n UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (7)".to_string(),
            "",
            1000,
            1000,
        ),
        (
            "CREATE TABLE t(n INTEGER PRIMARY KEY ON CONFLICT REPLACE); INSERT INTO t VALUES (1), (2)"
                .to_string(),
            "",
            1000,
            1000,
        ),
        (
            "CREATE TABLE t(n UNIQUE); INSERT INTO t VALUES (7), (8)".to_string(),
            "on_conflict = \"ignore\"",
            998,
            1000,
        ),
    ] {
        let (account, there) = stored(&sql, more);
        assert_eq!((account.out(), account.filtered, there), (stays, 1000 - stays, rows), "{sql}");
        assert!(account.rejected.is_empty(), "{sql}");
    }
}

/// Records of two columns: a key, and what is said of it.
fn pairs(rows: &[(Option<&str>, i64)]) -> Batch {
    let mut batch = Batch::new(&Schema::of(&[("k", Type::Str), ("v", Type::I64)]));
    for (key, value) in rows {
        push(&mut batch, [key.map_or(Value::Null, Value::Str), Value::I64(*value)]);
    }
    batch
}

fn keyed(path: &str, more: &str) -> Result<Planned, String> {
    let inputs = [input("t", &[("k", Type::Str), ("v", Type::I64)])];
    let planned = plan("sqlite", &format!("path = {path:?}\n{more}"), &inputs).unwrap();
    look(&planned).map(|()| planned)
}

#[test]
fn a_key_takes_the_place_of_its_row_and_what_hangs_on_it_stays() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    let put = |more: &str, rows: &[(Option<&str>, i64)], run: &str| {
        let mut sink = Sink::start(&keyed(&path, more).unwrap(), run, &Account::default()).unwrap();
        sink.call(0, &mut pairs(rows)).unwrap();
        sink.finish().unwrap();
        (sink.published.out(), sink.published.filtered, sink.published.rejected_total())
    };
    let all = || {
        let sql = "(SELECT group_concat(coalesce(k, '-') || v, ' ' ORDER BY k, v) FROM t)";
        Connection::open(&path)
            .unwrap()
            .query_row(&format!("SELECT {sql}"), [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    let first = [(Some("a"), 1), (Some("b"), 2), (Some("a"), 3), (None, 4), (None, 5)];
    assert_eq!(put("key = [\"k\"]", &first, "run-1"), (5, 0, 0));
    assert_eq!(all(), "-4 -5 a3 b2", "a NULL is no key");
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE c(k REFERENCES t(k) ON DELETE CASCADE); INSERT INTO c VALUES ('a'), ('b')",
        )
        .unwrap();
    let more = "if_exists = \"append\"\nkey = [\"K\"]".replace('K', "k");
    assert_eq!(put(&more, &[(Some("a"), 9), (Some("c"), 8)], "run-2"), (2, 0, 0));
    assert_eq!(
        put(&format!("{more}\non_conflict = \"ignore\""), &[(Some("a"), 0), (Some("d"), 7)], "run-3"),
        (1, 1, 0)
    );
    assert_eq!(
        put(&format!("{more}\non_conflict = \"reject\""), &[(Some("a"), 0), (Some("e"), 6)], "run-4"),
        (1, 0, 1)
    );
    assert_eq!((all().as_str(), count(&path, "count(*) FROM c")), ("-4 -5 a9 b2 c8 d7 e6", 2));
    let told = keyed(&path, "if_exists = \"append\"\nkey = [\"k\", \"v\"]").err().unwrap();
    assert!(told.contains("\"k\", \"v\" is no key of it: make it one, as in CREATE UNIQUE INDEX"), "{told}");
    let found = problems("sqlite", "path = \"x\"\nkey = [\"nn\"]", &[numbers_input("t")]);
    assert!(found.contains("key: \"t\" has no column \"nn\""), "{found}");
    // Where all columns are the key there is nothing else to set.
    let folder = Folder::new();
    let path = folder.path("y.db");
    let mut sink = Sink::fresh(
        &plan("sqlite", &format!("path = {path:?}\nkey = [\"n\"]"), &[numbers_input("t")]).unwrap(),
    );
    sink.call(0, &mut numbers(0..5)).unwrap();
    sink.call(0, &mut numbers(0..7)).unwrap();
    sink.finish().unwrap();
    assert_eq!(count(&path, "count(*) FROM t"), 7);
}

#[test]
fn a_rejected_row_is_told_as_it_was_by_its_own_input() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE b(x REAL CHECK(x < 2))").unwrap();
    let inputs = [numbers_input("a"), input("b", &[("x", Type::F64)])];
    let planned = plan("sqlite", &format!("path = {path:?}\nif_exists = \"append\""), &inputs).unwrap();
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&inputs[1].schema);
    for x in [1.5, 2.5] {
        push(&mut batch, [Value::F64(x)]);
    }
    sink.call(1, &mut batch).unwrap();
    sink.call(0, &mut numbers(0..3)).unwrap();
    sink.finish().unwrap();
    let rejected = sink.desk.parts().sides[1].as_ref().unwrap();
    let told = |column: usize| rejected.columns[column].value(0);
    assert_eq!((told(0), told(2)), (Value::Str("constraint"), Value::Str("{\"x\":2.5}")));
    assert_eq!((rejected.len(), sink.published.out()), (1, 4));
}

#[test]
fn the_stored_account_counts_by_step_what_its_own_transaction_refuses_and_drops() {
    let drop = "CREATE TRIGGER x BEFORE INSERT ON t WHEN new.n IN (4, 5) BEGIN SELECT raise(IGNORE); END";
    let folder = Folder::new();
    let path = folder.path("x.db");
    let sql = format!("CREATE TABLE t(n CHECK(n <> 7)); {drop}");
    Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
    let mut sink = Sink::fresh(&planned(&path, ""));
    sink.call(0, &mut numbers(0..10)).unwrap();
    sink.finish().unwrap();
    let bytes: Vec<u8> = Connection::open(&path)
        .unwrap()
        .query_row("SELECT account FROM _sluicebox_account", [], |row| row.get(0))
        .unwrap();
    let kept: Account = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((kept.steps[0].filtered, kept.steps[0].rejected), (2, 1));
    assert_eq!(kept.steps, sink.published.steps);
}
