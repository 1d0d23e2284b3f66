//! The words of a line: bare or in quotes, with what a backslash means in them.

/// A word, and whether it stood in quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word {
    pub from: usize,
    pub to: usize,
    pub quoted: bool,
}

/// Takes the next word from the beginning of `text`: it ends at a character for which `ends` holds. Its text is
/// appended to `out`; what is left of the line comes back. `None`: a quote is never closed, or has text behind it.
pub(super) fn word<'a>(text: &'a str, ends: fn(char) -> bool, out: &mut String) -> Option<(Word, &'a str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let from = out.len();
    let mut rest = text.chars();
    let quote = match text.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            rest.next();
            quote
        }
        _ => {
            let end = text.find(|c| ends(c) || c == '%').unwrap_or(text.len());
            out.push_str(text[..end].trim_end_matches([' ', '\t']));
            return Some((Word { from, to: out.len(), quoted: false }, &text[end..]));
        }
    };
    loop {
        match rest.next()? {
            c if c == quote => break,
            '\\' => out.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => unicode(&mut rest)?,
                other => other,
            }),
            c => out.push(c),
        }
    }
    let rest = rest.as_str().trim_start_matches([' ', '\t']);
    let ended =
        rest.chars().next().is_none_or(|c| ends(c) || c == '%') || rest.len() < text.len() && ends(' ');
    ended.then_some((Word { from, to: out.len(), quoted: true }, rest))
}

/// Four hexadecimal digits.
fn unicode(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = rest.as_str().get(..4)?;
    rest.nth(3);
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// Whether nothing but a remark is left of a line.
pub(super) fn is_over(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    rest.is_empty() || rest.starts_with('%')
}
