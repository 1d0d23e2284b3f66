//! Records found in whole texts, in pieces of them and from any position, as the `csv` crate finds them.

mod dialects;

use super::super::scan::COLUMNS_MAX;
use super::*;
use crate::format::window::CAPACITY;
use crate::format::{Field, Record};
use proptest::prelude::*;

/// The usual dialect, which takes what stands behind a closing quote as the `csv` crate does.
fn comma() -> Dialect {
    Dialect { lenient_quotes: true, ..Dialect::with(b',') }
}

/// All that is found in a text from `offset` on: records as their fields, others as their reason and what is
/// shown of them, each with the position behind it.
fn found(text: &[u8], offset: usize, line_max: usize, room: usize) -> Vec<(Vec<String>, u64)> {
    found_in(comma(), text, offset, line_max, room)
}

fn found_in(
    dialect: Dialect,
    text: &[u8],
    offset: usize,
    line_max: usize,
    room: usize,
) -> Vec<(Vec<String>, u64)> {
    let mut records = Records::new(&text[offset..], dialect, line_max, offset as u64);
    records.window.room = room;
    let mut all = Vec::new();
    loop {
        let found = records.next().unwrap();
        let record = String::from_utf8_lossy(records.record()).into_owned();
        let row = match found {
            Found::End => return all,
            Found::Nothing => continue,
            Found::Bad(reason) => vec![format!("<{reason}>"), record],
            Found::Record => {
                assert_eq!(records.spans.len(), records.count());
                texts(&records, records.count())
            }
        };
        all.push((row, records.position()));
    }
}

fn texts(records: &Records<&[u8]>, n: usize) -> Vec<String> {
    let mut scratch = String::new();
    let mut fields = records.fields(&mut scratch).unwrap();
    let text = |field: Field<'_>| match field {
        Field::Text(text) => text.to_string(),
        Field::Quoted(text) => format!("'{text}'"),
        _ => "NULL".to_string(),
    };
    (0..n).map(|at| text(fields.field(at))).collect()
}

fn rows(text: &str, line_max: usize) -> Vec<Vec<String>> {
    found(text.as_bytes(), 0, line_max, CAPACITY).into_iter().map(|(row, _)| row).collect()
}

/// What the csv crate makes of it.
fn rows_of_csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| record.iter().map(str::to_string).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn quotes_and_line_ends() {
    assert_eq!(
        rows("a,b\r\n\r\n1,\n\n\"x,\r\ny\",\"\"\"q\"\"\"\r,", 99),
        [["a", "b"], ["1", ""], ["x,\r\ny", "\"q\""], ["", ""]]
    );
    assert_eq!(rows("\"a\"b\"c\",d\"e\"", 99), [["ab\"c\"", "d\"e\""]]);
    assert!(rows("", 99).is_empty() && rows("\r\n\n", 99).is_empty());
}

#[test]
fn what_was_read_before_a_failure_is_found() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.0.read(into)
        }
    }
    let mut records = Records::new(Failing(b"1,2\n3,4\n5,"), Dialect::with(b','), 99, 0);
    let found: Vec<_> = (0..4).map(|_| records.next().map_err(|e| e.kind())).collect();
    let failed = Err(io::ErrorKind::UnexpectedEof);
    assert_eq!(found, [Ok(Found::Nothing), Ok(Found::Record), Ok(Found::Record), failed]);
}

#[test]
fn of_a_quote_never_closed_only_the_line_is_lost() {
    assert_eq!(rows("1,2\n3,\"x\n5,6\n", 99), [["1", "2"], ["<quote>", "3,\"x"], ["5", "6"]]);
    assert_eq!(rows("3,\"x", 99), [["<quote>", "3,\"x"]]);
    let far = format!("\"a\n{}", "1,2\n".repeat(100));
    assert_eq!(rows(&far, 20).len(), 101, "it is not looked for beyond line_max");
    assert_eq!(rows(&far, 20)[0], ["<quote>", "\"a"]);
}

#[test]
fn a_line_is_too_long_by_one_byte() {
    assert_eq!(rows("12345\n123456\n1\n", 5), [vec!["12345"], vec!["<too_long>", "123456"], vec!["1"]]);
    assert_eq!(rows("12345", 5), [["12345"]]);
    assert_eq!(rows("123456", 5), [["<too_long>", "123456"]]);
}

#[test]
fn a_huge_line_is_never_held() {
    let line = || io::repeat(b'x').take(64 << 20);
    let text = io::Cursor::new("a\n").chain(line()).chain(io::Cursor::new("\nb\n\"")).chain(line());
    let mut records = Records::new(text, comma(), 1 << 20, 0);
    let (mut told, mut calls) = (Vec::new(), 0);
    loop {
        let before = records.work();
        match records.next().unwrap() {
            Found::End => break,
            Found::Nothing => calls += 1,
            found => told.push((found, records.record().len(), records.position())),
        }
        assert!(records.work() - before < 4 << 20, "a call does not read the whole line");
        assert!(
            records.window.buffer.capacity() <= (1 << 20) + 1 + CAPACITY,
            "{}",
            records.window.buffer.capacity()
        );
    }
    let behind = 2 + (64 << 20) + 1;
    assert!(calls > 64);
    assert_eq!(
        told,
        [
            (Found::Record, 1, 2),
            (Found::Bad("too_long"), SHOWN, behind),
            (Found::Record, 1, behind + 2),
            (Found::Bad("too_long"), SHOWN, behind + 3 + (64 << 20)),
        ]
    );
}

#[test]
fn a_million_fields_are_counted_not_kept() {
    let text = ",".repeat(999_999);
    let mut records = Records::new(text.as_bytes(), comma(), 1 << 20, 0);
    assert_eq!(records.next().unwrap(), Found::Nothing, "the buffer was empty");
    assert_eq!(records.next().unwrap(), Found::Record);
    assert_eq!(records.count(), 1_000_000);
    assert_eq!(records.spans.len(), COLUMNS_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn it_agrees_with_the_csv_crate(text in "([ab,;\"\r\n]|é|\"\"|\",|,\"|\r\n){0,60}", room in 1..40usize) {
        let all = found(text.as_bytes(), 0, 4096, room);
        let quote_is_open = all.iter().any(|(row, _)| row[0] == "<quote>");
        if !quote_is_open {
            let rows: Vec<Vec<String>> = all.into_iter().map(|(row, _)| row).collect();
            prop_assert_eq!(rows, rows_of_csv(&text));
        }
    }

    #[test]
    fn it_reads_what_the_csv_crate_writes(
        table in prop::collection::vec(prop::collection::vec(".{0,6}|[\"\r\n,]{0,6}", 3), 0..8),
        crlf: bool,
        room in 1..40usize,
    ) {
        // It does not quote what is a byte-order mark at the start of a line.
        prop_assume!(table.iter().all(|row| !row[0].starts_with('\u{feff}')));
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        table.iter().for_each(|row| writer.write_record(row).unwrap());
        let found = found(&writer.into_inner().unwrap(), 0, 4096, room);
        let rows: Vec<Vec<String>> = found.into_iter().map(|(row, _)| row).collect();
        prop_assert_eq!(rows, table);
    }

    #[test]
    fn neither_the_buffer_nor_a_restart_changes_anything(
        text in "([a,\"\r\n]|\"\"|\",|,\"|aaaa){0,60}",
        line_max in 1..30usize,
        room in 1..40usize,
    ) {
        let all = found(text.as_bytes(), 0, line_max, CAPACITY);
        prop_assert_eq!(&found(text.as_bytes(), 0, line_max, room), &all);
        for (n, (_, position)) in all.iter().enumerate() {
            prop_assert_eq!(&found(text.as_bytes(), *position as usize, line_max, room), &all[n + 1..]);
        }
    }
}
