//! The `csv` source: everything a file can do to it.

mod damaged;
mod dialects;
mod kinds;
mod program;

use crate::shared::shared;
use crate::source::{Page, Source, plan, problems, sample};
use flate2::Compression;
use flate2::write::GzEncoder;
use sluicebox::data::Type;
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Account, Next, Position};
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// A file in a folder of its own, and the parameter that names it.
fn file(text: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    (folder, named(&path))
}

fn named(path: &Path) -> String {
    format!("path = '{}'\n", path.display())
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Reads a file to the end; no number of rejects ends it.
fn read(text: &[u8], more: &str) -> Source {
    let (_folder, path) = file(text);
    Source::new("csv", &format!("{path}{more}")).run().unwrap()
}

fn rows(text: &str, more: &str) -> Vec<Vec<String>> {
    read(text.as_bytes(), more).rows
}

fn failure(result: Result<Source>) -> Error {
    result.err().expect("it fails")
}

#[test]
fn the_page_holds() {
    let page = Page::of(include_str!("../../src/ingest/csv.rs"));
    let (_folder, path) = file(page.block("csv").as_bytes());
    let params = page.block("toml").replace("path = ", "# ");
    page.assert_holds(&Source::new("csv", &format!("{path}{params}")).run().unwrap());
}

#[test]
fn types_are_guessed_or_given() {
    let text = "n,x,t,b,s,zip,none,long\n1,1.5,2013-01-01 00:00,true,a,007,NA,99999999999999999999\n2,,2013-01-02 \
        10:00:00,False,,1,,1\n";
    let (_folder, path) = file(text.as_bytes());
    let schema =
        |more: &str| sample("csv", &format!("{path}null = [\"NA\"]\n{more}")).unwrap().schema.to_string();
    assert_eq!(schema(""), "n i64, x f64, t time, b bool, s str, zip str, none str, long str");
    let given = schema("types = { zip = \"i64\", n = \"f64\", none = \"bool\" }");
    assert_eq!(given, "n f64, x f64, t time, b bool, s str, zip i64, none bool, long str");
    assert_eq!(
        problems("csv", &format!("{path}types = {{ zipp = \"i64\" }}")),
        [format!("types.zipp: there is no column \"zipp\" (there are: {}) -> zip", schema(""))]
    );
}

#[test]
fn a_value_beyond_the_sample_that_breaks_its_type_is_rejected() {
    let mut text = "id,n\n".to_string();
    (0..10_000).for_each(|id| text += &format!("{id},{id}\n"));
    text += "a,1\n1,b\n2,3\n4,9223372036854775808\n5,007\n";
    let (_folder, path) = file(text.as_bytes());
    let mut source = Source::new("csv", &path).run().unwrap();
    assert_eq!(source.rows.len(), 10_001);
    assert_eq!(source.rows[10_000], ["2", "3"]);
    assert_eq!(source.rejected(), [("type:id".to_string(), 1), ("type:n".to_string(), 3)]);
    assert_eq!(
        source.raw(),
        ["Str(\"a,1\")", "Str(\"1,b\")", "Str(\"4,9223372036854775808\")", "Str(\"5,007\")"]
    );
    assert_eq!(source.desk.cx().done(), 10_005);
    assert_eq!(source.desk.account_mut().out(), 10_001);
    let mut ids = source.ids.clone();
    ids.dedup();
    assert_eq!(ids.len(), 10_001, "every row has an id of its own");
}

#[test]
fn hostile_records_are_rejected_one_by_one() {
    let mut source =
        read(b"a,b\n1,2\n1\n1,2,3\n\xff,1\n\n3,\"x\ry\"\n4,\"never\n5,6", "types = { b = \"str\" }");
    assert_eq!(source.rows, [["1", "2"], ["3", "x\ry"], ["5", "6"]]);
    let one = |reason: &str, n| (reason.to_string(), n);
    assert_eq!(source.rejected(), [one("fields", 2), one("utf8", 1), one("quote", 1)]);
    assert_eq!(source.desk.cx().done(), 7, "a blank line is no record");
    assert_eq!(source.raw()[3], "Str(\"4,\\\"never\")");

    let million = format!("a\n{}\nx\n", ",".repeat(999_999));
    assert_eq!(read(million.as_bytes(), "").rejected(), [one("fields", 1)]);
    let long = format!("a\n{}\n7\n", "1".repeat(5 << 20));
    let mut source = read(long.as_bytes(), "line_max = \"64KiB\"\ntypes = { a = \"i64\" }");
    assert_eq!(
        (source.rejected(), source.rows.clone()),
        (vec![one("too_long", 1)], vec![vec!["7".to_string()]])
    );
    assert!(source.raw()[0].len() < 5000, "only the begin of a long line is shown");
}

#[test]
fn every_file_of_bad_rows_returns_now_and_then() {
    let (_folder, path) = file(format!("a,b\n{}", "\"x\n".repeat(100_000)).as_bytes());
    let mut source = Source::new("csv", &format!("{path}line_max = \"1KiB\""));
    let (mut calls, mut before) = (0, 0);
    while source.step().unwrap() != Next::End {
        assert!(source.desk.cx().done() - before <= source.desk.cx().records_max as u64);
        (calls, before) = (calls + 1, source.desk.cx().done());
    }
    assert!(calls >= 50, "{calls}");
}

#[test]
fn odd_texts_are_read_as_the_csv_crate_reads_them() {
    assert_eq!(
        rows("\u{feff}a,b\r\n1,x\n2,\"y\"\"z\"\r3,\"p,q\"", ""),
        [["1", "x"], ["2", "y\"z"], ["3", "p,q"]]
    );
    assert_eq!(rows("a,b\nx\0y,\"\"\n", ""), [["x\0y", ""]]);
    assert!(rows("a,b", "").is_empty() && rows("a,b\r\n\r\n", "").is_empty());
    assert_eq!(rows("a;b\n'1;2';\"\n", "delimiter = \";\"\nquote = \"'\""), [["1;2", "\""]]);
    assert_eq!(rows("a\tb\n\"1\t2\n", "delimiter = \"\\t\"\nquote = \"\""), [["\"1", "2"]]);
    assert_eq!(rows("1,x\n", "header = false\nnames = [\"n\", \"s\"]"), [["1", "x"]]);
    assert!(rows("", "header = false\nnames = [\"n\", \"s\"]").is_empty());
    let zone = "time_zone = \"America/New_York\"";
    assert_eq!(rows("t\n2013-07-01 08:00\n", zone), [["2013-07-01T12:00:00Z"]]);
    assert_eq!(
        rows("l\n\"[\"\"a\"\",\"\"b c\"\"]\"\n", "types = { l = \"list<str>\" }"),
        [["[\"a\",\"b c\"]"]]
    );
}

#[test]
fn a_file_that_changes_under_way_is_told() {
    let (folder, path) = file(b"a,b\n1,2\n");
    let mut source = Source::new("csv", &path);
    std::fs::write(folder.path().join("a.csv"), "a,c\n1,2\n").unwrap();
    assert!(source.step().unwrap_err().sentence.contains("have changed since it was checked"));
    let mut source = Source::new("csv", &path);
    std::fs::remove_file(folder.path().join("a.csv")).unwrap();
    assert!(source.step().unwrap_err().sentence.contains("no such file or directory"));

    let text = format!("a,b\n{}", "1,2\n".repeat(200_000));
    let (folder, path) = file(text.as_bytes());
    let mut source = Source::new("csv", &path);
    while source.desk.cx().done() < 1000 {
        source.step().unwrap();
    }
    std::fs::File::options().write(true).open(folder.path().join("a.csv")).unwrap().set_len(100).unwrap();
    assert!(failure(source.run()).sentence.ends_with("it was cut short while it was read"));

    let half = &gzip(text.as_bytes())[..1000];
    let (_folder, path) = file(half);
    let told = failure(Source::new("csv", &path).run()).sentence;
    assert!(told.ends_with("(its gzip data end too early: copy the file again)"), "{told}");
}

#[test]
fn what_to_do_about_rejects_is_said_by_reason() {
    let (_folder, path) = file(b"id,delay\n1,2\n2,late\n3\n");
    let mut source =
        Source::new("csv", &format!("{path}types = {{ delay = \"i64\" }}\nline_max = 2048")).run().unwrap();
    assert_eq!(source.rejected().len(), 2);
    let advice = |reason: &str| source.operator.advice(reason);
    let delay = advice("type:delay").unwrap();
    assert_eq!(delay.example.as_deref(), Some("record 2 has \"late\" for i64"));
    assert_eq!(delay.remedy, "add types = { delay = \"str\" }");
    assert_eq!(advice("too_long").unwrap().remedy, "raise line_max = \"2KiB\"");
    assert!(advice("fields").unwrap().remedy.starts_with("a record has 2 fields"));
    assert_eq!(advice("too_large"), None);
}

#[test]
fn a_restart_goes_on_where_the_account_stands() {
    let mut text = "id,text\n".to_string();
    for id in 0..5_000 {
        text += &match id % 7 {
            0 if id % 1000 < 500 => format!("{id},\"a\nb\"\r\n"),
            1 => format!("{id},x,y\n"),
            _ if id % 1000 == 600 => format!("{id},\"open\n"),
            _ => format!("{id},é\n\n"),
        };
    }
    let two_members = [gzip(&text.as_bytes()[..30_000]), gzip(&text.as_bytes()[30_000..])].concat();
    for bytes in [text.clone().into_bytes(), two_members] {
        let (_folder, path) = file(&bytes);
        let params = format!("{path}line_max = 1000");
        let mut whole = Source::new("csv", &params).run().unwrap();
        assert!(whole.rows.len() > 2_000 && whole.rejected().len() == 2, "{:?}", whole.rejected());
        let mut rows = Vec::new();
        let mut account = Account::default();
        for crash in 0.. {
            let mut source = Source::resumed("csv", &params, account.clone());
            source.desk.cx().records_max = 100 + crash * 37;
            let steps = 2 + crash % 5;
            let ended = (0..steps).any(|_| source.step().unwrap() == Next::End);
            rows.append(&mut source.rows);
            account = source.desk.account_mut().clone();
            if ended {
                break;
            }
        }
        assert_eq!(rows, whole.rows);
        assert_eq!(&account, whole.desk.account_mut());
    }
    let (folder, path) = file(text.as_bytes());
    let mut source = Source::new("csv", &path);
    (0..3).for_each(|_| _ = source.step().unwrap());
    let account = source.desk.account_mut().clone();
    assert!(account.done > 0);
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let mut account = account.clone();
        std::fs::write(folder.path().join("a.csv"), bytes).unwrap();
        let mut position = Source::new("csv", &path);
        position.step().unwrap();
        let mut words = position.desk.account_mut().positions[0].bytes().to_vec();
        words[..8].copy_from_slice(&(text.len() as u64 + 1).to_le_bytes());
        account.positions[0] = Position::restore(words, 1);
        let told = failure(Source::resumed("csv", &path, account).run()).sentence;
        assert!(told.contains("is shorter than what was read of it before"), "{told}");
    }
}

#[test]
fn a_paced_source_gives_each_record_the_time_it_was_due() {
    let (_folder, path) = file(b"a\n1\n2\n3\n\n");
    let mut source = Source::new("csv", &format!("{path}rate = \"1k/s\""));
    source.desk.cx().now_ns = 5;
    assert_eq!(source.step().unwrap(), Next::Again, "the file is opened");
    source.desk.cx().now_ns = 1_000;
    assert_eq!(source.step().unwrap(), Next::At(1_001_000));
    assert_eq!((source.batch.born_ns.clone(), source.desk.cx().done()), (vec![1_000], 1));
    source.desk.cx().now_ns = 900_000;
    assert_eq!((source.step().unwrap(), source.batch.len()), (Next::At(1_001_000), 0));
    source.desk.cx().now_ns = 9_000_000;
    assert_eq!(source.step().unwrap(), Next::Again);
    assert_eq!(source.batch.born_ns, [1_001_000, 2_001_000], "a stall counts for all it delays");
    assert_eq!(source.step().unwrap(), Next::End);

    let mut source = Source::new("csv", &format!("{path}rate = \"1/s\""));
    source.desk.cx().now_ns = 1;
    source.step().unwrap();
    for second in 0..3 {
        source.desk.cx().now_ns = 1 + second * 1_000_000_000;
        let next = source.step().unwrap();
        assert_eq!(next == Next::Again, second == 2, "the end is known with the last record");
    }
    assert_eq!(source.step().unwrap(), Next::End);
}

#[test]
fn wrong_parameters_are_told_by_key() {
    let (_folder, path) = file(b"a\n1\n");
    for (more, told) in [
        ("time = \"b\"", "time: there is no column \"b\" (there are: a i64) -> a"),
        ("idle_after = \"1s\"", "idle_after: there is no event time: name its column with time = \"…\""),
        (
            "rate = \"recorded x60\"",
            "rate: \"recorded\" goes by the column that says when: name it with time = \"…\"",
        ),
        ("delimiter = \"||\"", "delimiter: \"||\" is not one ASCII character"),
        ("quote = \"é\"", "quote: \"é\" is not one ASCII character, or none (\"\")"),
        ("quote = \",\"", "quote: the quote and the delimiter can't be the same"),
        ("escape = \",\"", "escape: the escape and the delimiter can't be the same"),
        ("comment = \"//\"", "comment: \"//\" is not one ASCII character"),
        ("names = []", "names: at least one column needs a name"),
        ("skip = -1", "skip: \"skip\" must be a whole number from 0 to 1000000, not -1"),
        (
            "encoding = \"latin\"",
            "encoding: there is no encoding \"latin\" (names are those of the web, such as \"windows-1252\" or \
             \"utf-16le\")",
        ),
        (
            "decimal = \",\"\nthousands = \",\"",
            "thousands: ',' stands before the decimals: say decimal = \",\", or another here",
        ),
        ("true = [\"x\"]\nfalse = [\"X\"]", "false: \"x\" can't mean both true and false"),
        ("header = false", "header: without a header line the columns need names = [\"…\"]"),
        ("header = false\nnames = [\"a\", \"a\"]", "names: the list names column \"a\" twice"),
        ("line_max = 0", "line_max: \"line_max\" must be a size from \"1B\" to \"1GiB\", not 0"),
        (
            "time_zone = \"Europe/Belin\"",
            "time_zone: there is no time zone \"Europe/Belin\" (IANA names are known, such as \"Europe/Paris\") -> \
            Europe/Berlin",
        ),
        (
            "types = { a = \"int\" }",
            "types.a: unknown choice \"int\" (choose from \"bool\", \"i64\", \"f64\", \"str\", \"time\", \
            \"list<str>\") -> i64",
        ),
    ] {
        assert_eq!(problems("csv", &format!("{path}{more}")), [told]);
    }
    let both = problems("csv", &format!("{path}rate = \"recorded 2\"\ndelimeter = \";\""));
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both.iter().any(|told| told.ends_with("-> delimiter")), "{both:?}");
    assert_eq!(problems("csv", ""), [": \"path\" is missing"]);
    assert!(plan("csv", &path).is_ok_and(|planned| planned.deterministic && !planned.stateful));
}

#[test]
fn real_flights_are_read_whole() {
    let Some(flights) = shared("data/nycflights_jan_jun.csv.gz") else { return };
    let types = [
        Type::Time,
        Type::Str,
        Type::I64,
        Type::Str,
        Type::Str,
        Type::Str,
        Type::I64,
        Type::I64,
        Type::I64,
        Type::I64,
        Type::I64,
        Type::I64,
        Type::I64,
    ];
    let mut source = Source::new("csv", &named(&flights)).run().unwrap();
    let guessed: Vec<Type> = source.schema.fields.iter().map(|field| field.of).collect();
    assert_eq!(guessed, types, "{}", source.schema);
    assert_eq!((source.rows.len(), source.rejected()), (166_158, vec![]));
    assert_eq!(source.rows[0][..4], ["2013-01-01T05:15:00Z", "UA", "1545", "N14228"]);
    let delays: i64 = source.rows.iter().filter_map(|row| row[7].parse::<i64>().ok()).sum();
    let mut reader =
        csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(std::fs::File::open(flights).unwrap()));
    let expected: i64 = reader.records().filter_map(|record| record.unwrap()[7].parse::<i64>().ok()).sum();
    assert_eq!(delays, expected);
}
