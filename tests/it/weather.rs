//! Flights get the weather of their hour: by `lookup`, by `as_of`, and by one query, which are the same.

use crate::run::Sandbox;
use crate::shared::shared;
use rusqlite::Connection;
use std::path::Path;

/// Flights with the weather of their hour, three times over.
fn topology(flights: &str, weather: &Path) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "flights"
operator = "csv"
path = "{flights}"
time = "sched_ts"
null = ["NA"]
types = {{ sched_ts = "time", flight = "str" }}
time_zone = "America/New_York"

[[stage]]
name = "weather"                     # one airport after the other, each from January on
operator = "csv"
path = {weather:?}
time = "time_hour"

[[stage]]
name = "looked"
from = "flights"
operator = "lookup"
path = {weather:?}
key = "origin"
version = {{ records = "sched_ts", table = "time_hour" }}
fields = ["time_hour", "temp"]

[[stage]]
name = "joined"
from = {{ left = "flights", right = "weather" }}
by = "origin"
workers = 2
operator = "as_of"
allowed_lateness = "9000h"
prefix = "w_"

[[stage]]
name = "near"
from = {{ left = "flights", right = "weather" }}
by = "origin"
operator = "join"
kind = "left"
within = ["-30min", "30min"]
allowed_lateness = "9000h"
prefix = "w_"

[[stage]]
name = "store"
from = ["flights", "weather", "looked", "joined", "near"]
operator = "sqlite"
path = "out.db"
"#
    )
}

#[test]
fn flights_get_the_weather_of_their_hour() {
    let Some(weather) = shared("data/nycweather.csv.gz") else { return };
    let flights = concat!(env!("CARGO_MANIFEST_DIR"), "/data/flights.csv.gz");
    let room = Sandbox::new();
    let account = room.run(&topology(flights, &weather));
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()), "{account}");
    let judge = Connection::open(room.path("out.db")).unwrap();
    judge
        .execute_batch(
            "CREATE INDEX at ON weather (origin, time_hour);
             CREATE TABLE due AS SELECT sched_ts, carrier, flight, origin, (SELECT w.temp FROM weather w
               WHERE w.origin = f.origin AND w.time_hour <= f.sched_ts ORDER BY w.time_hour DESC, w.rowid DESC LIMIT 1)
               AS temp FROM flights f;
             CREATE TABLE near_due AS SELECT f.sched_ts, f.carrier, f.flight, f.origin, w.temp AS temp
               FROM flights f LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour
               BETWEEN strftime('%Y-%m-%dT%H:%M:%SZ', f.sched_ts, '-30 minutes')
               AND strftime('%Y-%m-%dT%H:%M:%SZ', f.sched_ts, '+30 minutes')",
        )
        .unwrap();
    let count = |sql: &str| judge.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let columns = "sched_ts, carrier, flight, origin";
    for (due, found, temp) in
        [("due", "looked", "temp"), ("due", "joined", "w_temp"), ("near_due", "near", "w_temp")]
    {
        let all = |table: &str, temp: &str| {
            format!("SELECT {columns}, {temp}, count(*) FROM {table} GROUP BY 1, 2, 3, 4, 5")
        };
        let differ = format!("SELECT count(*) FROM ({} EXCEPT {})", all(due, "temp"), all(found, temp));
        assert_eq!(count(&differ), 0, "{found} is what the query says");
        let rows = |table: &str| count(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows(due), rows(found), "{found}");
        let known = count(&format!("SELECT count({temp}) FROM {found}"));
        assert!(known > 50_000, "{found} knows the weather of {known} flights");
    }
}
