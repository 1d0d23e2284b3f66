//! What an operator saves of itself: pieces, each with a version, its length, a checksum, and bincode's bytes.

use crate::error::{Error, Result};
use serde::{Serialize, Serializer, de::DeserializeOwned};
use xxhash_rust::xxh3::xxh3_64;

/// A piece larger than this is refused before anything is allocated for it.
const BYTES_MAX: usize = 1 << 30;
/// Version u16, length of the body u32, xxh3-64 of the body u64.
const HEAD: usize = 2 + 4 + 8;

/// Takes the state of an operator, piece by piece.
pub struct Saver<'a> {
    out: &'a mut Vec<u8>,
    bytes_max: usize,
}

impl<'a> Saver<'a> {
    /// Appends what it is given to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Saver<'a> {
        Saver { out, bytes_max: BYTES_MAX }
    }

    /// The same with another bound for a piece.
    #[cfg(test)]
    pub(crate) fn of_at_most(bytes_max: usize, out: &'a mut Vec<u8>) -> Saver<'a> {
        Saver { out, bytes_max }
    }

    /// Bytes that are there so far, those that were there before included.
    pub fn bytes(&self) -> usize {
        self.out.len()
    }

    /// Appends one piece.
    ///
    /// # Errors
    /// When it is larger than a gigabyte.
    pub fn put<T: Serialize>(&mut self, version: u16, piece: &T) -> Result<()> {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; HEAD]);
        bincode::serde::encode_into_std_write(piece, &mut self.out, bincode::config::legacy())
            .map_err(|e| Error::failed(format!("the state can't be written: {e}")))?;
        let body = &self.out[start + HEAD..];
        if body.len() > self.bytes_max {
            let (bytes, most) = (body.len(), self.bytes_max);
            return Err(Error::failed(format!(
                "a piece of the state has {bytes} bytes, {most} are the most"
            )));
        }
        let (len, sum) = (body.len() as u32, xxh3_64(body));
        let head = &mut self.out[start..start + HEAD];
        head[..2].copy_from_slice(&version.to_le_bytes());
        head[2..6].copy_from_slice(&len.to_le_bytes());
        head[6..].copy_from_slice(&sum.to_le_bytes());
        Ok(())
    }
}

/// Gives the state of an operator back, piece by piece, in the order in which it was saved.
pub struct Loader<'a> {
    rest: &'a [u8],
}

impl<'a> Loader<'a> {
    pub fn new(bytes: &'a [u8]) -> Loader<'a> {
        Loader { rest: bytes }
    }

    /// The next piece, written with the same version.
    ///
    /// # Errors
    /// A sentence, when it is of another version, damaged, or not there.
    pub fn get<T: DeserializeOwned>(&mut self, version: u16) -> Result<T> {
        let cut = || Error::failed("the state is cut short");
        let (head, rest) = self.rest.split_first_chunk::<HEAD>().ok_or_else(cut)?;
        let found = u16::from_le_bytes([head[0], head[1]]);
        if found != version {
            return Err(Error::failed(format!(
                "the state is of version {found}, this program reads version {version}"
            )));
        }
        let len = u32::from_le_bytes([head[2], head[3], head[4], head[5]]);
        let (body, rest) = rest.split_at_checked(len as usize).ok_or_else(cut)?;
        if head[6..] != xxh3_64(body).to_le_bytes() {
            return Err(Error::failed("the state is damaged: its checksum differs"));
        }
        self.rest = rest;
        let config = bincode::config::legacy().with_limit::<BYTES_MAX>();
        let read = bincode::serde::decode_from_slice(body, config);
        let (piece, used) = read.map_err(|_| unreadable())?;
        if used != body.len() {
            return Err(Error::failed("the state has bytes behind its end"));
        }
        Ok(piece)
    }

    /// How many bytes are still to be read.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Says that there must be no more.
    ///
    /// # Errors
    /// When there is.
    pub fn end(&self) -> Result<()> {
        match self.rest {
            [] => Ok(()),
            _ => Err(Error::failed("the state has bytes behind its end")),
        }
    }
}

/// The bytes are whole, and yet nothing of ours: who saved them had other fields.
fn unreadable() -> Error {
    Error::failed("the state can't be read: another program has written it")
}

/// Appends a value to what is to be one piece with others: `Entries` takes them apart.
pub(crate) fn append<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    bincode::serde::encode_into_std_write(value, out, bincode::config::legacy())
        .expect("a state is plain data");
}

/// Values that lie one behind the other in a piece.
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Entries<'a> {
        Entries { rest: bytes }
    }

    /// The next value; `None` behind the last.
    ///
    /// # Errors
    /// When there is something else.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let config = bincode::config::legacy().with_limit::<BYTES_MAX>();
        let read = bincode::serde::decode_from_slice(self.rest, config);
        let (value, used) = read.map_err(|_| unreadable())?;
        self.rest = &self.rest[used..];
        Ok(Some(value))
    }
}

/// Bytes that are written as they are, and read as `Vec<u8>`.
pub(crate) struct Bytes<'a>(pub &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type State = (Vec<f64>, String, u64);

    #[test]
    fn pieces_come_back_in_order_and_a_damaged_one_is_refused() {
        let (first, second): (State, u64) = ((vec![1.5, 2.5], "x".to_string(), 7), 9);
        let mut bytes = Vec::new();
        let mut saver = Saver::new(&mut bytes);
        saver.put(3, &first).unwrap();
        let cut = saver.bytes();
        saver.put(4, &second).unwrap();
        let mut loader = Loader::new(&bytes);
        assert_eq!(loader.get::<State>(3).unwrap(), first);
        assert!(loader.end().is_err());
        assert!(loader.get::<u64>(3).unwrap_err().sentence.contains("version 4"));
        assert_eq!(loader.get::<u64>(4).unwrap(), second);
        assert!(loader.end().is_ok() && loader.get::<u64>(4).is_err());
        for at in 0..cut {
            bytes[at] ^= 1;
            assert!(Loader::new(&bytes).get::<State>(3).is_err(), "byte {at} was changed");
            bytes[at] ^= 1;
            assert!(Loader::new(&bytes[..at]).get::<State>(3).is_err(), "cut at {at}");
        }
    }
}
