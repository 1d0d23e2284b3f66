//! MessagePack: maps as records, and rows of a batch as maps
//! (<https://github.com/msgpack/msgpack/blob/master/spec.md>).

mod cut;
mod flow;
mod json;
mod maps;
mod value;
mod writer;

pub(super) use cut::Cut;
pub(super) use flow::Flow;
pub(crate) use json::{append_json, json};
pub(super) use maps::Maps;
pub(crate) use writer::Writer;
