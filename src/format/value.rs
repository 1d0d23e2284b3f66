//! The text of one field as a value of its column's type.

mod typed;

use super::number::{float, integer};
use super::wording::{Wording, word};
use crate::data::{Column, Text, Values, time};
use jiff::tz::TimeZone;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// Reads values; knows which texts mean NULL and where times without an offset belong.
pub(crate) struct ValueParser {
    nulls: Vec<String>,
    /// Bit n: a text of n bytes (63: that or longer) may be NULL, so that most fields need no comparison; all, where
    /// values are worded in another way.
    unusual_lengths: u64,
    zone: Option<TimeZone>,
    wording: Option<Wording>,
    /// A number as programs write it.
    number: String,
    /// The items of one list.
    items: Text,
}

impl ValueParser {
    /// An empty field is always NULL.
    pub(super) fn new(nulls: &[String], zone: Option<TimeZone>, wording: Option<Wording>) -> ValueParser {
        let bit = |text: &String| 1 << text.len().min(63);
        let usual = nulls.iter().map(bit).fold(1, |bits: u64, bit: u64| bits | bit);
        ValueParser {
            nulls: nulls.to_vec(),
            unusual_lengths: if wording.is_some() { u64::MAX } else { usual },
            zone,
            wording,
            number: String::new(),
            items: Text::default(),
        }
    }

    #[inline]
    pub(super) fn is_null(&self, text: &str) -> bool {
        self.may_be_unusual(text) && (text.is_empty() || self.nulls.iter().any(|null| null == text))
    }

    #[inline]
    fn may_be_unusual(&self, text: &str) -> bool {
        self.unusual_lengths & 1 << text.len().min(63) != 0
    }

    fn time(&self, text: &str) -> Option<i64> {
        let zone = self.zone.as_ref();
        self.worded_time(text, zone).unwrap_or_else(|| time::parse(text, zone))
    }

    /// What a text is in the format of times that was said; `None` where none was.
    fn worded_time(&self, text: &str, zone: Option<&TimeZone>) -> Option<Option<i64>> {
        let wording = self.wording.as_ref().filter(|wording| wording.has_times())?;
        Some(wording.time(text, zone))
    }

    /// A time with a date and an hour at least: a date alone is no instant, unless it was said that it is written so.
    /// Whether its zone has it once is of no account.
    pub(super) fn is_instant(&self, text: &str) -> bool {
        let plain = || time::parse(text, None).filter(|_| text.len() > "2013-01-31".len());
        self.worded_time(text, None).unwrap_or_else(plain).is_some()
    }

    /// A text as the number that it is in the usual way of writing; empty where it is none.
    pub(super) fn number<'a>(&self, text: &'a str, into: &'a mut String) -> &'a str {
        let Some(wording) = &self.wording else { return text };
        wording.number(text, into).unwrap_or_default()
    }

    /// A word for true or false.
    pub(super) fn word(&self, text: &str) -> Option<bool> {
        self.wording.as_ref().map_or_else(|| word(text), |wording| wording.truth(text))
    }

    /// Adds the value to its column. `false`, and nothing added, when the text is no such value. Blanks around
    /// anything but a str are ignored. `strict`: what a number would lose something of is none.
    #[inline]
    pub(crate) fn push(&mut self, text: &str, strict: bool, column: &mut Column) -> bool {
        if !self.may_be_unusual(text) {
            let fits = match &mut column.values {
                Values::Str(values) => {
                    values.push(text);
                    true
                }
                Values::I64(values) => add(values, integer(text, strict)),
                Values::F64(values) => add(values, float(text, strict)),
                _ => false,
            };
            if fits {
                column.valid.push(true);
                return true;
            }
        }
        self.push_slowly(text, strict, column)
    }

    /// The same, for a text that can't mean NULL. Where a column has no empty values, an empty one is NULL still.
    pub(super) fn push_quoted(&mut self, text: &str, strict: bool, column: &mut Column) -> bool {
        if !matches!(column.values, Values::Str(_)) && text.trim_ascii().is_empty() {
            column.push_null();
            return true;
        }
        self.push_value(text, strict, column)
    }

    /// The same as `push`, for what is less common: NULL, blanks around it, other types.
    fn push_slowly(&mut self, text: &str, strict: bool, column: &mut Column) -> bool {
        let plain = if matches!(column.values, Values::Str(_)) { text } else { text.trim_ascii() };
        if self.is_null(plain) {
            column.push_null();
            return true;
        }
        self.push_value(text, strict, column)
    }

    fn push_value(&mut self, text: &str, strict: bool, column: &mut Column) -> bool {
        let plain = text.trim_ascii();
        let fits = match &mut column.values {
            Values::Str(values) => {
                values.push(text);
                true
            }
            Values::I64(values) => {
                let mut digits = std::mem::take(&mut self.number);
                let fits = add(values, integer(self.number(plain, &mut digits), strict));
                self.number = digits;
                fits
            }
            Values::F64(values) => {
                let mut digits = std::mem::take(&mut self.number);
                let fits = add(values, float(self.number(plain, &mut digits), strict));
                self.number = digits;
                fits
            }
            Values::Time(values) => add(values, self.time(plain)),
            Values::Bool(values) => add(values, self.boolean(plain)),
            Values::List(values) => {
                self.items.clear();
                let mut json = serde_json::Deserializer::from_str(plain);
                let fits = Items(&mut self.items).deserialize(&mut json).is_ok() && json.end().is_ok();
                if fits {
                    values.push(self.items.iter());
                }
                fits
            }
        };
        if fits {
            column.valid.push(true);
        }
        fits
    }

    /// `true` and `false`; also 1 and 0, as the `csv` sink writes them.
    fn boolean(&self, text: &str) -> Option<bool> {
        self.word(text).or(match text {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        })
    }
}

#[inline]
fn add<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let Some(value) = value else { return false };
    values.push(value);
    true
}

/// Reads a JSON array of strings into a column of its items, without a vector between.
struct Items<'a>(&'a mut Text);
struct Item<'a>(&'a mut Text);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array of strings")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Item(self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Item<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E>(self, item: &str) -> Result<(), E> {
        self.0.push(item);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};

    /// The value a text becomes in a column of that type; `None` when it breaks the type.
    fn read(of: Type, strict: bool, text: &str) -> Option<String> {
        let mut column = Column::new(of);
        let fits = ValueParser::new(&["NA".into(), "-".into()], None, None).push(text, strict, &mut column);
        assert_eq!((column.len(), column.valid.len()), (usize::from(fits), usize::from(fits)));
        fits.then(|| format!("{:?}", column.value(0)))
    }

    fn told(value: Value<'_>) -> Option<String> {
        Some(format!("{value:?}"))
    }

    #[test]
    fn numbers_are_whole_finite_and_within_bounds() {
        for (text, number) in
            [("0", 0), ("-0", 0), ("+7", 7), (" 12 ", 12), ("007", 7), ("-9223372036854775808", i64::MIN)]
        {
            assert_eq!(read(Type::I64, false, text), told(Value::I64(number)), "{text}");
        }
        for text in ["9223372036854775808", "1.0", "--1", "1 2", "٣", "0x1", "1_000", "+", "1e3"] {
            assert_eq!(read(Type::I64, false, text), None, "{text}");
        }
        for text in ["inf", "-inf", "NaN", "1e400", "infinity", "1,5", "0x1p3"] {
            assert_eq!(read(Type::F64, false, text), None, "{text}");
        }
        assert_eq!(read(Type::F64, false, "-0.0"), told(Value::F64(-0.0)));
        assert_eq!(read(Type::F64, false, "1e-400"), told(Value::F64(0.0)), "too small to tell from zero");
    }

    #[test]
    fn a_number_that_was_guessed_is_strict() {
        for text in ["007", "-01", "+49", "-0"] {
            assert_eq!(read(Type::I64, true, text), None, "{text}");
        }
        assert_eq!(read(Type::F64, true, "00.5"), None);
        assert_eq!(read(Type::F64, true, "0.5"), told(Value::F64(0.5)));
        assert_eq!(read(Type::I64, true, "0"), told(Value::I64(0)));
    }

    #[test]
    fn nulls_bools_times_and_lists() {
        for of in Type::ALL {
            for text in ["", "NA", "-"] {
                assert_eq!(read(of, false, text), told(Value::Null), "{of} {text}");
            }
        }
        assert_eq!(read(Type::I64, false, "  "), told(Value::Null), "blanks around a number are nothing");
        assert_eq!(read(Type::Str, false, " NA"), told(Value::Str(" NA")));
        assert_eq!(read(Type::Bool, false, "True"), told(Value::Bool(true)));
        assert_eq!(read(Type::Bool, false, "0"), told(Value::Bool(false)));
        assert_eq!(read(Type::Bool, false, "yes"), None);
        assert_eq!(read(Type::Time, false, "1970-01-01 00:00:01"), told(Value::Time(1_000_000_000)));
        assert_eq!(read(Type::Time, false, "300000-01-01 00:00:00"), None);
        assert_eq!(read(Type::List, false, r#"["a","b\n"]"#), told(Value::List(vec!["a", "b\n"])));
        for text in ["[1]", "a", "[\"a\"", "[\"a\"] x", "{}"] {
            assert_eq!(read(Type::List, false, text), None, "{text}");
        }
    }
}
