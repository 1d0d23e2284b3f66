//! Operators that people ask for and that are not there: what is there instead.

use crate::operator::Spec;
use crate::topology::Rooms;

/// Words for a terminal or the end of a pipe.
const OUTPUT: &[&str] = &["stdout", "console", "terminal", "screen", "stderr", "debug", "log", "tee", "-"];
const INPUT: &[&str] = &["stdin", "pipe", "console", "terminal", "stdio", "-"];

/// What other programs have connectors to.
const OUTSIDE: &[&str] = &[
    "amqp",
    "bigquery",
    "cassandra",
    "clickhouse",
    "duckdb",
    "elasticsearch",
    "excel",
    "fluent",
    "gcs",
    "grpc",
    "influxdb",
    "journald",
    "kafka",
    "kinesis",
    "loki",
    "mongodb",
    "mqtt",
    "mysql",
    "nats",
    "opensearch",
    "parquet",
    "pg",
    "postgres",
    "postgresql",
    "prometheus",
    "pubsub",
    "pulsar",
    "rabbitmq",
    "redis",
    "s3",
    "snowflake",
    "socket",
    "splunk",
    "sqs",
    "websocket",
    "xlsx",
];

/// What other programs do with records.
const WORK: &[&str] = &[
    "dedup",
    "dedupe",
    "delay",
    "distinct",
    "explode",
    "flatten",
    "flat_map",
    "forecast",
    "join",
    "limit",
    "lookup",
    "merge",
    "order_by",
    "outlier",
    "pca",
    "sample",
    "session",
    "session_window",
    "sliding",
    "sliding_window",
    "sort",
    "sql",
    "take",
    "throttle",
    "top",
    "topk",
    "union",
    "unnest",
    "vrl",
];

/// Whether it is known that no operator is called nearly so.
pub(super) fn is_known(name: &str) -> bool {
    [OUTPUT, INPUT, OUTSIDE, WORK].iter().any(|words| has(words, name))
}

/// The operator that other tools call so, of those that may stand there if one does.
pub(super) fn called(rooms: &Rooms, name: &str, source: bool) -> Option<String> {
    let said = |spec: &&Spec| has(spec.called, name);
    let all = || specs(rooms).filter(said);
    all().find(|spec| spec.is_source() == source).or_else(|| all().next()).map(|spec| spec.name.to_string())
}

/// What to do without an operator of this name.
pub(super) fn instead(rooms: &Rooms, name: &str, source: bool) -> String {
    if source && has(INPUT, name) {
        let files = specs(rooms).filter(|spec| spec.finds.is_some());
        let files = files.filter_map(|spec| Some(format!("{} with {} = \"-\"", spec.name, spec.place?)));
        return format!("standard input is read by {}", files.collect::<Vec<_>>().join(" or "));
    }
    if !source && has(OUTPUT, name) {
        let out = specs(rooms).filter(|spec| spec.stdout);
        let out = out.filter_map(|spec| Some(format!("{} with {} = \"-\"", spec.name, spec.place?)));
        return format!("standard output is written by {}", out.collect::<Vec<_>>().join(" or "));
    }
    if has(OUTSIDE, name) {
        let sinks =
            specs(rooms).filter(|spec| !spec.is_source() && spec.place.is_some()).map(|spec| spec.name);
        let sinks: Vec<&str> = sinks.collect();
        return format!("no such connector is built yet; {}, the sinks {}", sources(rooms), sinks.join(", "));
    }
    if has(WORK, name) {
        return "nothing does that yet; `sluicebox list` shows what there is".to_string();
    }
    "`sluicebox list` shows all".to_string()
}

/// The operators that read no stage.
pub(super) fn sources(rooms: &Rooms) -> String {
    let names: Vec<&str> = specs(rooms).filter(|spec| spec.is_source()).map(|spec| spec.name).collect();
    format!("the sources are {}", names.join(", "))
}

fn specs<'a>(rooms: &'a Rooms) -> impl Iterator<Item = &'static Spec> + use<'a> {
    rooms.iter().flat_map(|(_, specs)| specs.iter().copied())
}

fn has(words: &[&str], name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    words.contains(&name.as_str()) || words.contains(&name.trim_matches('_'))
}
