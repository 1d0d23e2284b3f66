//! CSV as people write it: what can be said of a file, key by key, and what is told of one that seems to be read in
//! another way than it was written.

use super::{file, gzip, read, rows};
use crate::source::{Source, sample};

/// Each record's fields, and why records were rejected.
fn read_all(text: &str, more: &str) -> (Vec<Vec<String>>, Vec<(String, u64)>) {
    let mut source = read(text.as_bytes(), more);
    let rejected = source.rejected();
    (source.rows, rejected)
}

/// The columns that are found, and what is told.
fn looked(text: &[u8], more: &str) -> (String, Vec<String>) {
    let (_folder, path) = file(text);
    let found = sample("csv", &format!("{path}{more}")).unwrap();
    let told = |what: &str| what.split_once("a.csv: ").unwrap().1.to_string();
    (found.schema.to_string(), found.notes.iter().map(|note| told(&note.what)).collect())
}

fn columns(text: &str, more: &str) -> String {
    looked(text.as_bytes(), more).0
}

#[test]
fn lines_above_the_header_are_left_out() {
    assert_eq!(rows("A title, \"2024\r\n\r\nid,x\r\n1,a\r\n", "skip = 2"), [["1", "a"]]);
    assert_eq!(rows("sep=;\nid;x\n1;a\n", "skip = 1\ndelimiter = \";\""), [["1", "a"]]);
    assert_eq!(rows("a\rb\rid\r7\r", "skip = 2"), [["7"]], "old line ends");
    assert_eq!(rows("t\n1,a\n2,b\n", "skip = 1\nheader = false\nnames = [\"n\", \"s\"]").len(), 2);
    let (_folder, path) = file(b"a\nb\n");
    let told = sample("csv", &format!("{path}skip = 9")).unwrap_err().sentence;
    assert!(told.contains("has no header line"), "{told}");
    let long = format!("{}\nid\n1\n", "x".repeat(3 << 20));
    assert_eq!(rows(&long, "skip = 1"), [["1"]], "however long they are");
}

#[test]
fn names_can_take_the_place_of_the_header_line() {
    let names = "names = [\"n\", \"s\"]";
    assert_eq!(columns("a,a\n1,x\n", names), "n i64, s str");
    assert_eq!(rows("a,a\n1,x\n", names), [["1", "x"]], "the header line is no record");
    assert_eq!(rows(",\n1,x\n", names), [["1", "x"]]);
    let mut odd = read(b"\xff,b\n1,x\n", names);
    assert_eq!((odd.rows.clone(), odd.rejected()), (vec![vec!["1".into(), "x".into()]], vec![]));
    let (_, told) = looked(b"1,2\n3,4\n", names);
    assert_eq!(
        told,
        [
            "its first line, in whose place \"names\" stands, looks like a record: if it is one, say header = false"
        ]
    );
    assert!(looked(b"n,m\n3,4\n", names).1.is_empty());
}

#[test]
fn names_are_made_unique_on_request() {
    let unique = "unique_names = true";
    assert_eq!(columns("a,b,a\n1,2,3\n", unique), "a i64, b i64, a_2 i64");
    assert_eq!(columns("a,a,a_2,a\n1,2,3,4\n", unique), "a i64, a_3 i64, a_2 i64, a_4 i64");
    assert_eq!(columns(",a,b,\n1,2,3,\n", unique), "column1 i64, a i64, b i64, column4 str");
    assert_eq!(columns(",column1,\n1,2,3\n", unique), "column2 i64, column1 i64, column3 i64");
    assert_eq!(columns("a,b,\n1,2,\n", "ragged = true"), "a i64, b i64", "a delimiter ends each line");
    let header = vec!["a"; 9_999].join(",");
    assert!(columns(&format!("{header}\n"), unique).ends_with(", a_9999 str"), "in good time");
}

#[test]
fn records_may_be_ragged_on_request() {
    let ragged = "ragged = true\ntypes = { a = \"str\" }";
    let text = "a,b,c\n1\n1,2\n1,2,3\n1,2,3,,\n1,2,3,x\n,,\n";
    let (found, rejected) = read_all(text, ragged);
    let row = |cells: [&str; 3]| cells.map(str::to_string).to_vec();
    let expected = [["1", "", ""], ["1", "2", ""], ["1", "2", "3"], ["1", "2", "3"], ["", "", ""]];
    assert_eq!((found, rejected), (expected.map(row).to_vec(), vec![("fields".to_string(), 1)]));
    assert_eq!(read_all(text, "").1, [("fields".to_string(), 4)], "only on request");
    let wide = format!("a,b,c\n1,2,3{}\n", ",".repeat(20_000));
    assert_eq!(read_all(&wide, ragged).1, [("fields".to_string(), 1)], "more than are remembered");
}

#[test]
fn null_and_an_empty_text_are_told_apart_on_request() {
    let nulls = |more: &str| {
        let mut source = read(b"s,n\n\"\",1\n,2\n\"NA\",\"\"\nNA,\" 7 \"\nx,\"NA\"\n", more);
        assert!(source.rejected().is_empty(), "{:?}", source.rejected());
        let nulls = source.rows.len();
        (nulls, source.rows)
    };
    let apart = nulls("null = [\"NA\"]\ntypes = { n = \"str\" }\nquoted_null = false").1;
    assert_eq!(apart[0], ["", "1"]);
    assert_eq!(apart[2], ["NA", ""], "in quotes it is no NULL");
    assert_eq!(apart[3], ["", " 7 "]);
    assert_eq!(nulls("null = [\"NA\"]\ntypes = { n = \"str\" }").1[2], ["", ""]);
    // Which of the empty ones are NULL, a filter can tell.
    let source = read(b"s,n\n\"\",1\n,2\n\" \",\"\"\n", "quoted_null = false\ntypes = { n = \"i64\" }");
    let valid = |column: usize| (0..3).map(|row| source.rows[row][column].as_str()).collect::<Vec<_>>();
    assert_eq!((valid(0), valid(1)), (vec!["", "", " "], vec!["1", "2", ""]), "a number is never empty");
}

#[test]
fn numbers_times_and_truths_are_read_as_they_are_written() {
    let german = "delimiter = \";\"\ndecimal = \",\"\nthousands = \".\"\n\
        time_format = [\"%d.%m.%Y\", \"%d.%m.%Y %H:%M\"]\n\
        true = [\"ja\", \"x\"]\nfalse = [\"nein\", \"-\"]\n";
    let text = "n;x;d;b\n1.234;1.234,5;31.12.2019;JA\n-7;0,5;01.02.2020 13:45;nein\n";
    assert_eq!(columns(text, german), "n i64, x f64, d time, b bool");
    assert_eq!(
        rows(text, german),
        [["1234", "1234.5", "2019-12-31T00:00:00Z", "1"], ["-7", "0.5", "2020-02-01T13:45:00Z", "0"]]
    );
    assert_eq!(columns("x\n1.5\n", german), "x str", "a point is no decimal where a comma is");
    assert_eq!(columns("d\n2019-12-31\n", german), "d str", "nor is another way of writing a day a time");
    assert_eq!(columns("n\n99.999.999.999.999.999.999\n", german), "n str", "no digit is lost");
    assert_eq!(columns("n\n0.123\n", german), "n str", "a zero in front makes a code");
    let typed = format!("{german}types = {{ n = \"i64\", b = \"bool\", d = \"time\" }}");
    let bad = "n;b;d\n1.23;ja;31.12.2019\n1;yes;31.12.2019\n1;ja;32.12.2019\n12.345;x;01.01.2020\n";
    let (found, rejected) = read_all(bad, &typed);
    assert_eq!(found.len(), 1);
    let one = |reason: &str| (reason.to_string(), 1);
    assert_eq!(rejected, [one("type:n"), one("type:b"), one("type:d")]);
    let zone = "time_zone = \"Europe/Berlin\"\ntime_format = \"%d.%m.%Y %H:%M %z\"";
    assert_eq!(
        rows("d\n31.12.2019 12:00 +0300\n", zone),
        [["2019-12-31T09:00:00Z"]],
        "the text's offset counts"
    );
}

#[test]
fn text_in_any_encoding_is_read() {
    let utf16 = |text: &str, mark: bool| {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let text = "id;name\n1;Zoë\n2;\"日本;\"\n";
    let expected = [["1", "Zoë"], ["2", "日本;"]];
    let params = "delimiter = \";\"\nencoding = \"utf-16le\"\n";
    for bytes in [utf16(text, true), utf16(text, false), gzip(&utf16(text, true))] {
        assert_eq!(read(&bytes, params).rows, expected);
    }
    let mut latin = read(b"id,name\n1,caf\xe9\n2,\x80\n", "encoding = \"windows-1252\"");
    assert_eq!(
        (latin.rows.clone(), latin.rejected()),
        (vec![vec!["1".into(), "café".into()], vec!["2".into(), "€".into()]], vec![])
    );
    let mut broken = read(b"id,name\n1,\x93\xfa\n2,\x93\n3,x\n", "encoding = \"shift_jis\"");
    assert_eq!(broken.rejected(), [("encoding".to_string(), 1)]);
    assert_eq!(broken.rows, [["1", "日"], ["3", "x"]]);
    assert_eq!(read(b"id,name\n1,caf\xe9\n2,x\n", "").rejected(), [("utf8".to_string(), 1)]);
}

#[test]
fn a_source_in_another_encoding_goes_on_after_a_restart() {
    let text = (0..20_000).fold("id,name\n".to_string(), |text, id| text + &format!("{id},caf\u{e9}\n"));
    let latin: Vec<u8> = text.chars().map(|letter| letter as u32 as u8).collect();
    for bytes in [latin.clone(), gzip(&latin)] {
        let (_folder, path) = file(&bytes);
        let params = format!("{path}encoding = \"latin1\"");
        let mut first = Source::new("csv", &params);
        while first.desk.cx().done() < 5_000 {
            first.step().unwrap();
        }
        let second = Source::resumed("csv", &params, first.desk.account_mut().clone()).run().unwrap();
        let ids = first.rows.iter().chain(&second.rows).map(|row| row[0].parse::<usize>().unwrap());
        assert!(ids.eq(0..20_000) && second.rows.len() < 20_000 && second.rows[0][1] == "café");
    }
}

#[test]
fn a_wrong_delimiter_is_noticed() {
    let one = "it has one column, \"id;name\": is its delimiter another? (delimiter = \";\" makes 2)";
    for (text, more, told) in [
        ("id;name\n1;A\n2;B\n", "", Some(one)),
        ("id;name\n1;2,5\n2;3\n", "", Some(one)),
        (
            "id\tname\n1\tA\n",
            "",
            Some("it has one column, \"id\\tname\": is its delimiter another? (delimiter = \"\\t\" makes 2)"),
        ),
        (
            "id|a|b\n1|A|3\n",
            "",
            Some("it has one column, \"id|a|b\": is its delimiter another? (delimiter = \"|\" makes 3)"),
        ),
        (
            "id,name\n1,A\n",
            "delimiter = \";\"",
            Some("it has one column, \"id,name\": is its delimiter another? (delimiter = \",\" makes 2)"),
        ),
        (
            "1;2\n3;4\n",
            "header = false\nnames = [\"a\"]",
            Some("it has one column, \"a\": is its delimiter another? (delimiter = \";\" makes 2)"),
        ),
        (
            "id;a,x;b\n1;2,5;3\n2;4,5;6\n",
            "",
            Some("it has 2 columns: is its delimiter another? (delimiter = \";\" makes 3 in every line)"),
        ),
        ("id,tags\n1,a|b\n2,c|d\n", "", None),
        ("text\n\"a;b\"\nc;d\n", "", None),
        ("\"a;b\"\n1\n2\n", "", None),
        ("a,b\n1,2\n", "", None),
        ("name\nx\ny\n", "", None),
    ] {
        assert_eq!(looked(text.as_bytes(), more).1.first().map(String::as_str), told, "{text:?}");
    }
}

#[test]
fn a_file_whose_records_do_not_fit_is_noticed() {
    let told = |text: &str, more: &str| looked(text.as_bytes(), more).1.join("; ");
    let title = told("Sales 2024\nid,x\n1,2\n", "");
    assert!(
        title.starts_with("it has 1 column, and no record fits: the first has 2 fields (\"skip\" leaves out"),
        "{title}"
    );
    for more in ["", "delimiter = \";\""] {
        let (_folder, path) = file(b"sep=;\nid;x\n1;2\n");
        let excel = sample("csv", &format!("{path}{more}")).unwrap_err().sentence;
        let told = "is \"sep=;\", a word to a spreadsheet: say skip = 1 and delimiter = \";\"";
        assert!(excel.ends_with(told), "{excel}");
    }
    let short = told("a,b,c\n1,2\n", "");
    assert!(short.contains("no record fits: the first has 2 fields (is \"delimiter\" right?"), "{short}");
    let unnamed = told("1,2\n", "header = false\nnames = [\"a\", \"b\", \"c\"]");
    assert!(unnamed.ends_with("(are \"names\" and \"delimiter\" right?)"), "{unnamed}");
    assert_eq!(told("a,b\n1,2\n1\n", ""), "", "one that fits is enough");
    assert_eq!(told("a,b\n", ""), "", "and so is none at all");
}
