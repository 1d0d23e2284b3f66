//! Texts between double quotes.

use super::piece::Piece;

/// Reads what stands between double quotes that begin at a place of a text: there, two of them are one, and with
/// `escapes` a backslash makes a quote and itself a letter. Says what it is, and where what stands behind it begins.
pub(super) fn quoted(text: &str, at: usize, escapes: bool, beside: &mut String) -> Option<(Piece, usize)> {
    let (bytes, begin, start) = (text.as_bytes(), at + 1, beside.len());
    let mut from = begin;
    loop {
        let rest = bytes.get(from..)?;
        let sign = from + rest.iter().position(|byte| *byte == b'"' || escapes && *byte == b'\\')?;
        let is_quote = bytes[sign] == b'"';
        if is_quote && (escapes || bytes.get(sign + 1) != Some(&b'"')) {
            if from == begin {
                // Most are in the text as they are.
                return Some((Piece::In(begin, sign), sign + 1));
            }
            beside.push_str(&text[from..sign]);
            return Some((Piece::Beside(start, beside.len()), sign + 1));
        }
        beside.push_str(&text[from..sign]);
        let letter = text[sign + 1..].chars().next()?;
        match letter {
            _ if is_quote => beside.push('"'),
            'n' => beside.push('\n'),
            't' => beside.push('\t'),
            '"' | '\\' => beside.push(letter),
            // Of a byte, as `\x16`: it stays as it is written.
            _ => beside.extend(['\\', letter]),
        }
        from = sign + 1 + letter.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What stands between quotes, letter by letter.
    fn by_letter(text: &str, escapes: bool, out: &mut String) -> Option<usize> {
        let mut letters = text.char_indices().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' if letters.next_if(|(_, next)| *next == '"' && !escapes).is_some() => out.push('"'),
                '"' => return Some(at + 1),
                '\\' if escapes => match letters.next()?.1 {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    sign @ ('"' | '\\') => out.push(sign),
                    other => out.extend(['\\', other]),
                },
                _ => out.push(letter),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn quotes_are_read_in_one_go_as_letter_by_letter(of in "\"[a\"\\\\ntxé]{0,9}", escapes: bool) {
            let (mut expected, mut beside) = (String::new(), String::new());
            let end = by_letter(&of, escapes, &mut expected);
            let text = format!("é{of}");
            let found = quoted(&text, 2, escapes, &mut beside);
            prop_assert_eq!(found.map(|(_, behind)| behind), end.map(|end| end + 2));
            if let Some((piece, _)) = found {
                prop_assert_eq!(piece.text(&text, &beside), expected);
            }
        }
    }
}
