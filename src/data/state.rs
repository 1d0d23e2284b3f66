//! What an operator saves of itself: a version, a checksum, and its state in bincode's bytes.

use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use xxhash_rust::xxh3::xxh3_64;

/// A state larger than this is refused before anything is allocated for it.
const BYTES_MAX: usize = 1 << 30;
/// Version, checksum.
const HEAD: usize = 2 + 8;

/// Appends `state` to `out`: u16 version, u64 xxh3-64 of the body, the body.
pub fn save<T: Serialize>(version: u16, state: &T, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    bincode::serde::encode_into_std_write(state, out, bincode::config::legacy())
        .map_err(|e| Error::failed(format!("the state can't be written: {e}")))?;
    let sum = xxh3_64(&out[start + HEAD..]);
    out[start + 2..start + HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(())
}

/// Reads what `save` wrote with the same version.
pub fn load<T: DeserializeOwned>(version: u16, bytes: &[u8]) -> Result<T> {
    let (Some(head), Some(body)) = (bytes.get(..HEAD), bytes.get(HEAD..)) else {
        return Err(Error::failed("the state is cut short"));
    };
    let found = u16::from_le_bytes([head[0], head[1]]);
    if found != version {
        return Err(Error::failed(format!(
            "the state is of version {found}, this program reads version {version}"
        )));
    }
    if head[2..] != xxh3_64(body).to_le_bytes() {
        return Err(Error::failed("the state is damaged: its checksum differs"));
    }
    let config = bincode::config::legacy().with_limit::<BYTES_MAX>();
    let read = bincode::serde::decode_from_slice(body, config);
    let (state, used) = read.map_err(|e| Error::failed(format!("the state can't be read: {e}")))?;
    if used != body.len() {
        return Err(Error::failed("the state has bytes behind its end"));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_a_damaged_one_is_refused() {
        let state = (vec![1.5f64, 2.5], "x".to_string(), 7u64);
        let mut bytes = Vec::new();
        save(3, &state, &mut bytes).unwrap();
        assert_eq!(load::<(Vec<f64>, String, u64)>(3, &bytes).unwrap(), state);
        assert!(load::<(Vec<f64>, String, u64)>(4, &bytes).unwrap_err().sentence.contains("version 3"));
        for at in 2..bytes.len() {
            bytes[at] ^= 1;
            assert!(load::<(Vec<f64>, String, u64)>(3, &bytes).is_err(), "byte {at} was changed");
            bytes[at] ^= 1;
        }
        assert!(load::<(Vec<f64>, String, u64)>(3, &bytes[..5]).is_err());
    }
}
