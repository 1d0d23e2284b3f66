//! One object as a record: the fields that columns name, and what is left.

use super::rest::Left;
use super::walk::Object;
use crate::data::Schema;
use crate::format::field::{Field, Record};
use crate::format::named::Named;
use serde::de::DeserializeSeed;
use serde_json::{Deserializer, Error};
use std::fmt::Write;

/// Reads objects, one after another.
#[derive(Clone)]
pub(crate) struct Objects {
    named: Named,
    /// The column of what no other names.
    rest: Option<usize>,
    left: Left,
    why: String,
}

impl Objects {
    pub(crate) fn new(schema: &Schema, rest: Option<&str>) -> Objects {
        let rest = rest.and_then(|name| schema.index(name));
        Objects { named: Named::new(schema, rest), rest, left: Left::default(), why: String::new() }
    }

    /// Reads an object that is the whole of a text.
    ///
    /// # Errors
    /// Why it can't be: `json` (it is none; what is wrong says `why`), `utf8`, `duplicate` (a key that matters stands
    /// twice in one object), `too_deep`.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), &'static str> {
        self.why.clear();
        let Ok(text) = str::from_utf8(text) else { return Err("utf8") };
        self.named.begin();
        let mut twice = false;
        let mut json = Deserializer::from_str(text);
        let object = Object { named: &mut self.named, twice: &mut twice, node: 0, keys: 1 };
        let read = object.deserialize(&mut json).and_then(|()| json.end());
        match read {
            Ok(()) => {}
            Err(_) if twice => return Err("duplicate"),
            Err(error) => return Err(self.refuse(&error)),
        }
        if let Some(column) = self.rest {
            match self.left.read(text, &self.named) {
                Ok(()) => {}
                Err(_) if self.left.has_twice() => return Err("duplicate"),
                Err(error) => return Err(self.refuse(&error)),
            }
            let left = self.named.text(self.left.text());
            self.named.set(column, 0, left);
        }
        Ok(())
    }

    fn refuse(&mut self, error: &Error) -> &'static str {
        write!(self.why, "{error}").expect("a String takes all that is written to it");
        if self.why.starts_with("recursion limit") { "too_deep" } else { "json" }
    }

    /// What was wrong with the last text that was refused as `json`.
    pub(in crate::format) fn why(&self) -> &str {
        &self.why
    }
}

impl Record for Objects {
    #[inline]
    fn field(&mut self, at: usize) -> Field<'_> {
        self.named.field(at)
    }
}
