//! `strptime`: a text as a time, by a format. What does not fit it is NULL.

use super::civil::{Date, SECOND_NS};
use super::codes::{Codes, MONTHS, Piece, WEEKDAYS};
use crate::data::Column;
use crate::data::time::{self, TimeZone};
use crate::expr::by_row::values;
use crate::expr::operation::Kernel;
use crate::expr::view::{View, ints, strict};

pub(in crate::expr) struct Read {
    pub codes: Codes,
    pub zone: Option<TimeZone>,
}

impl Kernel for Read {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        values(ints(out), rows, |row| read(&self.codes, operands[0].text(row), self.zone.as_ref()));
    }
}

/// What was read so far.
#[derive(Default)]
struct Found {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    /// It is one of twelve.
    twelve: bool,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    ns: i64,
    /// Seconds ahead of UTC.
    offset: Option<i64>,
    instant: Option<i64>,
}

pub(in crate::expr) fn read(codes: &Codes, text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let (mut found, mut rest, mut decimals) = (Found::default(), text, false);
    for piece in &codes.pieces {
        match piece {
            Piece::Text(piece) => {
                rest = rest.strip_prefix(piece.as_str())?;
                decimals = piece.ends_with(['.', ',']);
            }
            Piece::Code(code) => found.take(*code, &mut rest, decimals)?,
        }
    }
    if rest.is_empty() { found.instant(zone) } else { None }
}

/// A number of at most so many digits, at least one.
fn digits(rest: &mut &str, most: usize) -> Option<i64> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, behind) = rest.split_at(count);
    *rest = behind;
    number.parse().ok()
}

/// The same, of a range.
fn within(rest: &mut &str, most: usize, low: i64, high: i64) -> Option<i64> {
    digits(rest, most).filter(|n| (low..=high).contains(n))
}

/// The place of a name, long or short.
fn named(rest: &mut &str, names: &[&str]) -> Option<i64> {
    let long = |name: &str| rest.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
    let found = names.iter().position(|name| long(name)).map(|at| (at, names[at].len()));
    let (at, len) = found.or_else(|| names.iter().position(|name| long(&name[..3])).map(|at| (at, 3)))?;
    *rest = &rest[len..];
    Some(at as i64)
}

fn word(rest: &mut &str, word: &str) -> Option<()> {
    *rest = rest.strip_prefix(word)?;
    Some(())
}

/// Nanoseconds of the decimals of a second; digits beyond are cut off.
fn fraction(rest: &mut &str) -> Option<i64> {
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (of, behind) = rest.split_at(count);
    *rest = behind;
    let ns = of.bytes().chain(std::iter::repeat(b'0')).take(9).fold(0, |ns, b| ns * 10 + i64::from(b - b'0'));
    (count > 0).then_some(ns)
}

impl Found {
    fn take(&mut self, code: char, rest: &mut &str, decimals: bool) -> Option<()> {
        if matches!(code, 'e' | 'k' | 'l') {
            *rest = rest.strip_prefix(' ').unwrap_or(rest);
        }
        match code {
            'Y' => self.year = digits(rest, 4)?,
            'y' => {
                self.year = digits(rest, 2).map(|year| if year < 69 { 2000 + year } else { 1900 + year })?
            }
            'm' => self.month = Some(within(rest, 2, 1, 12)?),
            'b' | 'B' => self.month = Some(named(rest, &MONTHS)? + 1),
            'a' | 'A' => named(rest, &WEEKDAYS).map(|_| ())?,
            'd' | 'e' => self.day = Some(within(rest, 2, 1, 31)?),
            'j' => self.day_of_year = Some(within(rest, 3, 1, 366)?),
            'H' | 'k' => self.hour = Some(within(rest, 2, 0, 23)?),
            'I' | 'l' => (self.hour, self.twelve) = (Some(within(rest, 2, 1, 12)?), true),
            'M' => self.minute = within(rest, 2, 0, 59)?,
            'S' => self.second = within(rest, 2, 0, 59)?,
            'f' if decimals => self.ns = fraction(rest)?,
            'f' => {
                self.second = within(rest, 2, 0, 59)?;
                if word(rest, ".").is_some() {
                    self.ns = fraction(rest)?;
                }
            }
            'p' | 'P' => {
                let half = rest.get(..2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case("pm"));
                if !half.eq_ignore_ascii_case("pm") && !half.eq_ignore_ascii_case("am") {
                    return None;
                }
                *rest = &rest[2..];
            }
            'F' => self.all("Y-m-d", rest)?,
            'T' => self.all("H:M:S", rest)?,
            'R' => self.all("H:M", rest)?,
            's' => {
                let negative = word(rest, "-").is_some();
                let seconds = digits(rest, 12)?;
                self.instant = Some(if negative { -seconds } else { seconds });
            }
            'z' => self.offset = Some(offset(rest)?),
            _ => unreachable!("only codes that are known are read"),
        }
        Some(())
    }

    fn all(&mut self, codes: &str, rest: &mut &str) -> Option<()> {
        codes.chars().try_for_each(|code| match code {
            '-' | ':' => word(rest, code.encode_utf8(&mut [0; 4])),
            code => self.take(code, rest, false),
        })
    }

    fn instant(self, zone: Option<&TimeZone>) -> Option<i64> {
        if let Some(seconds) = self.instant {
            return seconds.checked_mul(SECOND_NS)?.checked_add(self.ns);
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let mut days = time::days_since_1970(self.year, month, day)?;
        if let Some(nth) = self.day_of_year {
            days = time::days_since_1970(self.year, 1, 1)? + nth - 1;
            if Date::of(days).year != self.year {
                return None;
            }
        }
        let clock = self.hour.is_some();
        let mut hour = self.hour.unwrap_or(0);
        if self.twelve {
            hour = hour % 12 + if self.afternoon? { 12 } else { 0 };
        }
        let seconds = hour * 3_600 + self.minute * 60 + self.second;
        match (self.offset, zone) {
            (Some(offset), _) => time::instant(days, (seconds - offset) * SECOND_NS + self.ns),
            (None, None) => time::instant(days, seconds * SECOND_NS + self.ns),
            (None, Some(zone)) if clock => time::once_there(days, seconds * SECOND_NS + self.ns, zone),
            (None, Some(zone)) => time::instant_there(days, 0, zone),
        }
    }
}

/// `Z`, `+01:00`, `-0700` or `+01`, as seconds.
fn offset(rest: &mut &str) -> Option<i64> {
    if word(rest, "Z").is_some() {
        return Some(0);
    }
    let sign = match rest.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let two = |rest: &mut &str, high| {
        let both = rest.get(..2)?;
        within(rest, 2, 0, high).filter(|_| both.bytes().all(|b| b.is_ascii_digit()))
    };
    let hours = two(rest, 23)?;
    let parted = word(rest, ":").is_some();
    let minutes = match rest.bytes().next().is_some_and(|b| b.is_ascii_digit()) {
        true => two(rest, 59)?,
        false if parted => return None,
        false => 0,
    };
    Some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_their_format() {
        let at = |format: &str, text: &str| {
            let codes = Codes::to_read(format).unwrap();
            read(&codes, text, None).map(time::to_text)
        };
        for (format, text, is) in [
            ("%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
            ("%Y-%m-%d", "2013-01-31", "2013-01-31T00:00:00Z"),
            ("%F %T.%f", "2013-01-31 05:15:00.25", "2013-01-31T05:15:00.25Z"),
            ("%FT%H:%M:%fZ", "2013-01-31T05:15:06.5Z", "2013-01-31T05:15:06.5Z"),
            ("%e %B %Y %l:%M %p", " 3 may 2013 12:30 am", "2013-05-03T00:30:00Z"),
            ("%A, %d.%m.%y", "Friday, 01.02.13", "2013-02-01T00:00:00Z"),
            ("%Y %j", "2012 366", "2012-12-31T00:00:00Z"),
            ("%s", "-1", "1969-12-31T23:59:59Z"),
            ("%Y%m%d%%", "20130131%", "2013-01-31T00:00:00Z"),
            ("%FT%T%z", "2013-01-31T05:15:00Z", "2013-01-31T05:15:00Z"),
        ] {
            assert_eq!(at(format, text).as_deref(), Some(is), "{format} {text}");
        }
        for (format, text) in [
            ("%F", "2013-02-30"),
            ("%F", "2013-01-31 "),
            ("%F", "2013-1"),
            ("%F %T", "2013-01-31 24:00:00"),
            ("%Y %j", "2013 366"),
            ("%F %I", "2013-01-31 05"),
            ("%b %Y", "Okt 2013"),
            ("%FT%T%z", "2013-01-31T05:15:00+1"),
            ("%Y", "é"),
            ("%F", "9999-01-01"),
        ] {
            assert_eq!(at(format, text), None, "{format} {text}");
        }
        assert!(Codes::to_read("%H:%M").unwrap_err().contains("its year"));
        assert!(Codes::to_read("%Y %V").unwrap_err().contains("knows no %V"));
    }
}
