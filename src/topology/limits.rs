//! The keys that say how many of a stage's records may be on their way, in one frame, and rejected.

use super::plan::{BatchLimits, Credit, Limits};
use super::reader::Reader;
use crate::units::{Bytes, Share};
use crate::wire::link::OnFull;

/// Of a credit and of a batch one part may be given; the other is this.
const CREDIT: Credit = Credit { records: 8192, bytes: Bytes(1 << 20) };
const BATCH: BatchLimits = BatchLimits { records_max: 1000, bytes_max: Bytes(64 << 10) };

/// So many records may be rejected where a stage does not say it.
pub(super) const MAX_REJECTS: Share = Share(0.01);

/// What `on_full` may be, in the order of its key's choices.
const ON_FULL: [OnFull; 3] = [OnFull::Block, OnFull::DropNewest, OnFull::DropOldest];

/// Reads a stage's keys.
pub(super) fn limits(reader: &mut Reader<'_>, max_message: Bytes) -> Limits {
    let on_full = reader.choice("on_full").map_or(OnFull::Block, |at| ON_FULL[at]);
    let max_age = reader.span("max_age");
    if !reader.table.contains_key("from") {
        for (key, _) in
            [("on_full", on_full != OnFull::Block), ("max_age", max_age.is_some())].iter().filter(|key| key.1)
        {
            let what = format!(
                "\"{key}\" says what is sent to a stage, and nobody sends to a source: put it at who reads"
            );
            reader.tell_key(key, &what);
        }
    }
    let max_rejects = reader.share("max_rejects").unwrap_or(MAX_REJECTS);
    Limits { credit: credit(reader), batch: batch(reader, max_message), on_full, max_age, max_rejects }
}

/// `8192` records, `"1MiB"`, or both by name.
fn credit(reader: &mut Reader<'_>) -> Credit {
    match reader.table.get("credit") {
        None => CREDIT,
        Some(toml::Value::Integer(_)) => {
            Credit { records: reader.whole("credit").unwrap_or(CREDIT.records), ..CREDIT }
        }
        Some(toml::Value::String(_)) => {
            Credit { bytes: reader.bytes("credit").unwrap_or(CREDIT.bytes), ..CREDIT }
        }
        Some(toml::Value::Table(table)) => reader.inside("credit", table, |inner| {
            inner.deny_unknown("");
            Credit {
                records: inner.whole("records").unwrap_or(CREDIT.records),
                bytes: inner.bytes("bytes").unwrap_or(CREDIT.bytes),
            }
        }),
        Some(_) => {
            reader.wrong("credit", "records such as 8192, a size such as \"1MiB\", or { records, bytes }");
            CREDIT
        }
    }
}

fn batch(reader: &mut Reader<'_>, max_message: Bytes) -> BatchLimits {
    let usual = BatchLimits { bytes_max: BATCH.bytes_max.min(max_message), ..BATCH };
    match reader.table.get("batch") {
        None => usual,
        Some(toml::Value::Table(table)) => reader.inside("batch", table, |inner| {
            inner.deny_unknown("");
            let bytes = inner.bytes("bytes_max").unwrap_or(usual.bytes_max);
            if bytes > max_message {
                inner.tell(
                    "bytes_max",
                    format!("a batch of {bytes} is more than max_message = \"{max_message}\" lets through"),
                );
            }
            let records = inner.whole("records_max").unwrap_or(usual.records_max as u64);
            BatchLimits { records_max: records as usize, bytes_max: bytes }
        }),
        Some(_) => {
            reader.wrong("batch", "a table such as { records_max = 1000, bytes_max = \"64KiB\" }");
            usual
        }
    }
}
