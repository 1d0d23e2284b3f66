//! What the topologies over flights and weather say, beside SQLite's answers over the same files.

use super::{room, run};
use rusqlite::Connection;
use std::path::Path;

/// The weather's file as a table, of which the columns that are no text are numbers.
fn load(connection: &Connection, path: &Path) {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    connection
        .execute_batch(
            "CREATE TEMP TABLE weather (origin TEXT, year, month, day, hour, temp REAL, dewp, humid REAL, wind_dir,
               wind_speed REAL, wind_gust, precip REAL, pressure REAL, visib REAL, time_hour TEXT); BEGIN",
        )
        .unwrap();
    let marks = ["?"; 15].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO weather VALUES ({marks})")).unwrap();
    for record in csv::Reader::from_reader(file).records() {
        let record = record.unwrap();
        let cells = record.iter().map(|cell| (!cell.is_empty()).then_some(cell));
        insert.execute(rusqlite::params_from_iter(cells)).unwrap();
    }
    connection.execute_batch("COMMIT; CREATE INDEX temp.by_time ON weather (origin, time_hour);").unwrap();
}

#[test]
fn each_flight_gets_the_weather_that_was_known_then() {
    let room = room();
    run(&room, "flights", &[]);
    let connection = Connection::open(room.path("out/flights.db")).unwrap();
    load(&connection, &room.path("data/weather.csv.gz"));
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let n = one("SELECT count(*) FROM segments");
    assert!(n > 70_000 && one("SELECT count(*) FROM delays") == n, "every flight is there once");
    let known = "SELECT count(*) FROM delays d LEFT JOIN weather w ON w.origin = d.origin AND w.time_hour =
           (SELECT max(time_hour) FROM weather WHERE origin = d.origin AND time_hour <= d.sched_ts
             AND unixepoch(time_hour) >= unixepoch(d.sched_ts) - 6 * 3600)
         WHERE d.w_time_hour IS w.time_hour AND d.w_temp IS w.temp AND d.w_visib IS w.visib
           AND d.w_wind_speed IS w.wind_speed AND d.w_precip IS w.precip";
    assert_eq!(one(known), n, "as one query says");
    assert!(one("SELECT count(*) FROM delays WHERE w_time_hour IS NOT NULL") > n * 9 / 10);
    let carriers = "SELECT count(*) FROM carriers JOIN (SELECT substr(sched_ts, 1, 13) || ':00:00Z' AS hour, carrier,
           count(*) AS n, sum(late) AS l, max(arr_delay) AS w FROM segments GROUP BY 1, 2) b
         ON window_start = hour AND carriers.carrier = b.carrier WHERE flights = n AND carriers.late = l AND worst = w";
    let hours = one("SELECT count(*) FROM (SELECT DISTINCT substr(sched_ts, 1, 13), carrier FROM segments)");
    assert_eq!((one("SELECT count(*) FROM carriers"), one(carriers)), (hours, hours));
}

#[test]
fn sensors_fills_gaps_and_tells_what_strays() {
    let room = room();
    run(&room, "sensors", &[]);
    let connection = Connection::open(room.path("out/sensors.db")).unwrap();
    load(&connection, &room.path("data/weather.csv.gz"));
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let missing = one("SELECT count(*) FROM weather WHERE pressure IS NULL");
    assert!(missing > 500, "the file has gaps: {missing}");
    // The last pressure that a station had told, by a query over all that came before.
    let filled = "SELECT count(*) FROM strange s WHERE pressure IS (SELECT w.pressure FROM weather w
           WHERE w.origin = s.origin AND w.time_hour <= s.time_hour AND w.pressure IS NOT NULL
           ORDER BY w.time_hour DESC LIMIT 1)";
    let n = one("SELECT count(*) FROM strange");
    assert!(n > 6_400, "{n} hours");
    assert_eq!(one(filled), n);
    assert_eq!(one("SELECT count(*) FROM strange WHERE pressure IS NULL OR wind_speed IS NULL"), 0);
    // Within a day a station tells nothing twice, though it strays more often.
    let alerts = "SELECT count(*), coalesce(min(gap), 0) FROM (SELECT unixepoch(time) - lag(unixepoch(time))
           OVER (PARTITION BY origin ORDER BY time) AS gap FROM strange_alert WHERE state = 'firing')";
    let (alerts, gap): (i64, i64) =
        connection.query_row(alerts, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let strange = one("SELECT count(*) FROM strange WHERE score > 4");
    assert!(alerts > 0 && alerts < strange, "{alerts} alerts of {strange} strange hours");
    assert!(gap >= 24 * 3600, "{gap} s between two alerts of a station");
    let days = "SELECT count(*) FROM daily d JOIN (SELECT substr(time_hour, 1, 10) AS day, origin, count(*) AS n,
           min(temp) AS t FROM strange GROUP BY 1, 2) b ON substr(window_start, 1, 10) = day AND d.origin = b.origin
         WHERE hours = n AND coldest = t";
    assert_eq!(one(days), one("SELECT count(*) FROM daily"));
}
