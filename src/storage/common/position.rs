//! How far a sink has come in its file, and in which: kept in the account, so that the next process finds both.

use crate::identity::Inode;
use crate::operator::Cx;

/// Where a sink has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// How long the file is, or how much went into a pipe.
    pub len: u64,
    /// `None` for a pipe.
    pub file: Option<Inode>,
}

impl Position {
    /// As the account keeps it; `None` before the sink was first opened.
    pub(crate) fn of(cx: &Cx) -> Option<Position> {
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
        let (len, file) = cx.position().split_at_checked(8)?;
        let file = file
            .split_at_checked(8)
            .and_then(|(device, inode)| Some(Inode { device: number(device)?, number: number(inode)? }));
        Some(Position { len: number(len)?, file })
    }

    pub(crate) fn keep(self, cx: &mut Cx) {
        let mut bytes = [0; 24];
        let file = self.file.map_or([0, 0], |file| [file.device, file.number]);
        for (bytes, number) in bytes.chunks_exact_mut(8).zip([self.len, file[0], file[1]]) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let used = if self.file.is_some() { 24 } else { 8 };
        cx.set_position(&bytes[..used]).expect("it is short");
    }
}
