//! What the first records of a text tell: the types of its columns, and whether it is read as it was written.

use super::delimiter;
use super::header::{Head, Header};
use super::records::Records;
use crate::data::{Column, Field, Schema, Type};
use crate::format::guess::{self, Guess, Look};
use crate::format::value::ValueParser;
use crate::format::{self, Found, Record};
use crate::params::Problem;
use std::io::{self, Read};

/// Looks at the records that follow what the text begins with. Where it can't be read any further, only what was read
/// before counts.
pub(crate) fn look<R: Read>(
    records: &mut Records<R>,
    header: &Header,
    head: &Head,
    values: &mut ValueParser,
) -> Look {
    let columns = head.names.len();
    let mut notes = Vec::new();
    if let Ok(text) = records.ahead().map(<[u8]>::to_vec) {
        let line = head.line.as_deref();
        let other = delimiter::other(line, &text, columns, records.dialect());
        notes.extend(other.map(|other| of_delimiter(other, head)));
    }
    let mut seen = Seen { guesses: (0..columns).map(|_| Guess::new()).collect(), fit: 0, odd: None };
    // An error comes again where the records are read.
    _ = seen.look(records, values);
    if let (0, Some(fields)) = (seen.fit, seen.odd)
        && notes.is_empty()
    {
        notes.push(of_width(fields, head));
    }
    let types: Vec<Type> = seen.guesses.iter().map(Guess::guess).collect();
    if header.is_replaced() && is_record(records, head, &types, values) {
        let what = "its first line, in whose place \"names\" stands, looks like a record: if it is one, say header = \
            false";
        notes.push(Problem::at("names", what));
    }
    let columns = head.names.iter().zip(types).zip(&seen.guesses);
    let column = |((name, of), guess): ((&String, Type), &Guess)| {
        let field = Field::new(name, of);
        if guess.is_open() { field.open() } else { field }
    };
    Look { columns: Schema { fields: columns.map(column).collect() }, notes }
}

struct Seen {
    guesses: Vec<Guess>,
    /// How many records have a field for each column.
    fit: usize,
    /// How many fields the first one has that does not fit.
    odd: Option<usize>,
}

impl Seen {
    fn look<R: Read>(&mut self, records: &mut Records<R>, values: &ValueParser) -> io::Result<()> {
        let (mut seen, mut scratch) = (0, String::new());
        while seen < guess::RECORDS && records.position() < guess::BYTES {
            match records.next()? {
                Found::End => break,
                Found::Record if records.fits(self.guesses.len()) => {
                    if let Some(mut record) = records.fields(&mut scratch) {
                        for (at, guess) in self.guesses.iter_mut().enumerate() {
                            if let format::Field::Text(text) | format::Field::Quoted(text) = record.field(at)
                            {
                                guess.see(text, values);
                            }
                        }
                    }
                    (seen, self.fit) = (seen + 1, self.fit + 1);
                }
                Found::Record => {
                    self.odd.get_or_insert(records.count());
                    seen += 1;
                }
                Found::Bad(_) => seen += 1,
                // A line too long to hold: what can be seen of the text is behind us.
                Found::Nothing if records.work() > guess::BYTES => break,
                Found::Nothing => {}
            }
        }
        Ok(())
    }
}

fn of_delimiter((delimiter, fields): (u8, usize), head: &Head) -> Problem {
    let delimiter = String::from(char::from(delimiter));
    let what = match head.names.as_slice() {
        [name] => format!(
            "it has one column, {name:?}: is its delimiter another? (delimiter = {delimiter:?} makes {fields})"
        ),
        names => format!(
            "it has {} columns: is its delimiter another? (delimiter = {delimiter:?} makes {fields} in every line)",
            names.len()
        ),
    };
    Problem::at("delimiter", what)
}

fn of_width(fields: usize, head: &Head) -> Problem {
    let columns = head.names.len();
    let column = if columns == 1 { "column" } else { "columns" };
    let advice = match (head.line.is_some(), fields > columns) {
        (true, true) => {
            "\"skip\" leaves out lines above the header line, \"names\" names the columns instead of it"
        }
        (false, _) => "are \"names\" and \"delimiter\" right?",
        (true, false) => "is \"delimiter\" right? ragged = true takes records with fewer fields",
    };
    let what =
        format!("it has {columns} {column}, and no record fits: the first has {fields} fields ({advice})");
    Problem::at("header", what)
}

/// Whether the header line is a record like the others, as far as their types tell.
fn is_record<R: Read>(records: &Records<R>, head: &Head, types: &[Type], values: &mut ValueParser) -> bool {
    let Some(line) = head.line.as_deref().filter(|_| types.iter().any(|of| *of != Type::Str)) else {
        return false;
    };
    let mut line = Records::new(line, *records.dialect(), records.line_max(), 0);
    let found = loop {
        match line.next() {
            Ok(Found::Nothing) => {}
            Ok(Found::Record) => break line.fits(types.len()),
            _ => break false,
        }
    };
    let mut scratch = String::new();
    let fields = line.fields(&mut scratch).filter(|_| found);
    fields.is_some_and(|mut fields| {
        types.iter().enumerate().all(|(at, of)| match fields.field(at) {
            format::Field::Text(text) | format::Field::Quoted(text) => {
                values.push(text, true, &mut Column::new(*of))
            }
            _ => true,
        })
    })
}
