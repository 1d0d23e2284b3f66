//! `[slo]`: how old records may be at the end of the topology, and at which rate. `bench --assert` holds it.

use super::reader::Reader;
use crate::units::{Rate, Span};
use serde::{Deserialize, Serialize};

/// What was promised. At least one of the times is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    pub p50: Option<Span>,
    pub p99: Option<Span>,
    pub p999: Option<Span>,
    pub max: Option<Span>,
    /// Records a second that each source sends meanwhile.
    pub at: Option<Rate>,
}

const TIMES: [&str; 4] = ["p50", "p99", "p999", "max"];

impl Slo {
    /// The times that were promised, by the names of their percentiles.
    pub fn times(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let times = [self.p50, self.p99, self.p999, self.max];
        TIMES.into_iter().zip(times).filter_map(|(name, time)| Some((name, time?)))
    }
}

/// Reads the table.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Slo> {
    let table = match reader.table.get("slo")? {
        toml::Value::Table(table) => table,
        _ => {
            reader.wrong("slo", "a table such as { p99 = \"2ms\", at = \"10k/s\" }");
            return None;
        }
    };
    let slo = reader.inside("slo", table, |inner| {
        inner.deny_unknown("");
        let [p50, p99, p999, max] = TIMES.map(|key| inner.span(key));
        Slo { p50, p99, p999, max, at: inner.rate("at") }
    });
    if !TIMES.iter().any(|key| table.contains_key(*key)) && table.keys().all(|key| key == "at") {
        reader.tell("slo", "\"slo\" promises no time: say one of p50, p99, p999, max".to_string());
    }
    Some(slo)
}
