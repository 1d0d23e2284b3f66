//! Disordered files, what SQLite says of them, and what was stored.

use crate::link_laws::Dice;
use crate::run::Sandbox;
use rusqlite::Connection;
use std::fmt::Write;

/// Records whose times come on by `step` seconds a row, less up to `jitter` for some.
pub struct Orders {
    pub rows: usize,
    pub begin: i64,
    pub step: i64,
    pub jitter: usize,
    pub seed: u64,
}

/// A record: its key, its time in seconds, its number.
pub type Order = (Option<&'static str>, Option<i64>, Option<f64>);

impl Orders {
    /// Some times are equal, some NULL; so are some keys and numbers.
    pub fn make(&self) -> Vec<Order> {
        let mut dice = Dice(self.seed);
        let mut now = self.begin;
        let mut order = || {
            now += if dice.one_in(3) { 0 } else { dice.below(3 * self.step as usize) as i64 };
            let back = if dice.one_in(4) { dice.below(self.jitter) as i64 } else { 0 };
            let key = [Some("p"), Some("q"), Some("r"), Some("s"), None][dice.below(5)];
            let time = (!dice.one_in(50)).then_some(now - back);
            let number = (!dice.one_in(20)).then(|| dice.below(2_000_000) as f64 / 7.0 - 1e5);
            (key, time, number)
        };
        (0..self.rows).map(|_| order()).collect()
    }
}

/// A window's row: start and key, the counts, sum, mean and the extremes.
pub type Row = (String, Option<String>, [i64; 2], Option<f64>, Option<f64>, Option<f64>, i64, String);

pub struct World {
    pub room: Sandbox,
    judge: Connection,
}

const SELECT: &str = "k, count(*), count(x), sum(x), avg(x), min(x), max(n)";

impl World {
    pub fn new() -> World {
        let judge = Connection::open_in_memory().unwrap();
        judge.execute_batch("CREATE TABLE raw (source TEXT, n INTEGER, k TEXT, ts INTEGER, x REAL)").unwrap();
        World { room: Sandbox::new(), judge }
    }

    /// Writes a source's file, and tells SQLite.
    pub fn write(&self, source: &str, orders: &[Order]) {
        let mut text = "n,k,ts,x\n".to_string();
        let mut insert = self.judge.prepare("INSERT INTO raw VALUES (?, ?, ?, ?, ?)").unwrap();
        for (n, (k, ts, x)) in orders.iter().enumerate() {
            insert.execute((source, n as i64, k, ts, x)).unwrap();
            let time = ts.map_or(String::new(), |ts| {
                self.judge
                    .query_row("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch')", [ts], |row| {
                        row.get(0)
                    })
                    .unwrap()
            });
            let x = x.map_or(String::new(), |x| x.to_string());
            writeln!(text, "{n},{},{time},{x}", k.unwrap_or("")).unwrap();
        }
        self.room.write(&format!("{source}.csv"), &text);
    }

    /// How late each record is, by a running maximum over its source, and whether that is late for its window.
    fn judged(&self, size: i64, offset: i64, allowed: i64) -> String {
        format!(
            "WITH late AS (SELECT *, max(0, coalesce(max(ts) OVER (PARTITION BY source ORDER BY n
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - ts, 0)) AS late FROM raw WHERE ts IS NOT NULL),
               placed AS (SELECT *, ts - ((ts - {offset}) % {size} + {size}) % {size} AS start FROM late),
               judged AS (SELECT *, late > 0 AND start + {size} + {allowed} <= ts + late AS is_late FROM placed)"
        )
    }

    /// The rows that windows SHALL have.
    pub fn due(&self, size: i64, offset: i64, allowed: i64) -> Vec<Row> {
        let sql = format!(
            "{} SELECT strftime('%Y-%m-%dT%H:%M:%SZ', start, 'unixepoch'), {SELECT},
                 strftime('%Y-%m-%dT%H:%M:%SZ', min(ts), 'unixepoch')
               FROM judged WHERE NOT is_late GROUP BY start, k ORDER BY 1, 2",
            self.judged(size, offset, allowed)
        );
        rows(&self.judge, &sql)
    }

    /// The records that SHALL be late: which source's, and which.
    pub fn late(&self, size: i64, offset: i64, allowed: i64) -> Vec<(i64, Option<String>)> {
        let judged = self.judged(size, offset, allowed);
        pairs(&self.judge, &format!("{judged} SELECT n, k FROM judged WHERE is_late ORDER BY 1, 2"))
    }

    pub fn nulls(&self) -> i64 {
        self.judge.query_row("SELECT count(*) FROM raw WHERE ts IS NULL", [], |row| row.get(0)).unwrap()
    }

    pub fn stored(&self, table: &str) -> Vec<Row> {
        let sql = format!(
            "SELECT window_start, k, orders, xs, total, mean, least, most, first FROM {table} ORDER BY 1, 2"
        );
        rows(&self.database(), &sql)
    }

    pub fn stored_late(&self, table: &str) -> Vec<(i64, Option<String>)> {
        pairs(&self.database(), &format!("SELECT n, k FROM {table} ORDER BY 1, 2"))
    }

    fn database(&self) -> Connection {
        Connection::open(self.room.path("out.db")).unwrap()
    }

    /// Counts and extremes are equal, f64 sums to 1e-9.
    pub fn compare(&self, due: &[Row], stored: &[Row], way: &str) {
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            (a, b) => a == b,
        };
        for (due, stored) in due.iter().zip(stored) {
            let exact = |row: &Row| (row.0.clone(), row.1.clone(), row.2, row.5, row.6, row.7.clone());
            assert_eq!(exact(due), exact(stored), "{way}");
            assert!(near(due.3, stored.3) && near(due.4, stored.4), "{way}: {due:?}, stored is {stored:?}");
        }
        assert_eq!(due.len(), stored.len(), "{way}");
    }
}

fn rows(connection: &Connection, sql: &str) -> Vec<Row> {
    let mut query = connection.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            [row.get(2)?, row.get(3)?],
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
        ))
    };
    query.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn pairs(connection: &Connection, sql: &str) -> Vec<(i64, Option<String>)> {
    let mut query = connection.prepare(sql).unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}
