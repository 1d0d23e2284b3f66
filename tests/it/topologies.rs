//! The examples are tests: each runs to its end, balances, and stores what it must.

mod mining;
mod retail;
mod weather;
mod web_log;

use crate::run::{Running, Sandbox, text};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::Value;
use std::path::Path;

/// A room in which the project's data and topologies are where their paths say.
fn room() -> Sandbox {
    let room = Sandbox::new();
    for folder in ["data", "topologies"] {
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), room.path(folder))
            .unwrap();
    }
    room
}

fn run(room: &Sandbox, name: &str, sets: &[&str]) -> Value {
    let file = format!("topologies/{name}.toml");
    let mut args = vec!["run", &file, "--json"];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let account = Running::of(room.command(&args).spawn().unwrap()).account();
    assert_eq!(account["balances"], true);
    assert_eq!(account["records"]["lost"], 0);
    let audit = room.sluicebox(&["audit", name]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
    account
}

/// What a query answers must be what `topologies/expected/NAME` holds; SLUICEBOX_BLESS=1 writes it anew.
fn golden(room: &Sandbox, database: &str, name: &str, sql: &str) {
    let connection = Connection::open(room.path(database)).unwrap();
    let mut found = connection.prepare(sql).unwrap();
    let columns = found.column_count();
    let cell = |value: Sql| match value {
        Sql::Null => "NULL".to_string(),
        Sql::Integer(n) => n.to_string(),
        Sql::Real(x) => format!("{x:.9e}"),
        Sql::Text(text) => text,
        Sql::Blob(bytes) => format!("{bytes:?}"),
    };
    let rows = found.query_map([], |row| {
        let cells: Vec<String> = (0..columns).map(|i| cell(row.get(i).unwrap())).collect();
        Ok(cells.join("|") + "\n")
    });
    let found: String = rows.unwrap().map(Result::unwrap).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/expected").join(name);
    if std::env::var_os("SLUICEBOX_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(&path).unwrap(), "{sql} differs from {}", path.display());
}

#[test]
fn flights_stores_what_sqlite_alone_computes_from_the_file() {
    let room = room();
    run(&room, "flights", &[]);
    // Twice in a row: the second run replaces what the first one stored.
    let account = run(&room, "flights", &[]);
    let connection = Connection::open(room.path("out/flights.db")).unwrap();
    load_flights(&connection, &room.path("data/flights.csv.gz"));
    connection
        .execute_batch(
            "CREATE TEMP TABLE clean AS SELECT row, strftime('%Y-%m-%dT%H:%M:%SZ', sched_ts,
                 CASE WHEN sched_ts < '2013-03-10 02:00' THEN '+5 hours' ELSE '+4 hours' END) AS sched_ts, carrier,
               flight, tailnum, origin, dest, sched_dep_time, dep_delay, sched_arr_time, arr_delay, air_time,
               distance AS miles, delayed, CAST(strftime('%H', sched_ts) AS INTEGER) AS hour
             FROM raw WHERE dep_delay IS NOT NULL AND arr_delay IS NOT NULL;",
        )
        .unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let n = one("SELECT count(*) FROM clean");
    assert!(n > 70_000, "the file was read: {n}");
    // The weather has an hour of each airport for a record.
    assert_eq!(account["records"]["in"], one("SELECT count(*) FROM raw") + 6_463);
    assert_eq!(one("SELECT count(*) FROM segments"), n);
    let columns =
        "sched_ts, carrier, flight, tailnum, origin, dest, sched_dep_time, dep_delay, sched_arr_time,
                   arr_delay, air_time, miles, delayed, hour";
    for (left, right) in [("segments", "clean"), ("clean", "segments")] {
        let sql = format!(
            "SELECT count(*) FROM (SELECT {columns} FROM {left} EXCEPT SELECT {columns} FROM {right})"
        );
        assert_eq!(one(&sql), 0, "every row of {left} is in {right}");
    }
    for field in ["arr_delay", "miles", "hour"] {
        // The running z-score from running sums, in whole numbers: nothing of Welford's recurrence is in it.
        let sql = format!(
            "WITH sums AS (SELECT row_number() OVER w AS at, {field} AS x, count(*) OVER w AS n,
                 sum({field}) OVER w AS s, sum({field} * {field}) OVER w AS q FROM clean WINDOW w AS (ORDER BY row)),
               z AS (SELECT at, CASE WHEN n * q - s * s = 0 THEN 0.0
                   ELSE (n * x - s) / sqrt(CAST(n * q - s * s AS REAL)) END AS z FROM sums),
               ours AS (SELECT row_number() OVER (ORDER BY rowid) AS at, z_{field} AS z FROM segments)
             SELECT count(*) FROM z JOIN ours USING (at) WHERE abs(z.z - ours.z) <= 1e-9 * max(1.0, abs(z.z))"
        );
        assert_eq!(one(&sql), n, "z_{field}");
    }
    assert_eq!(one("SELECT count(*) FROM segments WHERE cluster BETWEEN 0 AND 5 AND distance >= 0"), n);
    assert_eq!(one("SELECT sum(size) FROM segments_report"), n);
    assert_eq!(one("SELECT count(*) FROM segments_report"), 6);
    golden(&room, "out/flights.db", "flights_report.txt", "SELECT * FROM segments_report ORDER BY cluster");
    let clusters =
        "SELECT cluster, count(*), avg(arr_delay), avg(miles), avg(hour) FROM segments GROUP BY 1 ORDER BY 1";
    golden(&room, "out/flights.db", "flights_clusters.txt", clusters);
}

#[test]
fn hourly_tells_each_hour_and_airport_as_one_query_does() {
    let room = room();
    let account = run(&room, "hourly", &[]);
    let connection = Connection::open(room.path("out/hourly.db")).unwrap();
    load_flights(&connection, &room.path("data/flights.csv.gz"));
    connection
        .execute_batch(
            "CREATE TEMP TABLE due AS SELECT strftime('%Y-%m-%dT%H:00:00Z', sched_ts) AS hour, origin,
               count(*) AS flights, count(dep_delay) AS departed, avg(dep_delay) AS delay, max(dep_delay) AS worst
             FROM raw GROUP BY 1, 2",
        )
        .unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let n = one("SELECT count(*) FROM due");
    assert!(n > 4000, "there are hours enough: {n}");
    assert_eq!(one("SELECT count(*) FROM hours"), n);
    let same = "SELECT count(*) FROM hours JOIN due ON window_start = hour AND hours.origin = due.origin
                WHERE hours.flights = due.flights AND left = departed AND hours.worst IS due.worst
                  AND (hours.delay IS due.delay OR abs(hours.delay - due.delay) <= 1e-9 * max(1, abs(due.delay)))";
    assert_eq!(one(same), n, "every row is that of the query");
    assert_eq!(one("SELECT sum(flights) FROM hours"), account["records"]["in"].as_i64().unwrap());
    assert_eq!(account["stages"][1]["ports"]["late"], 0, "the file is in order");
}

/// The file as a table `raw`, by the csv crate; `NA` is NULL.
fn load_flights(connection: &Connection, path: &Path) {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().unwrap().clone();
    let text = ["sched_ts", "carrier", "tailnum", "origin", "dest"];
    let of = |name: &str| if text.contains(&name) { "TEXT" } else { "INTEGER" };
    let columns: Vec<String> = header.iter().map(|name| format!("{name} {}", of(name))).collect();
    connection
        .execute_batch(&format!("CREATE TEMP TABLE raw (row INTEGER PRIMARY KEY, {})", columns.join(", ")))
        .unwrap();
    connection.execute_batch("BEGIN").unwrap();
    let marks = vec!["?"; header.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO raw VALUES (NULL, {marks})")).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let cells = record.iter().map(|cell| (!cell.is_empty() && cell != "NA").then_some(cell));
        insert.execute(rusqlite::params_from_iter(cells)).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

#[test]
fn orders_runs_for_a_time_and_the_same_seed_gives_the_same_clusters() {
    let room = room();
    let account = run(&room, "orders", &["orders.count=20_000", "orders.rate=1M/s"]);
    assert_eq!(account["records"]["in"], 20_000);
    let clusters = "SELECT cluster, count(*), sum(amount), sum(distance) FROM segments GROUP BY 1 ORDER BY 1";
    golden(&room, "out/orders.db", "orders_clusters.txt", clusters);
    let args = ["run", "topologies/orders.toml", "--for", "300ms", "--json"];
    let live = Running::of(room.command(&args).spawn().unwrap()).account();
    assert_eq!(live["end"], "drained");
    assert!(live["records"]["in"].as_u64().unwrap() > 0);
    assert!(live["latency_us"]["p50"].as_f64().unwrap() > 0.0);
}

#[test]
fn fan_out_meets_again_with_every_record_once() {
    let room = room();
    let account = run(&room, "fan_out", &[]);
    let stage = |name: &str, key: &str| {
        let stages = account["stages"].as_array().unwrap();
        stages.iter().find(|stage| stage["name"] == name).unwrap()[key].as_i64().unwrap()
    };
    assert_eq!(stage("web", "in"), 100_000);
    assert_eq!(stage("z", "in"), 100_000);
    assert_eq!(stage("all", "in"), stage("web", "out") + stage("z", "out"));
    let sums = "SELECT country, count(*), sum(quantity), round(sum(amount), 3), round(sum(score), 6) FROM \"all\" \
        GROUP BY 1 ORDER BY 1";
    golden(&room, "out/fan_out.db", "fan_out.txt", sums);
}
