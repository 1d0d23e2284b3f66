//! Records as the bodies of messages, in each form that is asked for.

use crate::data::Batch;
use crate::format::csv::Writer as CsvWriter;
use crate::format::jsonl::Writer as JsonWriter;
use crate::format::msgpack::Writer as MapWriter;
use crate::operator::PortId;
use crate::topology::plan::Stage;
use crate::wire::codec;
use crate::wire::tap::Form;
use std::collections::BTreeMap;

/// The writers of one stage.
pub(super) struct Bodies<'a> {
    stage: &'a Stage,
    /// By port and inlet, made when they are needed first.
    writers: BTreeMap<(PortId, usize), Writers>,
    out: Vec<u8>,
}

struct Writers {
    json: JsonWriter,
    msgpack: MapWriter,
    csv: CsvWriter,
}

impl<'a> Bodies<'a> {
    pub(super) fn of(stage: &'a Stage) -> Bodies<'a> {
        Bodies { stage, writers: BTreeMap::new(), out: Vec::new() }
    }

    /// The records in a form, until the next call.
    pub(super) fn write(&mut self, form: Form, port: PortId, inlet: usize, batch: &Batch) -> &[u8] {
        let Bodies { stage, writers, out } = self;
        let writers = writers.entry((port, inlet)).or_insert_with(|| {
            let schema = stage.shown(port, inlet);
            Writers {
                json: JsonWriter::new(schema),
                msgpack: MapWriter::new(schema),
                csv: CsvWriter::new(schema, b',', ""),
            }
        });
        out.clear();
        match form {
            Form::Json => writers.json.rows(batch, out),
            Form::Msgpack => writers.msgpack.rows(batch, 0..batch.len(), false, out),
            Form::Csv => {
                out.extend_from_slice(writers.csv.head());
                writers.csv.rows(batch, out);
            }
            Form::Bincode => {
                // Of which inlet they are, and whether the body says how late they are.
                out.extend_from_slice(&(inlet as u32).to_le_bytes());
                out.push(0);
                let late = codec::encode(batch, out);
                out[4] = u8::from(late);
            }
        }
        out
    }
}
