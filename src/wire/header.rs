//! The 64 bytes in front of every frame, checked before anything else of it is looked at.

/// Length of a header.
pub const LEN: usize = 64;
const MAGIC: u16 = 0x5b0c;
/// Version of the header and of the body behind it.
const VERSION: u8 = 3;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Records.
    Data = 1,
    /// Nothing but the next sequence number, so that a lost tail is noticed.
    Beat = 2,
    /// The sender has sent all it ever will on this link.
    End = 3,
}

/// The head of a frame, little endian:
///
/// | bytes | field |
/// |---|---|
/// | 0 | magic u16, version u8, kind u8 (flags in its high 4 bits) |
/// | 4 | link u32 |
/// | 8 | count u32 |
/// | 12 | body length u32 |
/// | 16 | sender epoch u32, session u32 (0: a fast link) |
/// | 24 | seq of the first record u64 |
/// | 32 | schema fingerprint u64, mixed with the run's |
/// | 40 | sent_ns u64 (monotonic) |
/// | 48 | watermark i64 (`i64::MIN`: none) |
/// | 56 | body bytes offered on this link up to and with this frame, u64 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub flags: u8,
    pub link: u32,
    pub count: u32,
    pub body_len: u32,
    pub epoch: u32,
    pub session: u32,
    pub seq: u64,
    pub schema: u64,
    pub sent_ns: u64,
    pub watermark: i64,
    pub bytes: u64,
}

impl Header {
    /// Flag of Data: the body says how late its records are.
    pub const LATE: u8 = 1;
    /// Flag of any frame: the sender has nothing to say about time, and no watermark need wait for it.
    pub(crate) const IDLE: u8 = 2;
    /// Flag of End: the sender was stopped, its source had more.
    pub(crate) const STOPPED: u8 = 4;

    /// The head of a frame that carries nothing and knows no time: name what else there is.
    pub fn new(kind: Kind, link: u32, epoch: u32) -> Header {
        Header {
            kind,
            flags: 0,
            link,
            count: 0,
            body_len: 0,
            epoch,
            session: 0,
            seq: 0,
            schema: 0,
            sent_ns: 0,
            watermark: i64::MIN,
            bytes: 0,
        }
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn write(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0..2].copy_from_slice(&MAGIC.to_le_bytes());
        out[2] = VERSION;
        out[3] = self.kind as u8 | self.flags << 4;
        for (i, word) in
            [self.link, self.count, self.body_len, self.epoch, self.session].into_iter().enumerate()
        {
            out[4 + 4 * i..8 + 4 * i].copy_from_slice(&word.to_le_bytes());
        }
        let words = [self.seq, self.schema, self.sent_ns, self.watermark as u64, self.bytes];
        for (i, word) in words.into_iter().enumerate() {
            out[24 + 8 * i..32 + 8 * i].copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// Reads the head of a frame and gives the body with it; the error says what is wrong.
    pub fn read(frame: &[u8]) -> Result<(Header, &[u8]), &'static str> {
        let (head, body) = frame.split_at_checked(LEN).ok_or("shorter than a header")?;
        if head[0..2] != MAGIC.to_le_bytes() {
            return Err("not a frame of sluicebox");
        }
        if head[2] != VERSION {
            return Err("a frame of another version");
        }
        let kind = match head[3] & 0x0f {
            1 => Kind::Data,
            2 => Kind::Beat,
            3 => Kind::End,
            _ => return Err("of an unknown kind"),
        };
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let header = Header {
            kind,
            flags: head[3] >> 4,
            link: word(4),
            count: word(8),
            body_len: word(12),
            epoch: word(16),
            session: word(20),
            seq: long(24),
            schema: long(32),
            sent_ns: long(40),
            watermark: long(48) as i64,
            bytes: long(56),
        };
        let flags = match kind {
            Kind::Data => Header::LATE | Header::IDLE,
            Kind::Beat => Header::IDLE,
            Kind::End => Header::IDLE | Header::STOPPED,
        };
        if header.flags & !flags != 0 {
            return Err("of unknown flags");
        }
        if header.body_len as usize != body.len() {
            return Err("of another length than its header says");
        }
        if (kind == Kind::Data) != (header.count > 0)
            || header.seq.checked_add(u64::from(header.count)).is_none()
        {
            return Err("of an impossible count");
        }
        Ok((header, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_comes_back() {
        let header = Header {
            flags: Header::LATE | Header::IDLE,
            count: 3,
            body_len: 5,
            seq: 1 << 40,
            schema: u64::MAX,
            sent_ns: 12,
            watermark: -1,
            bytes: 99,
            ..Header::new(Kind::Data, 7, 2)
        };
        let mut frame = header.write().to_vec();
        frame.extend_from_slice(b"hello");
        assert_eq!(Header::read(&frame), Ok((header, &b"hello"[..])));
        frame.pop();
        assert_eq!(Header::read(&frame), Err("of another length than its header says"));
    }

    #[test]
    fn a_flag_that_the_kind_does_not_have_is_refused() {
        let known = [
            (Kind::Data, [true, true, false, false]),
            (Kind::Beat, [false, true, false, false]),
            (Kind::End, [false, true, true, false]),
        ];
        for (kind, known) in known {
            for (flag, known) in [Header::LATE, Header::IDLE, Header::STOPPED, 8].into_iter().zip(known) {
                let count = u32::from(kind == Kind::Data);
                let header = Header { flags: flag, count, ..Header::new(kind, 0, 1) };
                let read = Header::read(&header.write()).map(|(read, _)| read.has(flag));
                assert_eq!(read, if known { Ok(true) } else { Err("of unknown flags") }, "{kind:?} {flag}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), good: bool) {
            if good && bytes.len() >= 4 {
                bytes[..3].copy_from_slice(&[0x0c, 0x5b, VERSION]);
            }
            let _ = Header::read(&bytes);
        }
    }
}
