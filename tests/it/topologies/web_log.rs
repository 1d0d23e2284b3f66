//! A web server's log, as it lies there and as it grows.

use super::{room, run};
use crate::run::{Running, Sandbox, text, wait_for};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// Of each minute how many requests there were, and how many of them failed: by a look at the lines.
fn minutes(path: &Path) -> BTreeMap<String, (i64, i64)> {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    let mut minutes = BTreeMap::new();
    for line in BufReader::new(file).lines() {
        let line = line.unwrap();
        // `… [01/Jan/2024:10:37:04 +0000] "GET / HTTP/1.1" 200 1234 …`
        let Some((request, status)) = line.split_once(" HTTP/1.1\" ") else { continue };
        let time = &request.split_once('[').unwrap().1[12..17];
        let (requests, errors) = minutes.entry(format!("2024-01-01T{time}:00Z")).or_insert((0, 0));
        *requests += 1;
        *errors += i64::from(status.starts_with('5'));
    }
    minutes
}

#[test]
fn web_log_counts_what_failed_in_each_minute_and_tells_it_once() {
    let room = room();
    let account = run(&room, "web_log", &[]);
    let expected = minutes(&room.path("data/access.log.gz"));
    assert!(expected.len() >= 59, "an hour");
    let connection = Connection::open(room.path("out/web_log.db")).unwrap();
    let mut rows = connection.prepare("SELECT window_start, requests, errors FROM minutes").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
    let found: BTreeMap<String, (i64, i64)> = rows.map(Result::unwrap).collect();
    assert_eq!(found, expected);
    assert_eq!(account["records"]["rejected"], 2, "two lines are no requests");
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(
        one("SELECT group_concat(time || ' ' || state) FROM minutes_alert"),
        "2024-01-01T10:37:00Z firing,2024-01-01T10:41:00Z resolved",
        "the servers behind it fail from 10:37 to 10:40"
    );
    let top = one("SELECT most FROM minutes ORDER BY window_start LIMIT 1");
    assert!(top.starts_with('[') && top.contains("\"/\""), "what is asked for most: {top}");
}

/// Waits until the first worker of a stage has taken so many records.
fn wait_taken(room: &Sandbox, stage: &str, records: u64) {
    wait_for(&format!("{stage} to have taken {records}"), || {
        let status = room.sluicebox(&["status", "web_log", "--json"]);
        let status: Value = serde_json::from_slice(&status.stdout).ok()?;
        let stage = status["stages"].as_array()?.iter().find(|of| of["name"] == stage)?;
        (stage["workers"][0]["in"] == records).then_some(())
    });
}

#[test]
fn web_log_follows_a_log_that_grows() {
    let room = room();
    let line = |second: u32, status: u32| {
        format!(
            "192.0.2.1 - - [01/Jan/2024:10:00:{second:02} +0000] \"GET / HTTP/1.1\" {status} 10 \"-\" \"curl/8\"\n"
        )
    };
    std::fs::write(room.path("access.log"), line(1, 200)).unwrap();
    let args = [
        "run",
        "topologies/web_log.toml",
        "--json",
        "--set",
        "log.path=access.log",
        "--set",
        "log.follow=true",
    ];
    let running = Running::of(room.command(&args).spawn().unwrap());
    wait_taken(&room, "log", 1);
    let mut log = std::fs::OpenOptions::new().append(true).open(room.path("access.log")).unwrap();
    (2..12).for_each(|second| log.write_all(line(second, 503).as_bytes()).unwrap());
    wait_taken(&room, "requests", 11);
    let stop = room.sluicebox(&["stop", "web_log"]);
    assert_eq!(stop.status.code(), Some(0), "{}", text(&stop.stderr));
    let account = running.account();
    assert_eq!((account["records"]["in"].clone(), account["records"]["lost"].clone()), (11.into(), 0.into()));
    let connection = Connection::open(room.path("out/web_log.db")).unwrap();
    let errors: i64 = connection.query_row("SELECT sum(errors) FROM minutes", [], |row| row.get(0)).unwrap();
    assert_eq!(errors, 10);
}
