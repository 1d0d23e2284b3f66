//! One value of MessagePack as a value of JSON, and back.

use super::value::{Broken, Bytes, Value};
use super::writer::{head, text, whole};
use serde_json::{Map, Number, Value as Json};

/// The value that some bytes are. What JSON has no word for is told as such.
///
/// # Errors
/// Why there is none, as a clause.
pub(crate) fn json(bytes: &[u8]) -> Result<Json, &'static str> {
    let mut bytes = Bytes(bytes);
    // It is not nested deeper than can be walked through here too.
    { bytes }.skip().map_err(told)?;
    value(&mut bytes)
}

fn value(bytes: &mut Bytes<'_>) -> Result<Json, &'static str> {
    Ok(match bytes.value().map_err(told)? {
        Value::Nil => Json::Null,
        Value::Bool(is) => Json::Bool(is),
        Value::I64(number) => number.into(),
        Value::U64(number) => number.into(),
        Value::F64(number) => {
            Number::from_f64(number).map(Json::Number).ok_or("a number that is not finite")?
        }
        Value::Str(text) => {
            Json::String(str::from_utf8(text).map_err(|_| "a text that is no UTF-8")?.to_string())
        }
        Value::Bin => return Err("bytes that are no text"),
        Value::Time(_) | Value::Ext => return Err("an extension: write times as texts"),
        Value::Array(n) => (0..n).map(|_| value(bytes)).collect::<Result<_, _>>()?,
        Value::Map(n) => {
            let mut map = Map::new();
            for _ in 0..n {
                let Json::String(key) = value(bytes)? else { return Err("a key that is no text") };
                map.insert(key, value(bytes)?);
            }
            Json::Object(map)
        }
    })
}

fn told(broken: Broken) -> &'static str {
    match broken {
        Broken::Bytes | Broken::Cut(_) => "no MessagePack",
        Broken::TooDeep => "nested too deep",
    }
}

/// Appends a value.
pub(crate) fn append_json(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.push(0xc0),
        Json::Bool(is) => out.push(if *is { 0xc3 } else { 0xc2 }),
        Json::Number(number) => match number.as_i64() {
            Some(number) => whole(number, out),
            None => {
                out.push(0xcb);
                out.extend_from_slice(&number.as_f64().unwrap_or(f64::NAN).to_be_bytes());
            }
        },
        Json::String(plain) => text(plain.as_bytes(), out),
        Json::Array(items) => {
            head(items.len(), (0x90, 0xdc, 0xdd), 16, out);
            items.iter().for_each(|item| append_json(item, out));
        }
        Json::Object(map) => {
            head(map.len(), (0x80, 0xde, 0xdf), 16, out);
            for (key, value) in map {
                text(key.as_bytes(), out);
                append_json(value, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read() {
        let all = json!({
            "a": [1, -1, 200, i64::MIN, 1.5, null, true, false, "", "ü".repeat(300)], "b": { "c": {}, "d": [] },
        });
        let mut bytes = Vec::new();
        append_json(&all, &mut bytes);
        assert_eq!(json(&bytes), Ok(all));
        assert_eq!(json(&bytes[..bytes.len() - 1]), Err("no MessagePack"));
        assert_eq!(json(&[0x81, 1, 1]), Err("a key that is no text"));
        assert_eq!(json(&[0x91].repeat(1000)), Err("nested too deep"));
    }
}
