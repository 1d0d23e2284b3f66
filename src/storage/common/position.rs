//! How far a sink has come in its file, and in which: kept in the account, so that the next process finds both.

use crate::identity::Inode;
use crate::operator::Cx;
use std::fs::Metadata;
use std::time::UNIX_EPOCH;

/// Where a sink has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// How long the file is, or how much went into a pipe.
    pub len: u64,
    /// `None` for a pipe.
    pub file: Option<Inode>,
    /// When the file was made: the number of one that is gone is given to the next. 0 where nobody says.
    pub born_ns: u64,
    /// Which file of a series it is, or is to be; 0: of none.
    pub number: u64,
}

/// No file has this number on this device.
const NO_FILE: Inode = Inode { device: 0, number: 0 };

/// When a file was made, as far as its file system says.
pub(crate) fn born_ns(there: &Metadata) -> u64 {
    let born = there.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    born.map_or(0, |since| since.as_nanos() as u64)
}

impl Position {
    /// As the account keeps it; `None` before the sink was first opened.
    pub(crate) fn of(cx: &Cx) -> Option<Position> {
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
        let (len, file) = cx.position().split_at_checked(8)?;
        let mut words = file.chunks_exact(8).map_while(number);
        let file = words.next().zip(words.next()).map(|(device, number)| Inode { device, number });
        let file = file.filter(|file| *file != NO_FILE);
        let (born_ns, series) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Some(Position { len: number(len)?, file, born_ns, number: series })
    }

    pub(crate) fn keep(self, cx: &mut Cx) {
        let mut bytes = [0; 40];
        let Inode { device, number } = self.file.unwrap_or(NO_FILE);
        let words = [self.len, device, number, self.born_ns, self.number];
        for (bytes, number) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let used = match (self.number, self.file) {
            (1.., _) => 40,
            (0, Some(_)) => 32,
            (0, None) => 8,
        };
        cx.set_position(&bytes[..used]).expect("it is short");
    }
}
