//! What a table may be, and how often it is looked at.

use super::*;
use crate::operator::{Account, Desk};

fn schema() -> Schema {
    Schema::of(&[("k", Type::I64)])
}

/// A column that is neither of the key nor added is none of the table: that it can't be read is of no account.
#[test]
fn other_columns_of_a_table_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    let made = rusqlite::Connection::open(&path).and_then(|table| {
        table.execute_batch(
            "CREATE TABLE t (photo BLOB, name TEXT, k INTEGER); INSERT INTO t VALUES (x'ff00', 'ant', 7);",
        )
    });
    made.expect("it is written");
    let params = format!("path = '{}'\ntable = \"t\"\nkey = \"k\"\nfields = \"name\"", path.display());
    let planned = plan(params.parse().expect("TOML"), &[Input::new("input", schema())]);
    let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut desk = Desk::new(Cx::new("run", "stage", Account::new(2 + planned.ports.len(), 0, 1)));
    let mut batch = Batch::new(&schema());
    batch.id.push(1);
    batch.born_ns.push(1);
    batch.columns[0].push(Value::I64(7));
    (planned.make)().process(&mut batch, desk.cx()).expect("the table is read");
    assert_eq!(planned.output.names().collect::<Vec<_>>(), ["k", "name"]);
    assert!(matches!(batch.columns[1].value(0), Value::Str("ant")));
}

#[test]
fn a_file_is_not_looked_at_all_the_time() {
    let params = "path = \"nowhere.csv\"\nkey = \"k\"\nlook_every = \"9ms\"";
    let problems = plan(params.parse().expect("TOML"), &[Input::new("input", schema())]).err();
    let problems = problems.expect("it is refused");
    assert!(problems.iter().any(|problem| problem.path == ["look_every"]), "{problems:?}");
}
