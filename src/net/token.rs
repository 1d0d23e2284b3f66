//! A token that lies in a file: a secret, which never stands in a topology.

use crate::error::{Error, Result, reason};
use crate::printable::word;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

/// A longer one is none.
const BYTES_MAX: u64 = 4096;

/// Reads a token, without the line end behind it.
///
/// # Errors
/// A sentence when it can't be read, is none, or may be read by others.
pub(crate) fn read(path: &str) -> Result<String> {
    let cannot = |why: &str| Error::failed(format!("cannot take the token in {path}: {why}"));
    let file = File::open(path).map_err(|e| cannot(&format!("{} (is \"token_file\" right?)", reason(&e))))?;
    let there = file.metadata().map_err(|e| cannot(&reason(&e)))?;
    if !there.is_file() {
        return Err(cannot("it is no regular file"));
    }
    if there.permissions().mode() & 0o077 != 0 {
        return Err(cannot(&format!("others may read it, so it is no secret (chmod 600 {})", word(path))));
    }
    let mut text = String::new();
    let read = file.take(BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|_| cannot("it is no text"))?;
    let token = text.trim_end_matches(['\n', '\r']);
    let is_one =
        !token.is_empty() && token.len() < BYTES_MAX as usize && token.bytes().all(|b| b.is_ascii_graphic());
    if !is_one {
        return Err(cannot("it must be one word of ASCII characters, on one line"));
    }
    Ok(token.to_string())
}

/// Whether it can be read.
///
/// # Errors
/// As `read`.
pub(crate) fn check(path: &str) -> Result<()> {
    read(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};

    #[test]
    fn a_token_is_one_word_that_nobody_else_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("the token");
        let told = |text: &[u8], mode: u32| {
            write(&path, text).unwrap();
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            read(path.to_str().unwrap()).map_err(|e| e.sentence)
        };
        assert_eq!(told(b"s3cret\n", 0o600).as_deref(), Ok("s3cret"));
        for (text, mode, why) in [
            (&b"s3cret"[..], 0o640, "others may read it"),
            (b"s3cret", 0o604, "/the token')"),
            (b"", 0o600, "must be one word"),
            (b"\n", 0o600, "must be one word"),
            (b"two words", 0o600, "must be one word"),
            (b"two\nlines", 0o600, "must be one word"),
            (b"\xff", 0o600, "it is no text"),
            (&[b'x'; 5000], 0o600, "must be one word"),
        ] {
            let said = told(text, mode).unwrap_err();
            assert!(said.contains(why) && !said.contains("s3cret"), "{said}");
        }
        assert!(read("surely/not/there").unwrap_err().sentence.contains("is \"token_file\" right?"));
    }
}
