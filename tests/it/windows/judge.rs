//! What SQLite says of the same rows.

use super::world::{Cells, Row};
use rusqlite::Connection;
use rusqlite::types::Value;

pub struct Judge(pub Connection);

/// What is asked of each window, as the step says it and as SQLite does, over `w`, the rows of one window.
pub const FIELDS: [(&str, &str, &str); 20] = [
    ("a", "count()", "SELECT count(*) FROM w"),
    ("b", "count(x)", "SELECT count(x) FROM w"),
    ("c", "sum(m)", "SELECT sum(m) FROM w"),
    (
        "d",
        "sum(x * m) WHERE s = 'ant' OR m > 3",
        "SELECT sum(x * m) FILTER (WHERE s = 'ant' OR m > 3) FROM w",
    ),
    ("e", "mean(x)", "SELECT avg(x) FROM w"),
    ("f", "min(s)", "SELECT min(s) FROM w"),
    ("g", "max(s) WHERE x > 0", "SELECT max(s) FROM w WHERE x > 0"),
    ("h", "max(x)", "SELECT max(x) FROM w"),
    ("i", "min(ts)", "SELECT min(ts) FROM w"),
    ("j", "first(m)", "SELECT m FROM w WHERE m IS NOT NULL ORDER BY at, n LIMIT 1"),
    ("k1", "last(s)", "SELECT s FROM w WHERE s IS NOT NULL ORDER BY at DESC, n DESC LIMIT 1"),
    (
        "l",
        "variance(x)",
        "SELECT CASE WHEN count(x) > 1 THEN sum((x - (SELECT avg(x) FROM w)) * (x - (SELECT avg(x) FROM w))) \
         / (count(x) - 1.0) END FROM w",
    ),
    (
        "m1",
        "variance_pop(m)",
        "SELECT sum((m - (SELECT avg(m) FROM w)) * (m - (SELECT avg(m) FROM w))) / count(m) FROM w",
    ),
    ("n1", "median(x)", QUANTILE_HALF),
    ("o", "quantile(m, 0.9)", QUANTILE_NINE),
    ("p", "distinct(s)", "SELECT count(DISTINCT s) FROM w"),
    ("q", "distinct(x) WHERE m > 0", "SELECT count(DISTINCT x) FROM w WHERE m > 0"),
    (
        "r",
        "top(s, 2)",
        "SELECT coalesce(group_concat(s, ','), '') FROM (SELECT s FROM w WHERE s IS NOT NULL GROUP BY s \
         ORDER BY count(*) DESC, s LIMIT 2)",
    ),
    (
        "s",
        "collect(s, 3)",
        "SELECT coalesce(group_concat(s, ','), '') FROM (SELECT s FROM w v WHERE s IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM w u WHERE u.s = v.s AND (u.at, u.n) < (v.at, v.n)) ORDER BY at, n LIMIT 3)",
    ),
    (
        "t",
        "collect(m) WHERE m > 15",
        "SELECT coalesce(group_concat(m, ','), '') FROM (SELECT m FROM w v WHERE m > 15 AND NOT EXISTS \
         (SELECT 1 FROM w u WHERE u.m = v.m AND (u.at, u.n) < (v.at, v.n)) ORDER BY at, n)",
    ),
];

const QUANTILE_HALF: &str = "SELECT avg(x) FROM (SELECT x, row_number() OVER (ORDER BY x) r, count(*) OVER () c FROM w \
     WHERE x IS NOT NULL) WHERE r IN ((c + 1) / 2, (c + 2) / 2)";

const QUANTILE_NINE: &str = "SELECT (SELECT m FROM ranks WHERE r = lo) + \
     ((SELECT m FROM ranks WHERE r = hi) - (SELECT m FROM ranks WHERE r = lo)) * part FROM \
     (SELECT p, CAST(p AS INTEGER) lo, CAST(p AS INTEGER) + (p > CAST(p AS INTEGER)) hi, p - CAST(p AS INTEGER) part \
     FROM (SELECT 0.9 * (count(m) - 1) p FROM w WHERE m IS NOT NULL HAVING count(m) > 0))";

/// The same as the parameter `fields` of the step.
pub fn fields() -> String {
    let fields = FIELDS.iter().map(|(name, text, _)| format!("{name} = \"{text}\""));
    format!("fields = {{ {} }}", fields.collect::<Vec<_>>().join(", "))
}

pub fn cell(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Integer(x) => x.to_string(),
        Value::Real(x) => format!("{x:.6}").replace("-0.000000", "0.000000"),
        Value::Text(x) => x,
        Value::Blob(_) => "?".to_string(),
    }
}

impl Judge {
    /// The rows in order of arrival: `n` is their number, `late` by how much they were.
    pub fn new(rows: &[Row]) -> Judge {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE raw (n INTEGER, k TEXT, ts INTEGER, x REAL, m INTEGER, s TEXT, late INTEGER)",
        )
        .unwrap();
        let mut insert = db.prepare("INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?, ?)").unwrap();
        for row in rows {
            insert.execute((row.n, row.k, row.ts, row.x, row.m, row.s, row.late)).unwrap();
        }
        drop(insert);
        Judge(db)
    }

    /// The rows of all windows. `members` selects which row belongs to which: start, end and number of each.
    pub fn windows(&self, members: &str) -> Vec<Cells> {
        self.0
            .execute_batch(&format!("DROP TABLE IF EXISTS member; CREATE TABLE member AS {members}"))
            .unwrap();
        self.0.execute_batch("CREATE INDEX IF NOT EXISTS of ON member (start)").unwrap();
        let asked = FIELDS.iter().map(|(_, _, sql)| {
            let of = "w AS (SELECT raw.*, member.at FROM member JOIN raw USING (n) WHERE member.start = o.start \
                      AND member.finish = o.finish AND raw.k IS o.k)";
            let ranked = if sql.contains("FROM ranks") {
                ", ranks AS (SELECT m, row_number() OVER (ORDER BY m) - 1 r FROM w WHERE m IS NOT NULL)"
            } else {
                ""
            };
            format!("(WITH {of}{ranked} {sql})")
        });
        let sql = format!(
            "SELECT start, finish, k, {} FROM (SELECT DISTINCT start, finish, k FROM member JOIN raw USING (n)) o",
            asked.collect::<Vec<_>>().join(", ")
        );
        self.rows(&sql)
    }

    pub fn rows(&self, sql: &str) -> Vec<Cells> {
        let mut query = self.0.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
        let columns = query.column_count();
        let row =
            |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Value>(at).map(cell)).collect();
        let mut rows: Vec<Cells> = query.query_map([], row).unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    }

    pub fn numbers(&self, sql: &str) -> Vec<i64> {
        let mut query = self.0.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

/// Two numbers that rounding alone tells apart.
fn are_near(a: &str, b: &str) -> bool {
    let real = |text: &str| text.contains('.').then(|| text.parse::<f64>().ok()).flatten();
    real(a).zip(real(b)).is_some_and(|(a, b)| (a - b).abs() <= 2e-6)
}

/// The first difference, in words.
pub fn compare(due: &[Cells], got: &[Cells], what: &str) {
    for (due, got) in due.iter().zip(got) {
        let near = due.len() == got.len() && due.iter().zip(got).all(|(a, b)| a == b || are_near(a, b));
        assert!(near, "{what}\n due {due:?}\n got {got:?}");
    }
    assert_eq!(due.len(), got.len(), "{what}: {:?}", due.get(got.len()).or(got.get(due.len())));
}
