//! What a line of a CSV text may be, as far as its first byte tells.

use super::dialect::Dialect;
use crate::format::found::MARK;

/// What a line is that begins with some byte.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    Record,
    LineEnd,
    Comment,
    /// A byte-order mark may stand there: files were put together.
    Mark,
}

/// What a line is that begins with each byte.
pub(super) fn begins(dialect: &Dialect) -> [Begin; 256] {
    let mut begins = [Begin::Record; 256];
    begins[usize::from(MARK[0])] = Begin::Mark;
    for byte in [b'\n', b'\r'] {
        begins[usize::from(byte)] = Begin::LineEnd;
    }
    if let Some(byte) = dialect.comment {
        begins[usize::from(byte)] = Begin::Comment;
    }
    begins
}
