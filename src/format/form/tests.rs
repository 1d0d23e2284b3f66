//! Texts of every form, however they come and however many records stand in one.

use super::Form;
use crate::data::{Batch, Schema};
use crate::format::{Found, Misfit, Records, TypingParams};
use proptest::prelude::*;
use std::io::{self, Read};

const TYPES: &str = "types = { n = \"i64\", s = \"str\" }";

fn csv(header: bool, line_max: usize) -> (Form, Schema) {
    let typing: TypingParams = toml::from_str(TYPES).unwrap();
    let typing = typing.check(toml::from_str("").unwrap(), &mut Vec::new()).unwrap();
    let schema = typing.schema();
    let dialect: crate::format::csv::DialectParams = toml::from_str("").unwrap();
    (Form::csv(dialect.check(&mut Vec::new()), header, line_max, typing), schema)
}

fn json(line_max: usize) -> (Form, Schema) {
    let typing: TypingParams = toml::from_str(TYPES).unwrap();
    let typing = typing.check(toml::from_str("").unwrap(), &mut Vec::new()).unwrap();
    let schema = typing.schema();
    (Form::json(None, line_max, typing), schema)
}

/// A text in pieces of so many bytes, each behind a moment without any.
struct Pieces<'a>(&'a [u8], usize, bool);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.2 = !self.2;
        if self.2 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = self.1.min(into.len()).min(self.0.len());
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn told<R: Read>(form: &(Form, Schema), records: &mut Records<R>) -> Vec<String> {
    let (form, schema) = form;
    let (mut reader, mut batch) = (form.reader(schema), Batch::new(schema));
    let mut all = Vec::new();
    loop {
        batch.clear();
        reader.begin();
        let found = match records.next() {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => continue,
            found => found.unwrap(),
        };
        all.push(match found {
            Found::End => return all,
            Found::Nothing => continue,
            Found::Bad(reason) => format!("<{reason}>"),
            Found::Record => match reader.add(records, &mut batch.columns) {
                Ok(()) => {
                    batch.columns.iter().map(|column| format!("{:?} ", column.value(0))).collect::<String>()
                }
                Err(Misfit::Record(reason)) => format!("<{reason}>"),
                Err(Misfit::Field(at)) => format!("<{}>", schema.fields[at].name),
            },
        });
    }
}

fn read(form: &(Form, Schema), from: impl Read) -> Vec<String> {
    told(form, &mut form.0.records(from, 0, &form.1))
}

#[test]
fn a_first_line_has_to_name_the_columns_where_that_is_said() {
    let form = csv(true, 99);
    assert_eq!(read(&form, &b"n,s\n1,a\n"[..]), ["I64(1) Str(\"a\") "]);
    assert_eq!(read(&form, &b"\xef\xbb\xbfn, s \r\n1,a"[..]), ["I64(1) Str(\"a\") "]);
    assert!(read(&form, &b"n,s\n"[..]).is_empty() && read(&form, &b""[..]).is_empty());
    for wrong in ["s,n\n1,a\n2,b\n", "n\n1,a\n", "1,a\n", "n,s,t\n1,a\n", "\"n\n", "\"n\"x,s\n1,a\n"] {
        assert_eq!(read(&form, wrong.as_bytes()), ["<header>"], "{wrong}");
    }
    assert_eq!(read(&csv(false, 99), &b"1,a\nn,s\n"[..]), ["I64(1) Str(\"a\") ", "<n>"]);
}

#[test]
fn a_text_follows_another_as_if_it_were_the_first() {
    for form in [csv(true, 20), json(20)] {
        let texts: [&[u8]; 4] = [
            b"n,s\n1,a\n\"2",
            b"[{\"n\":1},{\"n\":2",
            b"n,s\n1,\"aaaaaaaaaaaaaaaaaaaaaaaaaaa",
            b"{\"n\":3}{\"n\":4}",
        ];
        let mut records = form.0.records(texts[0], 0, &form.1);
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                records.restart(text);
            }
            assert_eq!(told(&form, &mut records), read(&form, text), "{}", String::from_utf8_lossy(text));
        }
    }
}

proptest! {
    #[test]
    fn where_a_csv_text_is_cut_is_of_no_account(
        text in "([0-9]{1,2}|\"|,|a|\n|\r|\r\n|1,b\n|\u{feff}){0,40}",
        piece in 1..20_usize,
        line_max in 1..30_usize,
        header: bool,
    ) {
        let form = csv(header, line_max);
        prop_assert_eq!(read(&form, text.as_bytes()), read(&form, Pieces(text.as_bytes(), piece, false)));
    }

    #[test]
    fn an_array_of_objects_says_what_they_say_one_a_line(
        values in prop::collection::vec(("[ -!#-\\[\\]-~]{0,5}", any::<Option<i64>>()), 1..20),
        piece in 1..20_usize,
    ) {
        let objects: Vec<String> =
            values.iter().map(|(s, n)| serde_json::json!({ "s": s, "n": n }).to_string()).collect();
        let form = json(999);
        let lines = read(&form, objects.join("\n").as_bytes());
        prop_assert_eq!(lines.len(), values.len());
        let array = format!("[{}]\n", objects.join(" ,\n"));
        prop_assert_eq!(&lines, &read(&form, Pieces(array.as_bytes(), piece, false)));
        let pretty: Vec<String> = objects.iter().map(|object| object.replacen("{", "{\n ", 1)).collect();
        prop_assert_eq!(&lines, &read(&form, pretty.join("").as_bytes()));
    }
}
