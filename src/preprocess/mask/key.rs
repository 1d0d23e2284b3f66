//! The secret key of tokens: where it comes from, and what it makes. It is never shown: nothing here says a byte of it.

use crate::error::reason;
use crate::printable::word;
use ring::hmac;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// HMAC-SHA-256 under the key.
#[derive(Clone)]
pub(super) struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
}

/// Fewer bytes can be tried out.
const BYTES_MIN: usize = 16;
/// A file of more is likely another one.
const BYTES_MAX: usize = 4 << 10;

impl Key {
    pub(super) fn new(mut bytes: Vec<u8>) -> Result<Key, String> {
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        match bytes.len() {
            n if n < BYTES_MIN => Err(format!("a key has {BYTES_MIN} bytes at least, this one has {n}")),
            n if n > BYTES_MAX => {
                Err(format!("a key has {BYTES_MAX} bytes at most: this is likely another file"))
            }
            _ => Ok(Key(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
        }
    }

    /// What a file holds that nobody else may read.
    pub(super) fn of_file(path: &str) -> Result<Key, String> {
        let fail = |error: &std::io::Error| {
            let way = match error.kind() {
                ErrorKind::NotFound => {
                    let path = word(path);
                    format!(": `(umask 077; openssl rand -hex 32 > {path})` makes one")
                }
                _ => String::new(),
            };
            format!("cannot read the key in {path}: {}{way}", reason(error))
        };
        // Asked before it is opened: who opens a pipe waits for its other end.
        let about = std::fs::metadata(Path::new(path)).map_err(|e| fail(&e))?;
        if !about.is_file() {
            return Err(format!("{path} is no file"));
        }
        let file = std::fs::File::open(Path::new(path)).map_err(|e| fail(&e))?;
        if about.permissions().mode() & 0o007 != 0 {
            let what = format!("every user of this machine may read or change {path}");
            return Err(format!("{what}: `chmod 600 {}` keeps it secret", word(path)));
        }
        let mut bytes = Vec::new();
        file.take(BYTES_MAX as u64 + 2).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
        Key::new(bytes).map_err(|what| format!("{path}: {what}"))
    }

    /// What an environment variable holds.
    pub(super) fn of_variable(name: &str) -> Result<Key, String> {
        use std::os::unix::ffi::OsStringExt;
        match std::env::var_os(name) {
            Some(value) => Key::new(value.into_vec()).map_err(|what| format!("${name}: {what}")),
            None => Err(format!("the environment has no {name}: set it where the topology is run")),
        }
    }

    /// Appends the first digits of the value's code.
    pub(super) fn token(&self, value: &[u8], digits: usize, out: &mut String) {
        let code = hmac::sign(&self.0, value);
        let digit = |n: u8| char::from_digit(u32::from(n), 16).expect("half a byte is one digit");
        let all = code.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        out.extend(all.take(digits).map(digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1 and 7.
    #[test]
    fn a_token_is_the_code_of_the_rfc() {
        let of = |key: Vec<u8>, value: &[u8]| {
            let mut token = String::new();
            Key::new(key).unwrap().token(value, 64, &mut token);
            token
        };
        assert_eq!(
            of(vec![0x0b; 20], b"Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        let long = b"This is a test using a larger than block-size key and a larger than block-size data. \
                     The key needs to be hashed before being used by the HMAC algorithm.";
        assert_eq!(
            of(vec![0xaa; 131], long),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        );
    }

    #[test]
    fn a_key_file_is_secret_and_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.key");
        let name = path.to_str().unwrap();
        let write = |bytes: &[u8], mode| {
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Key::of_file(name)
        };
        let token = |key: Key| {
            let mut token = String::new();
            key.token(b"x", 32, &mut token);
            token
        };
        let plain = token(write(b"0123456789abcdef", 0o600).unwrap());
        assert_eq!(plain, token(write(b"0123456789abcdef\n", 0o640).unwrap()), "a line end is none of it");
        for (bytes, mode, says) in [
            (&b"0123456789abcdef"[..], 0o644, "chmod 600"),
            (b"0123456789abcdef", 0o602, "chmod 600"),
            (b"0123456789abcde\n", 0o600, "16 bytes at least, this one has 15"),
            (&[7; 5000], 0o600, "likely another file"),
        ] {
            let told = write(bytes, mode).unwrap_err();
            assert!(told.contains(says) && !told.contains("0123"), "{told}");
        }
        assert!(
            Key::of_file("nowhere.key")
                .unwrap_err()
                .contains("cannot read the key in nowhere.key: no such file")
        );
        assert!(Key::of_file("/").unwrap_err().contains("is no file"));
        let told = Key::of_file("my keys; it's one").unwrap_err();
        assert!(told.contains(r"> 'my keys; it'\''s one')`"), "{told}");
        assert!(Key::of_variable("NO_SUCH_KEY_HERE").unwrap_err().contains("has no NO_SUCH_KEY_HERE"));
    }
}
