//! How records stand in the pipes of a program: lines of JSON, or maps of MessagePack.

use crate::format::{Form, Typing, msgpack};
use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How records stand in a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Written {
    /// An object a line.
    #[default]
    Json,
    /// Maps of MessagePack, one behind the other.
    Msgpack,
}

impl Written {
    /// How what a program says is read, if nothing of it is longer.
    pub(super) fn form(self, line_max: usize, typing: Typing) -> Form {
        match self {
            Written::Json => Form::json_lines(None, line_max, typing),
            Written::Msgpack => Form::msgpack_stream(line_max, typing),
        }
    }

    /// A record as it stands there.
    pub(super) fn bytes(self, record: &Value) -> Vec<u8> {
        match self {
            Written::Json => format!("{record}\n").into_bytes(),
            Written::Msgpack => {
                let mut bytes = Vec::new();
                msgpack::append_json(record, &mut bytes);
                bytes
            }
        }
    }

    /// What stands there; or what it is instead, as an object of "it wrote".
    pub(super) fn json(self, bytes: &[u8]) -> Result<Value, String> {
        match self {
            Written::Json => serde_json::from_slice(bytes).map_err(|e| format!("no JSON ({e})")),
            Written::Msgpack => msgpack::json(bytes).map_err(str::to_string),
        }
    }

    /// One record, as a person calls it.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Written::Json => "a line",
            Written::Msgpack => "a value",
        }
    }
}
