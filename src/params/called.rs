//! Words of other tools for keys, types and choices of ours: who writes theirs is told ours.

/// A word of ours, and what others say for it. One word may stand behind several: which is meant is known where only
/// one of ours is a choice, and the first counts where several are.
const CALLED: &[(&str, &[&str])] = &[
    // Keys of stages.
    ("operator", &["type", "kind", "op", "class", "function", "component", "plugin", "processor", "uses"]),
    ("steps", &["operators", "transforms", "processors", "chain", "pipeline"]),
    (
        "from",
        &[
            "input",
            "inputs",
            "in",
            "source",
            "sources",
            "reads",
            "read_from",
            "upstream",
            "depends_on",
            "subscribe",
        ],
    ),
    (
        "workers",
        &[
            "parallelism",
            "replicas",
            "instances",
            "threads",
            "concurrency",
            "processes",
            "tasks",
            "num_workers",
        ],
    ),
    ("credit", &["buffer", "buffer_size", "queue", "queue_size", "capacity", "prefetch"]),
    ("batch", &["batch_size", "max_batch", "chunk_size"]),
    ("on_full", &["when_full", "overflow", "backpressure", "on_overflow"]),
    ("max_age", &["ttl", "expire", "expires"]),
    ("snapshot_every", &["checkpoint_interval", "checkpoint", "checkpoint_every", "checkpointing"]),
    ("restart", &["restart_policy", "retry", "retries"]),
    ("name", &["id", "label", "title"]),
    ("stage", &["stages", "node", "nodes"]),
    ("drain_timeout", &["shutdown_timeout", "graceful_shutdown", "stop_timeout"]),
    // Keys of several operators; `commit` is one too, behind `batch`.
    (
        "path",
        &[
            "file",
            "filename",
            "file_name",
            "file_path",
            "filepath",
            "uri",
            "url",
            "location",
            "include",
            "glob",
            "files",
        ],
    ),
    ("path", &["database", "db", "dsn", "output", "dest", "destination", "target", "source", "input"]),
    ("table", &["table_name", "into", "collection", "topic"]),
    ("if_exists", &["mode", "write_mode", "overwrite", "append", "truncate", "on_exists"]),
    ("commit", &["batch_size", "batch", "flush_interval", "flush", "commit_interval", "transaction"]),
    ("patience", &["busy_timeout", "timeout", "retry", "wait"]),
    ("key", &["primary_key", "unique", "unique_key", "upsert", "pk", "id"]),
    ("on_conflict", &["conflict", "on_duplicate", "upsert"]),
    ("per", &["group_by", "groupby", "key", "keys", "key_by", "keyby", "partition_by", "partition", "group"]),
    (
        "by",
        &["key", "keys", "key_by", "keyby", "group_by", "partition_by", "partition_key", "shard_by", "hash"],
    ),
    ("where", &["condition", "predicate", "filter", "expr", "expression", "if", "when", "sql", "query"]),
    ("routes", &["route", "branches", "conditions", "cases", "outputs"]),
    ("features", &["columns", "fields", "inputs", "x", "feature_cols", "vector"]),
    (
        "fields",
        &["columns", "aggs", "aggregates", "aggregations", "agg", "select", "set", "add", "expressions"],
    ),
    ("field", &["column", "time", "timestamp"]),
    ("keep", &["include", "only", "columns", "fields", "select"]),
    ("drop", &["exclude", "remove", "delete", "except"]),
    ("rename", &["alias", "aliases", "renames"]),
    ("cast", &["casts", "types", "convert", "astype"]),
    ("k", &["n_clusters", "clusters", "num_clusters", "centers", "centres"]),
    ("seed", &["random_state", "random_seed"]),
    ("size", &["window_size", "length", "interval", "duration", "width", "every", "period"]),
    ("allowed_lateness", &["lateness", "max_lateness", "grace", "grace_period", "watermark"]),
    ("count", &["limit", "max_records", "records", "rows", "n", "total"]),
    // Keys of sources.
    ("delimiter", &["sep", "separator", "delim", "field_separator", "fs", "delimiters"]),
    ("quote", &["quotechar", "quote_char", "quoting"]),
    ("escape", &["escapechar", "escape_char", "escapes"]),
    ("header", &["has_header", "headers", "header_row"]),
    ("names", &["columns", "column_names", "header_names", "fields"]),
    ("skip", &["skip_rows", "skiprows", "skip_lines", "skip_header"]),
    ("comment", &["comments", "comment_char", "comment_prefix"]),
    ("types", &["schema", "dtype", "dtypes", "column_types", "type"]),
    ("null", &["na", "nulls", "na_values", "null_values", "nullstr", "null_value", "missing", "nan"]),
    ("encoding", &["charset", "codec", "codepage"]),
    ("decimal", &["decimal_separator", "decimal_point"]),
    ("thousands", &["thousands_separator", "group_separator"]),
    ("time_format", &["date_format", "datetime_format", "timestamp_format", "format"]),
    ("time_zone", &["tz", "timezone", "zone"]),
    ("time", &["timestamp", "time_column", "time_field", "event_time", "timestamp_field", "ts"]),
    ("rate", &["speed", "throughput", "eps", "rps", "events_per_second", "records_per_second", "throttle"]),
    (
        "max_rejects",
        &[
            "max_errors",
            "on_error",
            "ignore_errors",
            "error_threshold",
            "bad_lines",
            "on_bad_lines",
            "allow_errors",
        ],
    ),
    ("line_max", &["max_line", "max_line_length", "max_line_bytes"]),
    // Types.
    (
        "i64",
        &[
            "int", "integer", "int64", "int32", "int16", "int8", "i32", "i16", "i8", "long", "bigint",
            "smallint",
        ],
    ),
    ("i64", &["u64", "u32", "u16", "u8", "uint", "uint64", "uint32", "short", "byte", "whole", "serial"]),
    ("f64", &["float", "double", "real", "number", "numeric", "decimal", "float64", "float32", "f32"]),
    ("str", &["string", "text", "varchar", "char", "utf8", "nvarchar", "object", "json", "uuid", "category"]),
    ("time", &["datetime", "date", "timestamptz", "datetime64", "instant", "utc"]),
    ("bool", &["boolean", "bit", "logical", "flag"]),
    ("list<str>", &["list", "array", "strings", "list<string>", "string[]", "str[]", "vec<string>"]),
    // Choices.
    ("replace", &["overwrite", "truncate", "recreate", "drop", "create", "upsert", "update"]),
    ("append", &["insert", "add", "create_append", "keep", "extend"]),
    ("fail", &["error", "abort", "raise", "stop", "errorifexists"]),
    ("reject", &["dlq", "dead_letter", "error"]),
    ("ignore", &["skip", "nothing", "do_nothing", "drop"]),
    ("drop_newest", &["drop", "discard", "shed", "drop_new", "drop_tail"]),
    ("drop_oldest", &["drop_old", "drop_head", "latest"]),
    ("block", &["wait", "backpressure"]),
    ("libzmq", &["zmq", "zeromq", "0mq"]),
    ("spin", &["busy", "busy_spin", "busy_poll", "poll"]),
    ("park", &["sleep", "block", "yield"]),
];

/// The word of ours that `given` is another tool's word for, if it is one of the choices.
pub(super) fn ours<'a>(given: &str, choices: &[&'a str]) -> Option<&'a str> {
    let given = given.trim().to_lowercase().replace(['-', ' '], "_");
    let said = CALLED.iter().filter(|(_, theirs)| theirs.contains(&given.as_str()));
    said.filter_map(|(ours, _)| choices.iter().find(|choice| *choice == ours).copied()).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_place_decides_which_word_is_meant() {
        assert_eq!(ours("group_by", &["size", "per"]), Some("per"));
        assert_eq!(ours("group_by", &["workers", "by"]), Some("by"));
        assert_eq!(ours("Group-By", &["per"]), Some("per"));
        assert_eq!(ours("group_by", &["path"]), None, "only what is a choice is meant");
        assert_eq!(ours("INT", &["i64", "f64"]), Some("i64"));
    }

    #[test]
    fn no_word_stands_twice_for_one_of_ours() {
        let mut seen = HashSet::new();
        for (ours, theirs) in CALLED {
            for word in *theirs {
                assert!(seen.insert((ours, word)), "{word} for {ours}");
                assert!(word != ours && **word == word.to_lowercase(), "{word} for {ours}");
            }
        }
    }
}
