//! From a byte of a string's value to the byte of the source that stands for it.

use std::ops::Range;

/// Where in `raw`, the source of a TOML value, byte `offset` of its value is written, and the word that begins
/// there. A raw text without quotes is its own value.
pub(super) fn word_at(raw: &str, offset: usize) -> Range<usize> {
    let quotes =
        ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| raw.starts_with(quotes)).unwrap_or("");
    let end = raw.strip_suffix(quotes).map_or(raw.len(), str::len).max(quotes.len());
    let mut at = quotes.len();
    if quotes.len() == 3 {
        // A newline behind the opening quotes is no part of the value.
        at += ["\r\n", "\n"].into_iter().find(|newline| raw[at..].starts_with(newline)).map_or(0, str::len);
    }
    let escapes = quotes.starts_with('"');
    let mut value = 0;
    while value < offset && at < end {
        let (raw_len, value_len) = unit(&raw[at..end], escapes);
        (at, value) = (at + raw_len, value + value_len);
    }
    while escapes && at < end && unit(&raw[at..end], true).1 == 0 {
        at += unit(&raw[at..end], true).0;
    }
    let rest = &raw[at..end.max(at)];
    at..at + word(rest)
}

/// How long the first unit of a string is in the source and in the value.
fn unit(rest: &str, escapes: bool) -> (usize, usize) {
    let mut chars = rest.chars();
    let first = chars.next().map_or(1, char::len_utf8);
    if !escapes || !rest.starts_with('\\') {
        return (first, first);
    }
    let digits = match chars.next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        Some(' ' | '\t' | '\r' | '\n') => return (rest.len() - rest[1..].trim_start().len(), 0),
        other => return (1 + other.map_or(0, char::len_utf8), 1),
    };
    let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    code.and_then(char::from_u32).map_or((2, 1), |char| (2 + digits, char.len_utf8()))
}

/// How long the word is at the start of a text: letters and digits, or one character.
fn word(rest: &str) -> usize {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    if end > 0 { end } else { rest.chars().next().map_or(0, char::len_utf8) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn underlined(raw: &str, needle: &str) -> String {
        let text = format!("x = {raw}");
        let table: toml::Table = text.parse().unwrap();
        let offset = table["x"].as_str().unwrap().find(needle).unwrap();
        raw[word_at(raw, offset)].to_string()
    }

    #[test]
    fn a_word_is_found_in_every_kind_of_string() {
        for raw in [
            r#""a > amunt""#,
            r#""a \"q\" \\ \t amunt > 1""#,
            r#""\u00e9\U0001F600\x41 amunt""#,
            "'a \\ amunt'",
            "\"\"\"\n a\r\n amunt > 1\n\"\"\"",
            "\"\"\"a \\\n    amunt\"\"\"",
            "'''\r\na 'b' amunt'''",
        ] {
            assert_eq!(underlined(raw, "amunt"), "amunt", "{raw}");
        }
        assert_eq!(&"x > amunt"[word_at("x > amunt", 4)], "amunt");
        assert_eq!(word_at("\"x\"", 1), 2..2, "the end of the value");
    }

    proptest! {
        #[test]
        fn any_value_is_found_again(before in "[a-zA-Z \"'\\\\\té日\n]{0,12}") {
            let raw = toml::Value::String(format!("{before}amunt")).to_string();
            prop_assert_eq!(&raw[word_at(&raw, before.len())], "amunt");
        }

        #[test]
        fn nothing_panics(raw in any::<String>(), quotes in "[\"']{0,3}", offset in 0usize..40) {
            let raw = format!("{quotes}{raw}{quotes}");
            let word = word_at(&raw, offset);
            prop_assert!(raw.get(word).is_some());
        }
    }
}
