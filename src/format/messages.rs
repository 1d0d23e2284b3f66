//! Records as messages, each of which holds several: what a source takes and a sink gives.

use super::csv::Writer as CsvWriter;
use super::{jsonl, msgpack, stream};
use crate::data::{Batch, Schema};
use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What the body of a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageFormat {
    /// Objects of JSON, one a line.
    #[default]
    Json,
    /// Maps of MessagePack.
    Msgpack,
    /// Lines of CSV, without a header line.
    Csv,
}

impl MessageFormat {
    /// How such a body is read.
    pub(crate) fn kind(self) -> stream::Kind {
        match self {
            MessageFormat::Json => stream::Kind::JsonWhole,
            MessageFormat::Msgpack => stream::Kind::Msgpack,
            MessageFormat::Csv => stream::Kind::Csv,
        }
    }

    /// Writes bodies with these columns.
    pub(crate) fn writer(self, schema: &Schema) -> MessageWriter {
        let form = match self {
            MessageFormat::Json => Form::Json(jsonl::Writer::new(schema)),
            MessageFormat::Msgpack => Form::Msgpack(msgpack::Writer::new(schema)),
            MessageFormat::Csv => Form::Csv(CsvWriter::new(schema, b',', "")),
        };
        MessageWriter { form, some: Batch::default() }
    }
}

/// Writes rows of one schema as bodies of messages.
#[derive(Clone)]
pub(crate) struct MessageWriter {
    form: Form,
    /// Some of the rows of a batch.
    some: Batch,
}

#[derive(Clone)]
enum Form {
    Json(jsonl::Writer),
    Msgpack(msgpack::Writer),
    Csv(CsvWriter),
}

impl MessageWriter {
    /// Appends rows of a batch. `alone`: each body has one, which need not be in a list.
    pub(crate) fn rows(&mut self, batch: &Batch, rows: Range<usize>, alone: bool, out: &mut Vec<u8>) {
        let MessageWriter { form, some } = self;
        if let Form::Msgpack(writer) = form {
            return writer.rows(batch, rows, alone, out);
        }
        let batch = if rows == (0..batch.len()) {
            batch
        } else {
            some.reset_like(batch);
            some.extend(batch, rows.start, rows.end);
            some
        };
        match form {
            Form::Json(writer) => writer.rows(batch, out),
            Form::Csv(writer) => writer.rows(batch, out),
            Form::Msgpack(_) => {}
        }
    }
}
