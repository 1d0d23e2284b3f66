//! Whether a text is parted by another character than the one that was said.

use super::dialect::Dialect;
use super::records::Records;
use crate::format::Found;

/// What parts fields most.
const USUAL: [u8; 4] = [b',', b';', b'\t', b'|'];
/// So many lines are looked at, and so many bytes.
const LINES: usize = 100;
const BYTES: usize = 64 << 10;

/// The character that seems to part the text that begins with the header line `head`, if there is one, and goes on with
/// `text`; into how many fields.
pub(super) fn other(
    head: Option<&[u8]>,
    text: &[u8],
    columns: usize,
    dialect: &Dialect,
) -> Option<(u8, usize)> {
    let mut lines = head.map_or(Vec::new(), |head| [head, b"\n"].concat());
    lines.extend_from_slice(&text[..text.len().min(BYTES)]);
    let seems = |delimiter: &u8| {
        let found = widths(&lines, &Dialect { delimiter: *delimiter, ..*dialect });
        let first = *found.first()?;
        let steady = first >= 2 && is_steady(&found);
        let better = match columns {
            1 => first >= 2 && (head.is_some() || steady),
            _ if found.len() < 2 || !steady => false,
            _ => (first > columns && head.is_some()) || !is_steady(&widths(&lines, dialect)),
        };
        better.then_some((*delimiter, first))
    };
    let said = |byte: &&u8| **byte != dialect.delimiter && Some(**byte) != dialect.quote;
    USUAL.iter().filter(said).filter_map(seems).max_by_key(|(_, fields)| *fields)
}

fn is_steady(widths: &[usize]) -> bool {
    widths.windows(2).all(|pair| pair[0] == pair[1])
}

/// How many fields the first records have. The last may be cut short, so it tells nothing unless it is alone.
fn widths(lines: &[u8], dialect: &Dialect) -> Vec<usize> {
    let mut records = Records::new(lines, *dialect, lines.len().max(1), 0);
    let mut widths = Vec::new();
    while widths.len() <= LINES {
        match records.next() {
            Ok(Found::Record) => widths.push(records.count()),
            Ok(Found::Bad(_) | Found::Nothing) => {}
            Ok(Found::End) | Err(_) => break,
        }
    }
    if widths.len() > 2 {
        widths.pop();
    }
    widths
}
