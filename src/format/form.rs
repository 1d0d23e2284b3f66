//! How the records of a text are written, and what they are to become: all that a source must know to read it.

use super::arff::Records as ArffRecords;
use super::csv::{Dialect, Records as CsvRecords};
use super::json::{Lines, Objects};
use super::msgpack::{Flow, Maps};
use super::reader::{Parts, Reader};
use super::records::{Head, Records};
use super::rows::Rows;
use super::typing::Typing;
use super::whole::Whole;
use crate::data::Schema;
use crate::units::Bytes;
use std::io::Read;

/// Checked; nothing is open.
#[derive(Clone)]
pub(crate) struct Form {
    kind: Kind,
    line_max: usize,
    typing: Typing,
    /// The reason of a record that is not in the encoding of its text.
    unreadable: &'static str,
}

#[derive(Clone)]
enum Kind {
    /// Each text says what its columns are.
    Arff,
    Csv {
        dialect: Dialect,
        /// The first line of each text has to name the columns.
        head: bool,
    },
    Json {
        /// The column of what no other names.
        rest: Option<String>,
        /// A text is held whole, and may be an array of objects.
        whole: bool,
    },
    Msgpack {
        /// A text is held whole, and may be arrays of maps.
        whole: bool,
    },
    /// Each line is a text.
    Text,
}

impl Form {
    /// How many bytes a record may have.
    pub(crate) fn line_max(&self) -> usize {
        self.line_max
    }

    /// What texts of fields are as values.
    pub(crate) fn typing(&self) -> &Typing {
        &self.typing
    }

    /// CSV; what stands above the records has been read, or `head` reads it.
    pub(crate) fn csv(dialect: Dialect, head: bool, line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Csv { dialect, head }, line_max, typing, unreadable: "utf8" }
    }

    /// ARFF; what stands above the records has been read.
    pub(crate) fn arff(line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Arff, line_max, typing, unreadable: "utf8" }
    }

    /// A text a line.
    pub(crate) fn text(line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Text, line_max, typing, unreadable: "utf8" }
    }

    /// An object a line.
    pub(crate) fn json_lines(rest: Option<String>, line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Json { rest, whole: false }, line_max, typing, unreadable: "utf8" }
    }

    /// Texts that are held whole, as messages are: an object, several, one a line, or an array of them.
    pub(crate) fn json(rest: Option<String>, line_max: usize, typing: Typing) -> Form {
        Form::json_lines(rest, line_max, typing).whole()
    }

    /// The same objects in texts that are held whole.
    pub(crate) fn whole(mut self) -> Form {
        if let Kind::Json { whole, .. } = &mut self.kind {
            *whole = true;
        }
        self
    }

    /// Texts that are held whole: a map, several, or an array of them.
    pub(crate) fn msgpack(line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Msgpack { whole: true }, line_max, typing, unreadable: "utf8" }
    }

    /// Maps one behind the other, none of which is longer.
    pub(crate) fn msgpack_stream(line_max: usize, typing: Typing) -> Form {
        Form { kind: Kind::Msgpack { whole: false }, line_max, typing, unreadable: "utf8" }
    }

    /// The same of texts whose encoding was said and is decoded before.
    pub(crate) fn encoded(self) -> Form {
        Form { unreadable: "encoding", ..self }
    }

    /// The records of a text that stands at `offset`, with columns of these names.
    pub(crate) fn records<R: Read>(&self, from: R, offset: u64, schema: &Schema) -> Records<R> {
        match &self.kind {
            Kind::Arff => Records::Arff(Box::new(ArffRecords::new(from, self.line_max, offset))),
            Kind::Csv { dialect, head } => {
                let head = (*head && offset == 0).then(|| Head::of(schema.names()));
                Records::Csv(Box::new(CsvRecords::new(from, *dialect, self.line_max, offset)), head)
            }
            Kind::Text | Kind::Json { whole: false, .. } => {
                Records::Json(Lines::new(from, self.line_max, offset))
            }
            Kind::Json { .. } => Records::Whole(Whole::json(from, self.line_max)),
            Kind::Msgpack { whole: true } => Records::Whole(Whole::msgpack(from, self.line_max)),
            Kind::Msgpack { whole: false } => Records::Maps(Box::new(Flow::new(from, self.line_max, offset))),
        }
    }

    /// Makes rows of these columns.
    pub(crate) fn reader(&self, schema: &Schema) -> Reader {
        let parts = match &self.kind {
            Kind::Arff => Parts::Arff(Box::default()),
            Kind::Csv { .. } => Parts::Csv { scratch: String::new(), wrong: String::new() },
            Kind::Json { rest, .. } => Parts::Json(Box::new(Objects::new(schema, rest.as_deref()))),
            Kind::Msgpack { .. } => Parts::Msgpack(Box::new(Maps::new(schema))),
            Kind::Text => Parts::Text,
        };
        let rows = match &self.kind {
            Kind::Arff => Rows::new(&self.typing.given_all(schema), schema),
            _ => Rows::new(&self.typing, schema),
        };
        Reader::new(rows, parts, self.unreadable)
    }

    /// Why records of so many columns may be no rows, beside `type:COLUMN`, and what can be done about each.
    pub(crate) fn remedies(&self, columns: usize) -> Vec<(&'static str, String)> {
        let mut remedies =
            vec![("too_long", format!("raise line_max = \"{}\"", Bytes(self.line_max as u64)))];
        let mut add = |reason, remedy: &str| remedies.push((reason, remedy.to_string()));
        let csv =
            matches!(self.kind, Kind::Csv { .. } | Kind::Arff | Kind::Text) || self.unreadable != "utf8";
        let encoding = "say what encoding the file has in \"encoding\"";
        add(self.unreadable, if csv { encoding } else { "texts are UTF-8: write them so" });
        match self.kind {
            Kind::Arff => {
                add(
                    "quote",
                    "a quote is never closed or has text behind it: a backslash before it makes it a letter",
                );
                add("fields", &format!("a record has {columns} values, as the head has attributes"));
                add("duplicate", "let a record in braces say each column once");
            }
            Kind::Csv { .. } => {
                add(
                    "quote",
                    "a quote is never closed or has text behind it: check \"quote\" (\"\" for none)",
                );
                add("fields", &format!("a record has {columns} fields: check \"delimiter\" and \"quote\""));
                add("header", "let the first line name the columns as the topology does, in their order");
            }
            Kind::Json { .. } => {
                add("json", "let each line be one JSON object");
                add("duplicate", "let an object say each of its names once");
                add("too_deep", "nest nothing more than 127 deep");
            }
            Kind::Msgpack { .. } => {
                add("msgpack", "let a message be maps, or an array of them");
                add("duplicate", "let a map say each of its keys once");
                add("too_deep", "nest nothing more than 127 deep");
            }
            Kind::Text => {}
        }
        remedies
    }
}

#[cfg(test)]
mod tests;
