//! What a look for the next record of a text finds, whatever its format.

/// What `next` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record.
    Record,
    /// A record that can't be used, and why: `too_long`, or a reason of its format.
    Bad(&'static str),
    /// Nothing yet; there may be more.
    Nothing,
    End,
}

/// So much is shown of a line that was too long to hold.
pub(super) const SHOWN: usize = 4 << 10;

/// The byte-order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";
