//! What the report of baskets tells: counts, or the best of what was told last.

use crate::data::{Batch, Schema, Type, Value};
use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every row has behind what is told: which set it belongs to, and how many rows that has.
pub(super) const OURS: [(&str, Type); 2] = [("set", Type::I64), ("rows", Type::I64)];
/// So many rows are the best ones.
const BEST: usize = 100;
const COUNTS: [(&str, Type); 7] = [
    ("baskets", Type::I64),
    ("skipped", Type::I64),
    ("late", Type::I64),
    ("sets", Type::I64),
    ("rows", Type::I64),
    ("left_out", Type::I64),
    ("evicted", Type::I64),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::mining) enum Reported {
    /// How many baskets came, and what became of them.
    #[default]
    Counts,
    /// The first rows of the newest set.
    Best,
}

impl Reported {
    /// The columns of the report, where these are told.
    pub(super) fn schema(self, output: &Schema) -> Schema {
        match self {
            Reported::Counts => Schema::of(&COUNTS),
            Reported::Best => {
                let own = &output.fields[..output.fields.len() - OURS.len()];
                Schema { fields: own.to_vec() }
            }
        }
    }

    /// Keeps the first of the rows from `start` on, for the report.
    pub(super) fn keep(self, newest: &mut Batch, out: &Batch, start: usize) {
        if self == Reported::Best {
            newest.reset_like(out);
            newest.extend(out, start, out.len().min(start + BEST));
        }
    }

    pub(super) fn write(self, newest: &Batch, counts: [u64; 7], out: &mut Batch) {
        match self {
            Reported::Counts => {
                out.columns.iter_mut().zip(counts).for_each(|(column, n)| column.push(Value::I64(n as i64)));
            }
            Reported::Best => {
                let columns = out.columns.iter_mut().zip(&newest.columns);
                columns.for_each(|(column, of)| column.extend(of, 0, newest.len()));
            }
        }
    }
}
