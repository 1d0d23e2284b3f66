//! The keys that say what is done for a stage while it runs.

use super::plan::{Every, Upkeep};
use super::reader::Reader;
use crate::units::Span;

/// How often state is saved where a stage does not say it.
const SNAPSHOT_EVERY: Every = Every::Time(Span::from_ms(10_000));
const NEVER: &str = "never";

/// Reads a stage's keys.
pub(super) fn upkeep(reader: &mut Reader<'_>) -> Upkeep {
    let snapshot_every = match reader.table.get("snapshot_every") {
        None => Some(SNAPSHOT_EVERY),
        Some(toml::Value::String(word)) if word == NEVER => None,
        Some(_) => every(reader, "snapshot_every"),
    };
    Upkeep {
        every: every(reader, "every"),
        snapshot_every,
        keeps_open: snapshot_every.is_some() && reader.table.contains_key("snapshot_every"),
        restart: reader.flag("restart").unwrap_or(true),
        summary: reader.flag("summary").unwrap_or(false),
    }
}

/// `"5s"` or `1000` records.
fn every(reader: &mut Reader<'_>, key: &str) -> Option<Every> {
    match reader.table.get(key)? {
        toml::Value::Integer(_) => reader.whole(key).map(Every::Records),
        toml::Value::String(_) => reader.span(key).map(Every::Time),
        _ => {
            reader.wrong(key, "a time such as \"5s\" or a number of records");
            None
        }
    }
}
