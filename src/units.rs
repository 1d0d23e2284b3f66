//! Sizes, rates, times and shares as people write them: `"64KiB"`, `"20k/s"`, `"5ms"`, `"1%"`.

/// A schema written by hand: what a person writes is its title, `format` says how a text is read.
macro_rules! describes {
    ($of:ty, $name:expr, $schema:tt) => {
        impl schemars::JsonSchema for $of {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

mod pacing;
mod stretch;
#[cfg(test)]
mod tests;

pub(crate) use describes;
pub use pacing::Pacing;
pub(crate) use pacing::Repeat;
pub(crate) use stretch::Stretch;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number of bytes: `"64KiB"`, `"1MB"`, `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Records a second: `"20k/s"`, `"20k"`, `20000`, `"0.5/s"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Rate(pub f64);

/// A length of time, kept in nanoseconds: `"5ms"`, `"1.5s"`, `"2min"`. A bare number is refused: of what?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub ns: u64,
}

/// A part of the whole, from 0 to 1: `"1%"`, `0.01`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl Share {
    /// Whether so many are more than this part of all. Who allows all means never, also where there are more than all.
    pub(crate) fn is_passed(self, some: u64, all: u64) -> bool {
        self.0 < 1.0 && some as f64 > self.0 * all as f64
    }
}

const KIB: f64 = 1024.0;
const BYTES: &[(&str, f64)] = &[
    ("", 1.0),
    ("B", 1.0),
    ("KiB", KIB),
    ("MiB", KIB * KIB),
    ("GiB", KIB * KIB * KIB),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
];
const COUNTS: &[(&str, f64)] = &[("", 1.0), ("k", 1e3), ("K", 1e3), ("M", 1e6)];
const TIMES: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];

/// Splits `"64KiB"` into 64 and its unit's factor; `None` when either is not one.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    let unit = text[end..].trim();
    let value = number * units.iter().find(|(name, _)| *name == unit)?.1;
    value.is_finite().then_some(value)
}

impl Bytes {
    pub fn parse(text: &str) -> Option<Bytes> {
        scaled(text, BYTES).filter(|n| *n < 9e15).map(|n| Bytes(n as u64))
    }
}

impl Rate {
    pub fn parse(text: &str) -> Option<Rate> {
        scaled(text.trim().strip_suffix("/s").unwrap_or(text), COUNTS).filter(|r| *r > 0.0).map(Rate)
    }
}

impl Span {
    pub const fn from_ms(ms: u64) -> Span {
        Span { ns: ms * 1_000_000 }
    }

    pub fn parse(text: &str) -> Option<Span> {
        scaled(text, TIMES).filter(|n| *n < 9e18).map(|ns| Span { ns: ns as u64 })
    }

    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.ns)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            ("h", 3_600_000_000_000),
            ("min", 60_000_000_000),
            ("s", 1_000_000_000),
            ("ms", 1_000_000),
            ("us", 1000),
        ];
        for (unit, ns) in units {
            if self.ns >= ns && self.ns.is_multiple_of(ns) {
                return write!(f, "{}{unit}", self.ns / ns);
            }
        }
        write!(f, "{}ns", self.ns)
    }
}

/// In its largest whole unit.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        let whole = |of: u64| self.0 >= of && self.0.is_multiple_of(of);
        let (unit, of) = units.into_iter().find(|(_, of)| whole(*of)).unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / of)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// As a number in quotes, which comes back as it was: a percentage might be rounded.
impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Share {
    pub fn parse(text: &str) -> Option<Share> {
        let text = text.trim();
        let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        let share = number.trim().parse::<f64>().ok()? / scale;
        (0.0..=1.0).contains(&share).then_some(Share(share))
    }
}

/// Reads a unit from a string, or from a bare number where that has a meaning.
struct Reader<T> {
    expected: &'static str,
    text: fn(&str) -> Option<T>,
    number: fn(f64) -> Option<T>,
}

impl<T> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.text)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        (self.number)(number as f64).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        (self.number)(number as f64).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        (self.number)(number).ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let number = |n: f64| ((0.0..9e15).contains(&n) && n.fract() == 0.0).then_some(Bytes(n as u64));
        from.deserialize_any(Reader { expected: "a size such as \"64KiB\"", text: Bytes::parse, number })
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Rate, D::Error> {
        let number = |n: f64| (n > 0.0 && n.is_finite()).then_some(Rate(n));
        from.deserialize_any(Reader {
            expected: "a rate above zero such as \"20k/s\"",
            text: Rate::parse,
            number,
        })
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        from.deserialize_any(Reader {
            expected: "a time with its unit such as \"5ms\" or \"10s\"",
            text: Span::parse,
            number: |_| None,
        })
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Share, D::Error> {
        let number = |n: f64| (0.0..=1.0).contains(&n).then_some(Share(n));
        from.deserialize_any(Reader {
            expected: "a share such as \"1%\" or 0.01",
            text: Share::parse,
            number,
        })
    }
}

describes!(Bytes, "bytes", {
    "title": "a size such as \"64KiB\"",
    "type": ["integer", "string"],
    "format": "bytes",
    "minimum": 0,
    "pattern": r"^\s*[0-9_]*\.?[0-9_]*\s*(|B|KiB|MiB|GiB|kB|KB|MB|GB)\s*$",
});
describes!(Rate, "rate", {
    "title": "a rate above zero such as \"20k/s\"",
    "type": ["number", "string"],
    "format": "rate",
    "exclusiveMinimum": 0,
    "pattern": r"^\s*[0-9_]*\.?[0-9_]*\s*[kKM]?\s*(/s)?\s*$",
});
describes!(Span, "span", {
    "title": "a time with its unit such as \"5ms\" or \"10s\"",
    "type": "string",
    "format": "span",
    "pattern": r"^\s*[0-9_]*\.?[0-9_]*\s*(ns|us|µs|ms|s|min|h|d)\s*$",
});
describes!(Share, "share", {
    "title": "a share such as \"1%\" or 0.01",
    "type": ["number", "string"],
    "format": "share",
    "minimum": 0,
    "maximum": 1,
    "pattern": r"^\s*[0-9.]+\s*%?\s*$",
});

/// 1234567 as 1,234,567.
pub fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of a thing: `"1 record was"`, `"2 records were"`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", group(n), if n == 1 { one } else { many })
}
