//! Text from outside as a person may see it.
//!
//! Names, paths and values come from data, files and other users. A control character in them could move the cursor,
//! recolour a terminal or forge a line of a log; a mark of direction shows a name the other way round. Both are
//! written as escapes, `\u{1b}`: the same text stays readable, and nothing happens.

use std::borrow::Cow;

/// A text on one line: a newline is an escape as well.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// A text of several lines, in columns: newlines and tabs are ours.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// A path as a shell takes it for one word that is no option, in a command that is offered.
pub(crate) fn word(path: &str) -> Cow<'_, str> {
    if path.starts_with('-') {
        return Cow::Owned(word(&format!("./{path}")).into_owned());
    }
    match !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "/._-+:@%,".contains(c)) {
        true => Cow::Borrowed(path),
        false => Cow::Owned(format!("'{}'", path.replace('\'', r"'\''"))),
    }
}

/// Whether a person would not see a character, but what it does.
pub(crate) fn is_hidden(c: char) -> bool {
    // The marks of direction, and the separators that some take for the end of a line.
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{feff}'];
    let between = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || between || marks.contains(&c)
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_written_out() {
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc\u{7f}\u{9b}"), "a\\u{1b}[2Jb\\r\\nc\\u{7f}\\u{9b}");
        assert_eq!(one_line("abc\u{202e}vsc.exe"), "abc\\u{202e}vsc.exe");
        assert_eq!(lines("a\tb\nc\u{1b}]0;x\u{7}"), "a\tb\nc\\u{1b}]0;x\\u{7}");
    }

    #[test]
    fn a_shell_takes_a_path_for_one_word() {
        for (path, quoted) in [
            ("out/key-1.txt", "out/key-1.txt"),
            ("größe.txt", "größe.txt"),
            ("my key", "'my key'"),
            ("-rf key", "'./-rf key'"),
            ("$(rm x)", "'$(rm x)'"),
            ("it's; ls", r"'it'\''s; ls'"),
            ("", "''"),
        ] {
            assert_eq!(word(path), quoted);
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["größe 日本 — “x”", "a\\u{1b}", "नमस्ते\u{200d}", "👩\u{200d}🌾", ""]
        {
            assert!(matches!(one_line(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(one_line(&one_line("\u{1b}")), "\\u{1b}", "twice is once");
    }
}
