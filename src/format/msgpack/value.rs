//! One value of MessagePack at the start of some bytes. What a length says is held against the bytes that are there
//! before anything is made of it.

/// Nothing is nested deeper.
pub(super) const DEPTH_MAX: usize = 127;

/// Why bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// They say what is no value.
    Bytes,
    /// They end before it does: so many are missing at least.
    Cut(usize),
    TooDeep,
}

/// A value, or the beginning of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Nil,
    Bool(bool),
    I64(i64),
    /// Beyond what an i64 holds.
    U64(u64),
    F64(f64),
    Str(&'a [u8]),
    Bin,
    /// Nanoseconds since 1970; `None` where no i64 holds them.
    Time(Option<i64>),
    Ext,
    /// So many values follow.
    Array(usize),
    /// So many keys follow, each with a value.
    Map(usize),
}

/// Bytes of which values are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Broken::Cut(len - self.0.len().min(len)))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of so many bytes, the greatest first.
    fn number(&mut self, len: usize) -> Result<u64, Broken> {
        Ok(self.take(len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, len: usize) -> Result<usize, Broken> {
        usize::try_from(self.number(len)?).map_err(|_| Broken::Bytes)
    }

    /// A number with a sign.
    fn signed(&mut self, len: usize) -> Result<i64, Broken> {
        let unused = 64 - 8 * len as u32;
        Ok((self.number(len)? << unused) as i64 >> unused)
    }

    pub(super) fn value(&mut self) -> Result<Value<'a>, Broken> {
        let [byte] = *self.take(1)? else { return Err(Broken::Bytes) };
        Ok(match byte {
            0x00..=0x7f => Value::I64(byte.into()),
            0x80..=0x8f => self.holds(usize::from(byte & 15), 2).map(Value::Map)?,
            0x90..=0x9f => self.holds(usize::from(byte & 15), 1).map(Value::Array)?,
            0xa0..=0xbf => Value::Str(self.take(usize::from(byte & 31))?),
            0xc0 => Value::Nil,
            0xc1 => return Err(Broken::Bytes),
            0xc2 | 0xc3 => Value::Bool(byte == 0xc3),
            0xc4..=0xc6 => {
                let len = self.length(1 << (byte - 0xc4))?;
                self.take(len).map(|_| Value::Bin)?
            }
            0xc7..=0xc9 => {
                let len = self.length(1 << (byte - 0xc7))?;
                self.extension(len)?
            }
            0xca => Value::F64(f32::from_bits(self.number(4)? as u32).into()),
            0xcb => Value::F64(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => {
                let number = self.number(1 << (byte - 0xcc))?;
                i64::try_from(number).map_or(Value::U64(number), Value::I64)
            }
            0xd0..=0xd3 => Value::I64(self.signed(1 << (byte - 0xd0))?),
            0xd4..=0xd8 => self.extension(1 << (byte - 0xd4))?,
            0xd9..=0xdb => {
                let len = self.length(1 << (byte - 0xd9))?;
                Value::Str(self.take(len)?)
            }
            0xdc | 0xdd => {
                let n = self.length(2 << (byte - 0xdc))?;
                self.holds(n, 1).map(Value::Array)?
            }
            0xde | 0xdf => {
                let n = self.length(2 << (byte - 0xde))?;
                self.holds(n, 2).map(Value::Map)?
            }
            0xe0..=0xff => Value::I64(i64::from(byte as i8)),
        })
    }

    /// Each value has a byte at least.
    fn holds(&self, n: usize, values: usize) -> Result<usize, Broken> {
        let least = n.saturating_mul(values);
        if least <= self.0.len() { Ok(n) } else { Err(Broken::Cut(least - self.0.len())) }
    }

    fn extension(&mut self, len: usize) -> Result<Value<'a>, Broken> {
        const TIMESTAMP: u8 = 0xff;
        let [of] = *self.take(1)? else { return Err(Broken::Bytes) };
        let mut data = Bytes(self.take(len)?);
        if of != TIMESTAMP {
            return Ok(Value::Ext);
        }
        let (seconds, ns) = match len {
            4 => (data.number(4)? as i64, 0),
            8 => {
                let both = data.number(8)?;
                ((both & ((1 << 34) - 1)) as i64, (both >> 34) as i64)
            }
            12 => {
                let ns = data.number(4)? as i64;
                (data.signed(8)?, ns)
            }
            _ => return Ok(Value::Ext),
        };
        let whole = seconds.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(ns));
        Ok(Value::Time(whole.filter(|_| ns < 1_000_000_000)))
    }

    /// Passes over a value and all that it holds.
    pub(super) fn skip(&mut self) -> Result<(), Broken> {
        let mut walk = Walk::default();
        let walked = walk.go_on(self.0);
        self.0 = &self.0[walk.at..];
        walked
    }
}

/// A way through a value, which may be left where bytes end and gone on with when more are there.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// So many bytes are passed.
    pub at: usize,
    /// By level: how many values are still to come.
    left: [usize; DEPTH_MAX + 1],
    depth: usize,
}

impl Default for Walk {
    fn default() -> Walk {
        let mut left = [0; DEPTH_MAX + 1];
        left[0] = 1;
        Walk { at: 0, left, depth: 0 }
    }
}

impl Walk {
    /// Goes to the end of the value that begins `text`, or as far as that goes.
    pub(super) fn go_on(&mut self, text: &[u8]) -> Result<(), Broken> {
        let Walk { at, left, depth } = self;
        loop {
            while left[*depth] == 0 {
                if *depth == 0 {
                    return Ok(());
                }
                *depth -= 1;
            }
            let mut bytes = Bytes(&text[*at..]);
            let value = bytes.value()?;
            left[*depth] -= 1;
            *at = text.len() - bytes.0.len();
            let inside = match value {
                Value::Array(n) => n,
                Value::Map(n) => 2 * n,
                _ => continue,
            };
            if *depth == DEPTH_MAX {
                return Err(Broken::TooDeep);
            }
            *depth += 1;
            left[*depth] = inside;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> Result<Value<'_>, Broken> {
        let mut bytes = Bytes(bytes);
        let value = bytes.value();
        assert!(value.is_err() || bytes.0.is_empty(), "all is taken");
        value
    }

    #[test]
    fn values_are_those_of_the_specification() {
        for (bytes, expected) in [
            (&[0x00][..], Value::I64(0)),
            (&[0x7f], Value::I64(127)),
            (&[0xe0], Value::I64(-32)),
            (&[0xcc, 0xff], Value::I64(255)),
            (&[0xcd, 1, 0], Value::I64(256)),
            (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Value::U64(u64::MAX)),
            (&[0xd0, 0x80], Value::I64(-128)),
            (&[0xd1, 0xff, 0xfe], Value::I64(-2)),
            (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Value::I64(i64::MIN)),
            (&[0xca, 0x3f, 0x80, 0, 0], Value::F64(1.0)),
            (&[0xcb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], Value::F64(0.1)),
            (&[0xa2, b'a', b'b'], Value::Str(b"ab")),
            (&[0xd9, 1, b'a'], Value::Str(b"a")),
            (&[0xda, 0, 1, b'a'], Value::Str(b"a")),
            (&[0xc4, 2, 0, 0], Value::Bin),
            (&[0xc0], Value::Nil),
            (&[0xc2], Value::Bool(false)),
            (&[0xd6, 0xff, 0x50, 0xe2, 0x6c, 0x54], Value::Time(Some(1_357_016_148_000_000_000))),
            (&[0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 1], Value::Time(Some(1_000_000_001))),
            (
                &[0xc7, 12, 0xff, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Value::Time(Some(-999_999_999)),
            ),
            (&[0xc7, 12, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0], Value::Time(None)),
            (&[0xd4, 5, 0], Value::Ext),
        ] {
            assert_eq!(value(bytes), Ok(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn a_length_beyond_the_bytes_is_broken() {
        for bytes in [
            &[][..],
            &[0xc1],
            &[0xdb, 0xff, 0xff, 0xff, 0xff, b'a'],
            &[0xc6, 0xff, 0xff, 0xff, 0xff],
            &[0xdd, 0xff, 0xff, 0xff, 0xff, 0],
            &[0xdf, 0x7f, 0xff, 0xff, 0xff, 0],
            &[0x82, 0, 0, 0],
            &[0xcb, 0, 0],
            &[0xc9, 0xff, 0xff, 0xff, 0xff, 0],
        ] {
            let mut taken = Bytes(bytes);
            let told = taken.skip();
            assert!(matches!(told, Err(Broken::Bytes | Broken::Cut(1..))), "{bytes:x?}: {told:?}");
        }
        let deep = [0x91].repeat(100_000);
        assert_eq!(Bytes(&deep).skip(), Err(Broken::TooDeep));
    }
}
