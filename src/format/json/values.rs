//! Values of JSON, in an array or one after another, as lines of their own.

/// Appends each value of a text as a line: the elements of an array, if it is one, else all values there are. What is
/// within a value stays as it is, but for line ends, which mean nothing there. False where an array is none: it is not
/// closed, an element is missing, or something stands behind it.
pub(crate) fn as_lines(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
    let Some(mut rest) = text.strip_prefix(b"[") else {
        let mut rest = text;
        while !rest.is_empty() {
            let len = value(rest, |byte| byte.is_ascii_whitespace());
            line(&rest[..len], out);
            rest = rest[len..].trim_ascii_start();
        }
        return true;
    };
    if rest.trim_ascii_start() == b"]" {
        return true;
    }
    loop {
        rest = rest.trim_ascii_start();
        let len = value(rest, |byte| matches!(byte, b',' | b']'));
        let element = rest[..len].trim_ascii_end();
        if element.is_empty() {
            return false;
        }
        line(element, out);
        match &rest[len..] {
            [b',', behind @ ..] => rest = behind,
            behind => return behind.trim_ascii_start() == b"]",
        }
    }
}

/// How long the value is that a text begins with: to the end of an object or array, or up to what `ends` another.
fn value(text: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    let nests = matches!(text.first(), Some(b'{' | b'['));
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 && nests {
                    return at + 1;
                }
            }
            _ if depth == 0 && ends(*byte) => return at,
            _ => {}
        }
    }
    text.len()
}

fn line(value: &[u8], out: &mut Vec<u8>) {
    out.extend(value.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn lines(text: &str) -> Option<String> {
        let mut out = Vec::new();
        as_lines(text.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_value_is_a_line() {
        let table = [
            ("", Some("")),
            (" [ ] ", Some("")),
            ("{\"a\":1}", Some("{\"a\":1}\n")),
            ("{\n \"a\": [1,\n2]\n}\n", Some("{  \"a\": [1, 2] }\n")),
            ("[{\"a\":\"]},{\\\"\"}, {}]", Some("{\"a\":\"]},{\\\"\"}\n{}\n")),
            ("{}{}\n{}", Some("{}\n{}\n{}\n")),
            ("[1, \"a b\", [2], null]", Some("1\n\"a b\"\n[2]\nnull\n")),
            ("hello {} x", Some("hello\n{}\nx\n")),
            ("{\"a\":", Some("{\"a\":\n")),
            ("[", None),
            ("[{}", None),
            ("[{},]", None),
            ("[,{}]", None),
            ("[{}{}]", None),
            ("[{}] {}", None),
            ("[{}]]", None),
            ("[\"a]", None),
        ];
        for (text, expected) in table {
            assert_eq!(lines(text).as_deref(), expected, "{text}");
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
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a\"{]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_stands_in_them_the_elements_are_those_of_the_array(all in proptest::collection::vec(json(), 0..5)) {
            let text = serde_json::to_string_pretty(&all).unwrap();
            let found: Vec<Value> =
                lines(&text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            prop_assert_eq!(found, all);
        }
    }
}
