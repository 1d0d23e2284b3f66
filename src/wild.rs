//! Names with characters that stand for others, as a shell has them: `*`, `?`, `[a-z]`.

/// Whether a text is a pattern at all.
pub(crate) fn is_wild(text: &[u8]) -> bool {
    text.iter().any(|byte| b"*?[".contains(byte))
}

/// Whether a name fits a pattern. No text is looked at more than a star's length over.
pub(crate) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // Where to go on when what stands behind the last `*` does not fit: there, with one character more for it.
    let (mut p, mut n, mut back) = (0, 0, None);
    while n < name.len() {
        let taken = match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some((1, letter(name, n))),
            Some(b'[') => class(&pattern[p..], name[n]).map(|len| (len, 1)),
            Some(byte) if *byte == name[n] => Some((1, 1)),
            _ => None,
        };
        match (taken, &mut back) {
            (Some((len, of)), _) => (p, n) = (p + len, n + of),
            (None, Some((behind, from))) => {
                *from += 1;
                (p, n) = (*behind, *from);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// How many bytes the character has that begins there.
fn letter(name: &[u8], at: usize) -> usize {
    1 + name[at + 1..].iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count()
}

/// How long a `[…]` is that has the byte in it; one that is never closed is a bracket.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let not = matches!(pattern.get(1), Some(b'!' | b'^'));
    let from = if not { 2 } else { 1 };
    let Some(len) = pattern.get(from + 1..).and_then(|rest| rest.iter().position(|of| *of == b']')) else {
        return (byte == b'[').then_some(1);
    };
    let (set, mut at, mut found) = (&pattern[from..=from + len], 0, false);
    while at < set.len() {
        match set[at..] {
            [low, b'-', high, ..] => {
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            _ => {
                found |= set[at] == byte;
                at += 1;
            }
        }
    }
    (found != not).then_some(from + len + 2)
}
