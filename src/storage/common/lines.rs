//! Records as lines of JSON or CSV, for sinks that hand them to somebody else.

use crate::data::{Batch, Schema};
use crate::format::csv::Writer as CsvWriter;
use crate::format::jsonl::Writer as JsonWriter;
use crate::params::{JsonSchema, Problem};

/// How a record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// An object of JSON a line.
    #[default]
    Jsonl,
    /// A line of CSV, behind a header line.
    Csv,
}

/// What a topology says of it.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesParams {
    /// How a record is written.
    #[serde(default)]
    format: Format,
    /// Of CSV: one ASCII character between cells.
    #[serde(default = "comma")]
    delimiter: char,
    /// Of CSV: what NULL is written as.
    #[serde(default)]
    null: String,
}

fn comma() -> char {
    ','
}

/// Writes the rows of one schema.
#[derive(Clone)]
pub(crate) enum Lines {
    Jsonl(JsonWriter),
    Csv(CsvWriter),
}

impl LinesParams {
    /// A writer of these columns; what can't be is told.
    pub(crate) fn check(self, schema: &Schema, problems: &mut Vec<Problem>) -> Lines {
        let LinesParams { format, delimiter, null } = self;
        match format {
            Format::Jsonl => Lines::Jsonl(JsonWriter::new(schema)),
            Format::Csv => {
                problems.extend(unfit(schema, delimiter, &null));
                Lines::Csv(CsvWriter::new(schema, delimiter as u8, &null))
            }
        }
    }
}

/// What can't be written so as CSV.
pub(crate) fn unfit(schema: &Schema, delimiter: char, null: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    // Numbers, times and lists are written as they are, so the delimiter can't be a part of them.
    if !delimiter.is_ascii() || delimiter.is_ascii_alphanumeric() || "\"\r\n\0.+-:[]\\".contains(delimiter) {
        let what = format!("{delimiter:?} can't stand between cells: take one of , ; | or a tab (\"\\t\")");
        problems.push(Problem::at("delimiter", what));
    }
    if null.contains([delimiter, '"', '\r', '\n']) {
        let what = format!("{null:?} can't stand in a cell as it is: take a word, such as \"NA\"");
        problems.push(Problem::at("null", what));
    }
    if schema.is_empty() {
        problems.push(Problem::whole("there is nothing to write: the sink reads no columns"));
    }
    problems
}

impl Lines {
    /// What goes in front of the first record.
    pub(crate) fn head(&self) -> &[u8] {
        match self {
            Lines::Jsonl(_) => &[],
            Lines::Csv(writer) => writer.head(),
        }
    }

    pub(crate) fn rows(&mut self, batch: &Batch, out: &mut Vec<u8>) {
        match self {
            Lines::Jsonl(writer) => writer.rows(batch, out),
            Lines::Csv(writer) => writer.rows(batch, out),
        }
    }

    /// Where the row begins that byte `at` of these rows is in, or the first one behind it.
    pub(crate) fn row_start(&mut self, batch: &Batch, at: usize) -> usize {
        let (mut row, mut line, mut start) = (Batch::default(), Vec::new(), 0);
        for n in 0..batch.len() {
            row.reset_like(batch);
            row.extend(batch, n, n + 1);
            line.clear();
            self.rows(&row, &mut line);
            if start + line.len() > at {
                return start;
            }
            start += line.len();
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};

    #[test]
    fn a_row_begins_where_it_was_written() {
        let schema = Schema::of(&[("s", Type::Str)]);
        let mut batch = Batch::new(&schema);
        for text in ["a", "b\nc", "d"] {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::Str(text));
        }
        let mut lines = Lines::Csv(CsvWriter::new(&schema, b',', ""));
        let mut all = Vec::new();
        lines.rows(&batch, &mut all);
        assert_eq!(all, b"a\n\"b\nc\"\nd\n");
        let starts: Vec<usize> = (0..=all.len()).map(|at| lines.row_start(&batch, at)).collect();
        assert_eq!(starts, [0, 0, 2, 2, 2, 2, 2, 2, 8, 8, 10]);
    }
}
