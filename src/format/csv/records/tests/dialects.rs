//! Records of texts that are written in other ways than RFC 4180 has them.

use super::*;

/// The records of a text in some dialect, the same however it is read.
fn rows_in(dialect: Dialect, text: &str) -> Vec<Vec<String>> {
    let all = found_in(dialect, text.as_bytes(), 0, 99, CAPACITY);
    for room in 1..text.len() {
        assert_eq!(found_in(dialect, text.as_bytes(), 0, 99, room), all, "{text:?} {room}");
    }
    for (n, (_, position)) in all.iter().enumerate() {
        let rest = found_in(dialect, text.as_bytes(), *position as usize, 99, 3);
        assert_eq!(rest, all[n + 1..], "{text:?} from {position}");
    }
    all.into_iter().map(|(row, _)| row).collect()
}

#[test]
fn text_behind_a_closing_quote_is_no_text() {
    let strict = Dialect::with(b',');
    assert_eq!(rows_in(strict, "1,\"a\"b\n2,\"c\"\n"), [["<quote>", "1,\"a\"b"], ["2", "c"]]);
    let joined = "1,\"abc\n2,\"def\n3,ok\n4,\"x\n5,\"y\n";
    let expected = [
        ["<quote>", "1,\"abc"],
        ["<quote>", "2,\"def"],
        ["3", "ok"],
        ["<quote>", "4,\"x"],
        ["<quote>", "5,\"y"],
    ];
    assert_eq!(rows_in(strict, joined), expected, "a stray quote costs its own line only");
    assert_eq!(
        rows_in(strict, "5\" pipe,\"a \"\"b\"\"\"\n"),
        [["5\" pipe", "a \"b\""]],
        "none opens within a field"
    );
    assert_eq!(rows_in(strict, "\"a\" ,b\n"), [["<quote>", "\"a\" ,b"]]);
    let far = format!("\"{}\"x", "a".repeat(99));
    assert_eq!(
        rows_in(strict, &far)[0][0],
        "<too_long>",
        "a line beyond the longest is that, whatever is in it"
    );
}

#[test]
fn an_escape_takes_the_meaning_of_what_is_behind_it() {
    let escaped = Dialect { escape: Some(b'\\'), ..Dialect::with(b',') };
    let text = r#""say \"hi\"",a\,b,C:\temp,\N,"\\",x\\,"#;
    let fields = ["say \"hi\"", "a,b", r"C:\temp", r"\N", r"\", r"x\", ""];
    assert_eq!(rows_in(escaped, text), [fields]);
    assert_eq!(
        rows_in(escaped, "a\\\r\nb,\"\"\"c\"\"\"\n\"d\\\ne\",f"),
        [["a\r\nb", "\"c\""], ["d\ne", "f"]]
    );
    let unquoted = Dialect { quote: None, ..escaped };
    assert_eq!(rows_in(unquoted, "\"a\\,b\",c\\\nd\n"), [["\"a,b\"", "c\nd"]]);
    assert_eq!(rows_in(escaped, "\"a\\\",b\nc,d\n")[0], ["<quote>", "\"a\\\",b"], "it never closes");
}

#[test]
fn blanks_around_fields_can_be_left_out() {
    let trimmed = Dialect { trim: true, ..Dialect::with(b',') };
    let text = " 1 ,  \"a, b\" ,\t\" c \",\" \"\"d\"\n , ,e f ,\n";
    assert_eq!(rows_in(trimmed, text), [["1", "a, b", " c ", " \"d"], ["", "", "e f", ""]]);
    assert_eq!(rows_in(trimmed, "\"a\" b,c\n"), [["<quote>", "\"a\" b,c"]]);
    let tabs = Dialect { trim: true, ..Dialect::with(b'\t') };
    assert_eq!(rows_in(tabs, " a \t\t \"b\" \n"), [["a", "", "b"]], "a delimiter is no blank");
}

#[test]
fn comments_and_marks_are_no_records() {
    let commented = Dialect { comment: Some(b'#'), ..Dialect::with(b',') };
    let text = "#1,2\n1,2\n# \"\r\n\r\n##\n\"#3\",#4\n#";
    assert_eq!(rows_in(commented, text), [["1", "2"], ["#3", "#4"]]);
    let long = format!("#{}\n1,2\n#{}", "x,\"".repeat(200), "y".repeat(500));
    assert_eq!(rows_in(commented, &long), [["1", "2"]], "however long they are");
    assert_eq!(rows_in(Dialect::with(b','), "#1,2\n"), [["#1", "2"]]);
    let marks = "\u{feff}a,b\n\u{feff}\u{feff}c,\u{feff}d\n\u{feff}\n\u{feff}";
    assert_eq!(rows_in(Dialect::with(b','), marks), [["a", "b"], ["c", "\u{feff}d"]]);
    assert_eq!(rows_in(Dialect::with(b','), "\u{f000},b\n"), [["\u{f000}", "b"]], "it begins like a mark");
}

#[test]
fn a_quoted_field_can_be_told_from_an_empty_one() {
    let apart = Dialect { quoted_null: false, ..Dialect::with(b',') };
    assert_eq!(rows_in(apart, "\"\",,\"NA\",NA,\"\"\"\"\n"), [["''", "", "'NA'", "NA", "'\"'"]]);
    let escaped = Dialect { escape: Some(b'\\'), ..apart };
    assert_eq!(rows_in(escaped, "\"\",,\"\\\"\",\\,\n"), [["''", "", "'\"'", ","]]);
}

#[test]
fn any_byte_may_begin_a_field_that_has_no_quotes() {
    let unquoted = Dialect { quote: None, ..Dialect::with(b',') };
    let mut records = Records::new(&b"\xff,\0,\xfe\xff\n"[..], unquoted, 99, 0);
    assert_eq!([records.next().unwrap(), records.next().unwrap()], [Found::Nothing, Found::Record]);
    assert_eq!(records.record(), b"\xff,\0,\xfe\xff");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn whatever_the_dialect_neither_the_buffer_nor_a_restart_changes_anything(
        text in "([a ,\"\r\n#\\\\]|\"\"|\",|,\"|aaaa|\u{feff}){0,60}",
        (trim, escape, comment, quoted, lenient_quotes) in any::<(bool, bool, bool, bool, bool)>(),
        line_max in 1..30usize,
        room in 1..40usize,
    ) {
        let dialect = Dialect {
            trim,
            escape: escape.then_some(b'\\'),
            comment: comment.then_some(b'#'),
            quote: quoted.then_some(b'"'),
            lenient_quotes,
            ..Dialect::with(b',')
        };
        let all = found_in(dialect, text.as_bytes(), 0, line_max, CAPACITY);
        prop_assert_eq!(&found_in(dialect, text.as_bytes(), 0, line_max, room), &all);
        for (n, (_, position)) in all.iter().enumerate() {
            prop_assert_eq!(&found_in(dialect, text.as_bytes(), *position as usize, line_max, room), &all[n + 1..]);
        }
    }

    #[test]
    fn looking_at_every_byte_finds_the_same(text in "([ab,;\"\r\n]|é|\"\"|\",|,\"|\r\n){0,60}", lenient_quotes: bool) {
        let plain = Dialect { lenient_quotes, ..comma() };
        let odd = Dialect { escape: Some(b'\\'), ..plain };
        let found = |dialect| found_in(dialect, text.as_bytes(), 0, 4096, CAPACITY);
        prop_assert_eq!(found(plain), found(odd));
    }
}
