//! The step `lookup`: what it adds is what SQLite says of the same table; it is read again when its file changes, whole
//! or not at all.

use crate::link_laws::Dice;
use rusqlite::Connection;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Operator, Planned, PortId};
use sluicebox::params::Problem;
use sluicebox::registry;
use std::fmt::Write;
use std::path::Path;

fn schema() -> Schema {
    Schema::of(&[("k", Type::Str), ("v", Type::I64)])
}

fn plan(params: &str) -> Result<Planned, Vec<Problem>> {
    let (_, spec) = registry::find("lookup", false).unwrap();
    (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema())])
}

struct Work {
    operator: Box<dyn Operator>,
    desk: Desk,
    planned: Planned,
}

/// Number of the record, and what was added.
type Found = Vec<(i64, Option<i64>)>;

impl Work {
    fn new(params: &str) -> Work {
        let planned = plan(params).unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
        desk.set_ports(vec![vec![PortId(2)]]);
        desk.keep([(PortId(2), Batch::new(&schema()))]);
        let mut work = Work { operator: (planned.make)(), desk, planned };
        work.look(&[], 0);
        work
    }

    /// Records of key and version, at a time of the clock in seconds.
    fn look(&mut self, rows: &[(Option<&str>, Option<i64>)], at: u64) -> Found {
        let mut batch = Batch::new(&schema());
        for (n, (k, v)) in rows.iter().enumerate() {
            batch.id.push(n as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(k.map_or(Value::Null, Value::Str));
            batch.columns[1].push(v.map_or(Value::Null, Value::I64));
        }
        self.desk.cx().now_ns = at * 1_000_000_000;
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        let added = |row: usize| match batch.columns[2].value(row) {
            Value::I64(x) => Some(x),
            Value::Null => None,
            other => panic!("{other:?}"),
        };
        (0..batch.len()).map(|row| (batch.id[row] as i64, added(row))).collect()
    }

    fn report(&mut self, name: &str) -> i64 {
        let schema = self.planned.report.clone().unwrap();
        let mut out = Batch::new(&schema);
        self.operator.report(&mut out, self.desk.cx()).unwrap();
        match out.columns[schema.index(name).unwrap()].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }
}

/// A table of versions in three forms, and in SQLite.
fn tables(dice: &mut Dice, folder: &Path) -> Connection {
    let judge = Connection::open(folder.join("t.db")).unwrap();
    judge.execute_batch("CREATE TABLE t (x INTEGER, k TEXT, v INTEGER)").unwrap();
    let (mut csv, mut jsonl) = ("x,k,v\n".to_string(), String::new());
    for x in 0..1 + dice.below(60) {
        let k = ["007", "b", "c", ""][dice.below(4)];
        let v = dice.below(20) as i64 - 10;
        judge.execute("INSERT INTO t VALUES (?, nullif(?, ''), ?)", (x as i64, k, v)).unwrap();
        writeln!(csv, "{x},{k},{v}").unwrap();
        let k = if k.is_empty() { "null".to_string() } else { format!("\"{k}\"") };
        writeln!(jsonl, "{{\"x\": {x}, \"k\": {k}, \"v\": {v}}}").unwrap();
    }
    std::fs::write(folder.join("t.csv"), csv).unwrap();
    std::fs::write(folder.join("t.jsonl"), jsonl).unwrap();
    judge
}

#[test]
fn what_is_added_is_what_one_query_says() {
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let folder = tempfile::tempdir().unwrap();
        let judge = tables(&mut dice, folder.path());
        let rows: Vec<(Option<&str>, Option<i64>)> = (0..50)
            .map(|_| {
                let k = [Some("007"), Some("b"), Some("c"), Some("zz"), None][dice.below(5)];
                (k, (!dice.one_in(9)).then(|| dice.below(24) as i64 - 12))
            })
            .collect();
        for versioned in [false, true] {
            let newest = if versioned {
                "AND v <= ?2 ORDER BY v DESC, x DESC"
            } else {
                "AND 1 OR ?2 = 'x' ORDER BY x DESC"
            };
            let mut query = judge.prepare(&format!("SELECT x FROM t WHERE k = ?1 {newest} LIMIT 1")).unwrap();
            let mut one = |(n, (k, v)): (usize, &(Option<&str>, Option<i64>))| {
                (n as i64, query.query_row((k, v), |row| row.get(0)).ok())
            };
            let due: Found = rows.iter().enumerate().map(&mut one).collect();
            for file in ["t.csv", "t.jsonl", "t.db"] {
                let path = folder.path().join(file);
                let table = if file == "t.db" { "table = \"t\"\n" } else { "" };
                let version = if versioned { "version = \"v\"\n" } else { "" };
                for missing in ["null", "reject", "route"] {
                    let mut work = Work::new(&format!(
                        "path = {path:?}\nkey = \"k\"\nfields = \"x\"\non_missing = \"{missing}\"\n{table}{version}"
                    ));
                    let found = work.look(&rows, 0);
                    let left = due.iter().filter(|due| missing == "null" || due.1.is_some()).copied();
                    assert_eq!(
                        found,
                        left.collect::<Found>(),
                        "seed {seed}, {file}, versioned {versioned}, {missing}"
                    );
                    let account = work.desk.account();
                    let gone = (due.len() - found.len()) as u64;
                    assert_eq!(account.rejected_total() + account.moved, gone, "{missing}");
                }
            }
        }
    }
}

/// A new file is read when it is time to look, and never within a batch; a broken one is not taken.
#[test]
fn it_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let put = |text: &str| {
        std::fs::write(folder.path().join("new"), text).unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
    };
    put("k,x\na,1\nb,2\n");
    let mut work = Work::new(&format!("path = {path:?}\nkey = \"k\"\nlook_every = \"10s\""));
    let rows = [(Some("a"), None), (Some("b"), None)];
    assert_eq!(work.look(&rows, 1), [(0, Some(1)), (1, Some(2))]);
    put("x,more,k\n5,,a\n");
    assert_eq!(work.look(&rows, 9), [(0, Some(1)), (1, Some(2))], "it is not time to look");
    assert_eq!(work.look(&rows, 10), [(0, Some(5)), (1, None)], "its columns may change places");
    for (turn, broken) in ["k,x\na,1\nb,two\n", "k,y\na,1\n", "", "k,x\na\n"].iter().enumerate() {
        put(broken);
        let now = 100 + 20 * turn as u64;
        assert_eq!(work.look(&rows, now), [(0, Some(5)), (1, None)], "{broken:?}");
        put("k,x\na,5\n");
        work.look(&[], now + 10);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(work.look(&rows, 200), [(0, Some(5)), (1, None)]);
    assert_eq!((work.report("failed"), work.report("reloads"), work.report("rows")), (5, 5, 1));
    let reads = work.report("failed");
    (0..20).for_each(|at| _ = work.look(&rows, 300 + 20 * at));
    assert_eq!(work.report("failed"), reads, "one that stays as it was is not tried again");
}

#[test]
fn what_is_no_table_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("t.csv"), "k,n\na,1\nb,2\n").unwrap();
    Connection::open(at("t.db")).unwrap().execute_batch("CREATE TABLE t (k TEXT, n INTEGER)").unwrap();
    for (params, told) in [
        (format!("path = {:?}\nkey = \"k\"", at("no.csv")), "cannot read"),
        (format!("path = {:?}\nkey = \"kk\"", at("t.csv")), "there is no column \"kk\""),
        (
            format!("path = {:?}\nkey = {{ records = \"k\", table = \"kk\" }}", at("t.csv")),
            "the table has no column \"kk\"",
        ),
        (
            format!("path = {:?}\nkey = \"k\"\nfields = [\"n\", \"m\"]", at("t.csv")),
            "the table has no column \"m\"",
        ),
        (format!("path = {:?}\nkey = \"k\"", at("t.db")), "\"table\" is missing"),
        (format!("path = {:?}\nkey = \"k\"\ntable = \"no\"", at("t.db")), "no such table"),
        (
            format!("path = {:?}\nkey = \"k\"\ntypes = {{ k = \"i64\" }}", at("t.csv")),
            "\"k\" is i64 in the table and str",
        ),
        (
            format!("path = {:?}\nkey = {{ records = [\"k\", \"v\"], table = \"k\" }}", at("t.csv")),
            "as many columns",
        ),
        (format!("path = {:?}\nkey = \"k\"\nfields = \"k\"", at("t.csv")), "say another prefix"),
        (format!("path = {:?}\nkey = \"k\"\nversion = \"k\"\nrows_max = 0", at("t.csv")), "rows_max"),
        (format!("path = {:?}\nkey = \"k\"", folder.path()), "is no file"),
    ] {
        let problems = plan(&params).err().unwrap_or_default();
        assert!(problems.iter().any(|problem| problem.what.contains(told)), "{params}: {problems:#?}");
    }
    let planned = plan(&format!("path = {:?}\nkey = \"k\"\nrows_max = 1", at("t.csv"))).ok().unwrap();
    let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
    let told = (planned.make)().process(&mut Batch::new(&schema()), desk.cx()).unwrap_err();
    assert!(told.sentence.contains("more than 1 rows"), "{told}");
}
