//! Texts in each way to write several records, whole and broken.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn cut(text: &str) -> Vec<String> {
    let (mut cut, mut at, mut all) = (Cut::Start, 0, Vec::new());
    loop {
        let (found, range) = cut.next(text.as_bytes(), &mut at);
        let record = text[range].to_string();
        match found {
            Found::End => return all,
            Found::Record => all.push(record),
            found => all.push(format!("{found:?} {record}")),
        }
    }
}

#[test]
fn objects_are_found_in_each_way_to_write_several() {
    for (text, expected) in [
        ("", &[][..]),
        (" \n", &[]),
        ("{\"a\":1}", &["{\"a\":1}"]),
        ("{\"a\":1}\r\n\n {\"b\":2} ", &["{\"a\":1}", "{\"b\":2}"]),
        ("{\n \"a\": [1, {\"b\": \"}\\\"{\"}]\n}\n{}", &["{\n \"a\": [1, {\"b\": \"}\\\"{\"}]\n}", "{}"]),
        ("{}{} {}\n{\n}\n{}", &["{}", "{}", "{}", "{\n}", "{}"]),
        ("{\"a\":[\n{\"b\":1},\n{\"c\":2}\n]}{}", &["{\"a\":[\n{\"b\":1},\n{\"c\":2}\n]}", "{}"]),
        ("[]", &[]),
        (" [ {\"a\":1} ,\n{\"b\":[2]} ] \n", &["{\"a\":1}", "{\"b\":[2]}"]),
        ("[1,\"x,]\",null]", &["1", "\"x,]\"", "null"]),
    ] {
        assert_eq!(cut(text), expected, "{text}");
        assert!(!breaks_off(text.as_bytes()));
    }
}

/// What is broken SHALL cost itself alone: it ends before the next line that begins with an object.
#[test]
fn objects_behind_a_broken_one_are_found() {
    for (text, expected) in [
        ("{\"a\":1\n{\"b\":2}", &["{\"a\":1", "{\"b\":2}"][..]),
        ("{\"a\":1\r\n{\"b\":2}\r\n", &["{\"a\":1", "{\"b\":2}"]),
        ("{\"a\":\"x\n{\"b\":2}\n{}", &["{\"a\":\"x", "{\"b\":2}", "{}"]),
        ("{}}\n{} x\n{}", &["{}", "}", "{}", "x", "{}"]),
        ("hello {} x\nand\n\n{}", &["hello {} x\nand", "{}"]),
        ("{\n \"a\": [\n  {\n   \"b\": 1,\n", &["{\n \"a\": [\n  {\n   \"b\": 1,"]),
        ("{\n}\n{\n \"a\":\n{\n}\n{}", &["{\n}", "{\n \"a\":", "{\n}", "{}"]),
        ("7\n8", &["7\n8"]),
        ("{\"a", &["{\"a"]),
        ("{}\u{feff}{}", &["{}", "\u{feff}{}"]),
    ] {
        assert_eq!(cut(text), expected, "{text}");
        assert!(!breaks_off(text.as_bytes()));
    }
}

#[test]
fn an_array_that_is_broken_is_told_once_and_nothing_behind_it_is_read() {
    for (text, expected) in [
        ("[{}", &["{}", "Bad(\"json\") "][..]),
        ("[{} {}]", &["{}", "Bad(\"json\") {}]"]),
        ("[{}{}]", &["{}", "Bad(\"json\") {}]"]),
        ("[{},]", &["{}", "Bad(\"json\") ,]"]),
        ("[,{}]", &["Bad(\"json\") ,{}]"]),
        ("[{}] {}", &["{}", "Bad(\"json\") {}"]),
        ("[{}]]", &["{}", "Bad(\"json\") ]"]),
        ("[{\"a\":\"x}]", &["Bad(\"json\") {\"a\":\"x}]"]),
        ("[\"a\nb\"]", &["Bad(\"json\") \"a\nb\"]"]),
        ("[", &["Bad(\"json\") "]),
    ] {
        assert_eq!(cut(text), expected, "{text}");
        assert!(breaks_off(text.as_bytes()));
    }
}

/// A text SHALL be walked through no more than a few times: one that were walked to its end for each of these would
/// never be done.
#[test]
fn a_text_of_objects_that_are_never_closed_is_cut_at_once() {
    const MANY: usize = 1_000_000;
    for (piece, records) in [("{\n", MANY), ("{", 1), ("{\"\n", MANY), ("{[\n", MANY), ("{} {\n", 2 * MANY)] {
        let text = "{\n}\n".to_string() + &piece.repeat(MANY);
        assert_eq!(cut(&text).len(), 1 + records, "{piece}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[\\[\\]{},\" \\\\a\n]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from), object(inner)]
    })
}

fn object(of: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a\"{]{0,3}", of, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn values(text: &str) -> Vec<Value> {
    cut(text).iter().map(|record| serde_json::from_str(record).unwrap()).collect()
}

proptest! {
    #[test]
    fn any_text_is_cut_to_its_end(text in "[\\[\\]{},\"\\\\a \n]{0,40}") {
        prop_assert!(cut(&text).len() <= text.len() + 1);
    }

    #[test]
    fn whatever_stands_in_them_the_elements_are_those_of_the_array(all in proptest::collection::vec(json(), 0..5)) {
        prop_assert_eq!(values(&serde_json::to_string(&all).unwrap()), all.clone());
        prop_assert_eq!(values(&serde_json::to_string_pretty(&all).unwrap()), all);
    }

    #[test]
    fn whatever_stands_in_them_and_between_them_objects_are_found(
        all in proptest::collection::vec((object(json()), any::<bool>(), "[ \r\n\t]{0,2}"), 0..5),
    ) {
        let write = |(value, pretty, behind): &(Value, bool, String)| {
            let write = if *pretty { serde_json::to_string_pretty } else { serde_json::to_string };
            write(value).unwrap() + behind
        };
        let text: String = all.iter().map(write).collect();
        let expected: Vec<Value> = all.into_iter().map(|(value, ..)| value).collect();
        prop_assert_eq!(values(&text), expected);
    }
}
