//! One map as a record: the fields that columns name.

use super::value::{Broken, Bytes, Value};
use crate::data::Schema;
use crate::format::field::{Field, Record};
use crate::format::named::{Entry, Found, Named};

/// Reads maps, one after another.
pub(in crate::format) struct Maps {
    named: Named,
}

/// Why a map is no record.
type Refused = &'static str;

impl Maps {
    pub(in crate::format) fn new(schema: &Schema) -> Maps {
        Maps { named: Named::new(schema, None) }
    }

    /// Reads a map.
    ///
    /// # Errors
    /// Why it can't be: `msgpack` (it is none), `utf8`, `duplicate`, `too_deep`.
    pub(in crate::format) fn read(&mut self, record: &[u8]) -> Result<(), Refused> {
        self.named.begin();
        let mut bytes = Bytes(record);
        match bytes.value().map_err(told)? {
            Value::Map(n) => self.map(&mut bytes, n, 0, 1),
            _ => Err("msgpack"),
        }
    }

    /// Walks through a map of `n` keys, for which `node` stands. Deeper than names reach it does not go.
    fn map(&mut self, bytes: &mut Bytes<'_>, n: usize, node: usize, keys: usize) -> Result<(), Refused> {
        let mut next = 0;
        for _ in 0..n {
            // A key of another kind is no name.
            let key = match bytes.value().map_err(told)? {
                Value::Str(key) => Some(str::from_utf8(key).map_err(|_| "utf8")?),
                Value::Array(_) | Value::Map(_) => return Err("msgpack"),
                _ => None,
            };
            let Some(entry) = key.and_then(|key| self.named.find(node, key, &mut next)) else {
                bytes.skip().map_err(told)?;
                continue;
            };
            if !self.named.meet(entry) {
                return Err("duplicate");
            }
            self.value(bytes, entry, keys)?;
        }
        Ok(())
    }

    fn value(&mut self, bytes: &mut Bytes<'_>, entry: Entry, keys: usize) -> Result<(), Refused> {
        let found = match bytes.value().map_err(told)? {
            Value::Nil => Found::Nothing,
            Value::Bool(is) => Found::Bool(is),
            Value::I64(number) => Found::I64(number),
            Value::U64(number) => Found::whole(number),
            Value::F64(number) if number.is_finite() => Found::F64(number),
            Value::F64(_) => Found::Other("a number that is not finite"),
            Value::Str(text) => {
                let text = str::from_utf8(text).map_err(|_| "utf8")?;
                self.named.text(text)
            }
            Value::Bin => Found::Other("bytes that are no text"),
            Value::Time(Some(ns)) => Found::Time(ns),
            Value::Time(None) => Found::Other("a time beyond the years 1677 to 2262"),
            Value::Ext => Found::Other("an extension of its own"),
            Value::Array(n) => self.list(bytes, n)?,
            Value::Map(n) => match entry.child {
                Some(node) => return self.map(bytes, n, node, keys + 1),
                None => {
                    (0..2 * n).try_for_each(|_| bytes.skip()).map_err(told)?;
                    Found::Other("a map")
                }
            },
        };
        if let Some(column) = entry.column {
            self.named.set(column, keys, found);
        }
        Ok(())
    }

    fn list(&mut self, bytes: &mut Bytes<'_>, n: usize) -> Result<Found, Refused> {
        let (from, mut texts) = (self.named.items().len(), true);
        for _ in 0..n {
            let mut item = *bytes;
            bytes.skip().map_err(told)?;
            match item.value().map_err(told)? {
                Value::Str(text) => self.named.items().push(str::from_utf8(text).map_err(|_| "utf8")?),
                _ => texts = false,
            }
        }
        let to = self.named.items().len();
        Ok(if texts { Found::List(from, to) } else { Found::Other("a list of other things than texts") })
    }
}

fn told(broken: Broken) -> Refused {
    match broken {
        Broken::Bytes | Broken::Cut(_) => "msgpack",
        Broken::TooDeep => "too_deep",
    }
}

impl Record for Maps {
    #[inline]
    fn field(&mut self, at: usize) -> Field<'_> {
        self.named.field(at)
    }
}
