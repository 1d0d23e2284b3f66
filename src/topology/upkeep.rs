//! The keys that say what is done for a stage while it runs.

use super::plan::{Every, Upkeep};
use super::reader::Reader;

/// Reads a stage's keys.
pub(super) fn upkeep(reader: &mut Reader<'_>) -> Upkeep {
    Upkeep { every: every(reader), restart: reader.flag("restart").unwrap_or(true) }
}

/// `"5s"` or `1000` records.
fn every(reader: &mut Reader<'_>) -> Option<Every> {
    match reader.table.get("every")? {
        toml::Value::Integer(_) => reader.whole("every").map(Every::Records),
        toml::Value::String(_) => reader.span("every").map(Every::Time),
        _ => {
            reader.wrong("every", "a time such as \"5s\" or a number of records");
            None
        }
    }
}
