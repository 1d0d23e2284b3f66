//! A real shop's orders: what `retail` stores is what SQLite alone computes from the file.

use super::{room, run};
use crate::shared::shared;
use rusqlite::Connection;
use std::path::Path;

const COLUMNS: &str =
    "invoice TEXT, stock_code TEXT, description TEXT, quantity INTEGER, invoice_ts TEXT, unit_price REAL,
     customer_id TEXT, country TEXT";

fn load(connection: &Connection, path: &Path) {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    connection.execute_batch(&format!("CREATE TEMP TABLE raw ({COLUMNS}); BEGIN")).unwrap();
    let mut insert = connection.prepare("INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?, ?, ?)").unwrap();
    for record in csv::Reader::from_reader(file).records() {
        let record = record.unwrap();
        let cells = record.iter().map(|cell| (!cell.is_empty()).then_some(cell));
        insert.execute(rusqlite::params_from_iter(cells)).unwrap();
    }
    // Summer time began in London on 27 March 2011, and windows are told in UTC.
    connection
        .execute_batch(
            "COMMIT;
             CREATE TEMP TABLE lines AS SELECT *, quantity * unit_price AS amount,
               datetime(invoice_ts, CASE WHEN invoice_ts >= '2011-03-27 01:00' THEN '-1 hour' ELSE '0 hours' END) AS utc
             FROM raw;
             CREATE TEMP TABLE sold AS SELECT * FROM lines
               WHERE invoice NOT LIKE 'C%' AND quantity > 0 AND unit_price > 0;",
        )
        .unwrap();
}

#[test]
fn retail_stores_what_sqlite_alone_computes_from_the_file() {
    let Some(path) = shared("data/online_retail_to_2011-05.csv.gz") else { return };
    let room = room();
    std::fs::copy(&path, room.path("online_retail.csv.gz")).unwrap();
    let account = run(&room, "retail", &["lines.path=online_retail.csv.gz"]);
    let connection = Connection::open(room.path("out/retail.db")).unwrap();
    load(&connection, &path);
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(one("SELECT count(*) FROM raw") > 200_000, "the file was read");
    assert_eq!(account["records"]["in"], one("SELECT count(*) FROM raw"));
    let hour = "strftime('%Y-%m-%dT%H:00:00Z', utc)";
    let revenue = format!(
        "SELECT count(*) FROM revenue JOIN
           (SELECT {hour} AS hour, country, count(*) AS n, sum(quantity) AS q, sum(amount) AS a FROM sold
            GROUP BY 1, 2) b
         ON window_start = hour AND revenue.country = b.country
         WHERE lines = n AND items = q AND abs(revenue - a) <= 1e-9 * abs(a)"
    );
    let hours = one(&format!("SELECT count(*) FROM (SELECT DISTINCT {hour}, country FROM sold)"));
    assert_eq!((one("SELECT count(*) FROM revenue"), one(&revenue)), (hours, hours));
    let returns =
        "SELECT count(*) FROM returns JOIN (SELECT strftime('%Y-%m-%dT00:00:00Z', utc) AS day, country,
           count(*) AS n, sum(amount) AS a FROM lines WHERE invoice LIKE 'C%' GROUP BY 1, 2) b
         ON window_start = day AND returns.country = b.country
         WHERE lines = n AND abs(revenue - a) <= 1e-9 * abs(a)";
    let days =
        one("SELECT count(*) FROM (SELECT DISTINCT date(utc), country FROM lines WHERE invoice LIKE 'C%')");
    assert_eq!((one("SELECT count(*) FROM returns"), one(returns)), (days, days));
    let odd =
        "SELECT count(*) FROM lines WHERE invoice NOT LIKE 'C%' AND NOT (quantity > 0 AND unit_price > 0)";
    assert_eq!(one("SELECT count(*) FROM parted_odd"), one(odd));
    // What is bought together, counted by a join of the baskets with themselves.
    connection
        .execute_batch(
            "CREATE TEMP TABLE baskets AS SELECT DISTINCT invoice, stock_code FROM sold;
             CREATE INDEX temp.by_code ON baskets (stock_code, invoice);
             CREATE INDEX temp.by_invoice ON baskets (invoice, stock_code);",
        )
        .unwrap();
    let n = one("SELECT count(DISTINCT invoice) FROM baskets");
    let pairs = "WITH often AS (SELECT stock_code FROM baskets GROUP BY 1 HAVING count(*) >= 0.015 * :n),
         b AS MATERIALIZED (SELECT * FROM baskets WHERE stock_code IN often)
       SELECT x.stock_code, y.stock_code, count(*) FROM b x JOIN b y ON x.invoice = y.invoice
       AND x.stock_code <> y.stock_code GROUP BY 1, 2 HAVING count(*) >= 0.015 * :n";
    let mut found = connection.prepare(pairs).unwrap();
    let rows = found.query_map([n], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Vec<(String, String, i64)> = rows.unwrap().map(Result::unwrap).collect();
    let bought = |code: &str| one(&format!("SELECT count(*) FROM baskets WHERE stock_code = '{code}'"));
    let rules: Vec<_> = rows.iter().filter(|(x, _, both)| *both as f64 >= 0.5 * bought(x) as f64).collect();
    assert!(rules.len() > 20, "{} rules of two", rules.len());
    for (x, y, both) in &rules {
        let rule = format!(
            "SELECT count(*) FROM rules WHERE antecedent = '[\"{x}\"]' AND consequent = '[\"{y}\"]' AND count = {both}"
        );
        assert_eq!(one(&rule), 1, "{x} goes with {y}, {both} times");
    }
    let of_two = "SELECT count(*) FROM rules WHERE antecedent NOT LIKE '%,%' AND consequent NOT LIKE '%,%'";
    assert_eq!(one(of_two), rules.len() as i64);
}
