//! The head of a ZMTP frame: flags and a length of one byte or of eight (RFC 23, section 2.2).

/// The longest head.
pub(super) const HEAD_MAX: usize = 9;

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// What stands before a frame's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Another frame of the same message follows.
    pub more: bool,
    /// It is a word between the peers, and no message.
    pub command: bool,
    /// Bytes of the body.
    pub len: u64,
    /// Bytes of the head itself.
    pub size: usize,
}

/// Reads the head that `bytes` begin with; `None` when it is not whole yet.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let Some(&flags) = bytes.first() else { return Ok(None) };
    if flags & !(MORE | LONG | COMMAND) != 0 || flags & (MORE | COMMAND) == MORE | COMMAND {
        return Err("a frame with flags that do not exist");
    }
    let (more, command) = (flags & MORE != 0, flags & COMMAND != 0);
    let head = |len, size| Some(Head { more, command, len, size });
    if flags & LONG == 0 {
        return Ok(bytes.get(1).and_then(|len| head(u64::from(*len), 2)));
    }
    Ok(bytes[1..].first_chunk::<8>().and_then(|len| head(u64::from_be_bytes(*len), HEAD_MAX)))
}

/// Writes the head of a frame that is a whole message, and answers how long it is.
#[inline]
pub(super) fn write(len: usize, out: &mut [u8; HEAD_MAX]) -> usize {
    write_as(0, len, out)
}

/// Appends a frame of a message of several parts; `more`: others follow.
pub(super) fn part(body: &[u8], more: bool, out: &mut Vec<u8>) {
    let mut head = [0; HEAD_MAX];
    let size = write_as(if more { MORE } else { 0 }, body.len(), &mut head);
    out.extend_from_slice(&head[..size]);
    out.extend_from_slice(body);
}

fn write_as(flags: u8, len: usize, out: &mut [u8; HEAD_MAX]) -> usize {
    if let Ok(len) = u8::try_from(len) {
        out[..2].copy_from_slice(&[flags, len]);
        return 2;
    }
    out[0] = flags | LONG;
    out[1..].copy_from_slice(&(len as u64).to_be_bytes());
    HEAD_MAX
}

/// A whole command: its name, and what it says.
pub(super) fn command(name: &str, said: &[u8]) -> Vec<u8> {
    let len = 1 + name.len() + said.len();
    let mut head = [0; HEAD_MAX];
    let size = write_as(COMMAND, len, &mut head);
    let mut out = Vec::with_capacity(size + len);
    out.extend_from_slice(&head[..size]);
    out.push(name.len() as u8);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(said);
    out
}

/// The name of a command and what it says.
pub(super) fn read_command(body: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let (len, rest) = body.split_first().ok_or("a command without a name")?;
    rest.split_at_checked(usize::from(*len)).ok_or("a command whose name is cut short")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_head_comes_back_and_never_early(len in prop_oneof![0..600usize, any::<usize>()]) {
            let mut head = [0; HEAD_MAX];
            let size = write(len, &mut head);
            prop_assert_eq!(size, if len < 256 { 2 } else { 9 });
            let whole = Head { more: false, command: false, len: len as u64, size };
            prop_assert_eq!(read(&head[..size]), Ok(Some(whole)));
            for cut in 0..size {
                prop_assert_eq!(read(&head[..cut]), Ok(None));
            }
        }

        #[test]
        fn a_command_comes_back(name in "[A-Z]{1,9}", said in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = command(&name, &said);
            let head = read(&bytes).unwrap().unwrap();
            prop_assert!(head.command && !head.more);
            prop_assert_eq!(head.size + head.len as usize, bytes.len());
            prop_assert_eq!(read_command(&bytes[head.size..]), Ok((name.as_bytes(), &said[..])));
        }
    }

    #[test]
    fn flags_that_do_not_exist_are_refused() {
        for flags in [8, 0x10, 0x80, 0xff, 5, 7] {
            assert!(read(&[flags, 0]).is_err(), "{flags}");
        }
        assert!(read(&[1, 0]).unwrap().unwrap().more);
    }
}
