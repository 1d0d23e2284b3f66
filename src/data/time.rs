//! Times as text and back: i64 nanoseconds since 1970-01-01 UTC, shown as RFC 3339.

mod local;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Disambiguation;
pub(crate) use jiff::tz::TimeZone;
pub(crate) use local::span as local_span;
use std::fmt::Write;

/// `2013-01-01T05:15:00Z`, with as many decimals of a second as it has.
pub fn to_text(ns: i64) -> String {
    let mut text = String::new();
    write_text(ns, &mut text);
    text
}

/// Appends what `to_text` gives.
pub(crate) fn write_text(ns: i64, out: &mut String) {
    let instant =
        Timestamp::from_nanosecond(i128::from(ns)).expect("an i64 of nanoseconds is within jiff's years");
    write!(out, "{instant}").expect("a String takes all that is written to it");
}

/// Appends what `to_text` says, without allocating: sinks write millions of them.
pub(crate) fn append_text(ns: i64, out: &mut Vec<u8>) {
    const NS: i64 = 1_000_000_000;
    let (seconds, mut fraction) = (ns.div_euclid(NS), ns.rem_euclid(NS));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The civil date of a day number, counted in years that begin in March (Hinnant, "chrono-Compatible
    // Low-Level Date Algorithms").
    let (era, day_of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);

    let mut text = *b"0000-00-00T00:00:00.000000000";
    let mut two = |at: usize, n: i64| {
        text[at] = b'0' + (n / 10) as u8;
        text[at + 1] = b'0' + (n % 10) as u8;
    };
    two(0, year / 100);
    two(2, year % 100);
    two(5, month);
    two(8, day);
    two(11, second / 3_600);
    two(14, second / 60 % 60);
    two(17, second % 60);
    let mut end = 19;
    for at in (20..29).rev() {
        let digit = (fraction % 10) as u8;
        fraction /= 10;
        text[at] = b'0' + digit;
        if digit != 0 && end == 19 {
            end = at + 1;
        }
    }
    out.extend_from_slice(&text[..end]);
    out.push(b'Z');
}

/// What a text says of the zone it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// It names an offset or a zone.
    Itself,
    /// A date and time of some zone.
    Local,
    /// A date alone: its midnight.
    Date,
}

/// Reads an instant: RFC 3339, or a date and time without an offset (taken as of `zone`, else UTC), or a date (as the
/// moment when it begins there). A zone that the text names (`[Europe/Paris]`) holds before `zone`.
///
/// `None` when it is none of these, is not there in its zone or there twice (when clocks are changed), or outside the
/// years 1677 to 2262 that i64 nanoseconds can say.
pub fn parse(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    match (parse_plain(text.as_bytes()), zone) {
        (None, _) => parse_any(text, zone),
        (Some((ns, of @ (Of::Local | Of::Date))), Some(zone)) => {
            let civil = TimeZone::UTC.to_datetime(Timestamp::from_nanosecond(i128::from(ns)).ok()?);
            local(civil, of == Of::Date, zone)
        }
        (Some((ns, _)), _) => Some(ns),
    }
}

/// Reads an instant whose offset or zone the text names itself.
pub(crate) fn parse_named(text: &str) -> Option<i64> {
    match parse_plain(text.as_bytes()) {
        Some((ns, Of::Itself)) => Some(ns),
        Some(_) => None,
        None => named(text),
    }
}

/// The zone of a name that is known here.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// What clocks and calendars say there.
fn there(ns: i64, zone: &TimeZone) -> DateTime {
    let instant = Timestamp::from_nanosecond(i128::from(ns));
    zone.to_datetime(instant.expect("an i64 of nanoseconds is within jiff's years"))
}

/// How far clocks there are ahead of UTC.
pub(crate) fn offset_seconds(ns: i64, zone: &TimeZone) -> i64 {
    let instant = Timestamp::from_nanosecond(i128::from(ns));
    let instant = instant.expect("an i64 of nanoseconds is within jiff's years");
    i64::from(zone.to_offset(instant).seconds())
}

/// The instant of a local day and time of day, days counted since 1970. Where clocks are put forward over it, it is as
/// long behind the change as it would be; where they are put back to before it, the first of the two.
pub(crate) fn instant_there(days: i64, ns: i64, zone: &TimeZone) -> Option<i64> {
    let instant = zone.to_ambiguous_timestamp(civil_of(days, ns)?).compatible().ok()?;
    i64::try_from(instant.as_nanosecond()).ok()
}

/// The same of a local time that is there once; `None` of others.
pub(crate) fn once_there(days: i64, ns: i64, zone: &TimeZone) -> Option<i64> {
    local(civil_of(days, ns)?, false, zone)
}

/// The instant of a day, and nanoseconds from its midnight on, of UTC.
pub(crate) fn instant(days: i64, ns: i64) -> Option<i64> {
    let instant = i128::from(days) * 86_400_000_000_000 + i128::from(ns);
    i64::try_from(instant).ok()
}

fn civil_of(days: i64, ns: i64) -> Option<DateTime> {
    let seconds = days.checked_mul(86_400)?.checked_add(ns.div_euclid(1_000_000_000))?;
    let civil = Timestamp::new(seconds, ns.rem_euclid(1_000_000_000) as i32).ok()?;
    Some(TimeZone::UTC.to_datetime(civil))
}

/// The hour of the day there.
pub(crate) fn hour(ns: i64, zone: &TimeZone) -> i64 {
    i64::from(there(ns, zone).hour())
}

/// Appends the date there, or of UTC.
pub(crate) fn write_date(ns: i64, zone: Option<&TimeZone>, out: &mut String) {
    let date = there(ns, zone.unwrap_or(&TimeZone::UTC)).date();
    write!(out, "{date}").expect("a String takes all that is written to it");
}

fn parse_any(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    if let Some(ns) = named(text) {
        return Some(ns);
    }
    let (civil, of) = civil(text)?;
    local(civil, of == Of::Date, zone.unwrap_or(&TimeZone::UTC))
}

fn named(text: &str) -> Option<i64> {
    /// An offset that is not one of the zone beside it is refused, and so is a time that its zone does not have once.
    const ZONED: DateTimeParser = DateTimeParser::new().disambiguation(Disambiguation::Reject);
    if is_leap(text) {
        return None;
    }
    let instant = match text.contains('[') {
        true => ZONED.parse_zoned(text).ok()?.timestamp(),
        false => text.parse().ok()?,
    };
    i64::try_from(Timestamp::as_nanosecond(instant)).ok()
}

/// A leap second: days of 86,400 seconds have none, and the second before it is another.
fn is_leap(text: &str) -> bool {
    text.contains(":60")
}

/// A date and time, or a date, of no zone.
fn civil(text: &str) -> Option<(DateTime, Of)> {
    // What a text says of its zone is never passed over. A date has its own signs before.
    if is_leap(text) || text.get(10..).is_some_and(|rest| rest.contains(['+', '-', '[', 'z', 'Z'])) {
        return None;
    }
    match text.parse::<Date>() {
        Ok(date) if text.len() <= 10 => Some((date.at(0, 0, 0, 0), Of::Date)),
        _ => Some((text.parse().ok()?, Of::Local)),
    }
}

/// The instant of a local time: `None` where clocks were put forward over it, or back to before it. A date alone begins
/// when it does.
pub(crate) fn local(civil: DateTime, is_date: bool, zone: &TimeZone) -> Option<i64> {
    let instant = zone.to_ambiguous_timestamp(civil);
    let instant = if is_date { instant.compatible() } else { instant.unambiguous() };
    i64::try_from(instant.ok()?.as_nanosecond()).ok()
}

/// The commonest forms by hand, because they are on the hot path (a failure of the parser above allocates):
/// `2013-01-01`, with ` 05:15`, ` 05:15:00` or ` 05:15:00.25` behind it (or `T` for the blank), and perhaps a
/// `Z`. As of UTC, and what the text says of its zone.
fn parse_plain(text: &[u8]) -> Option<(i64, Of)> {
    let (date, time) = text.split_first_chunk()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    if !(1678..2262).contains(&year) {
        return None;
    }
    let midnight = days_since_1970(year, month, day)? * 86_400 * 1_000_000_000;
    if time.is_empty() {
        return Some((midnight, Of::Date));
    }
    let (time, of) = time.strip_suffix(b"Z").map_or((time, Of::Local), |time| (time, Of::Itself));
    let &[b' ' | b'T', h1, h2, b':', m1, m2, ref seconds @ ..] = time else { return None };
    let (hour, minute) = (two(h1, h2)?, two(m1, m2)?);
    let (second, fraction) = match seconds {
        [] => (0, &[][..]),
        &[b':', s1, s2] => (two(s1, s2)?, &[][..]),
        &[b':', s1, s2, b'.', ref fraction @ ..] if (1..=9).contains(&fraction.len()) => {
            (two(s1, s2)?, fraction)
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().fold(0, |ns, digit| ns * 10 + i64::from(digit - b'0'));
    let ns = digits * NS_OF_LAST[fraction.len()];
    Some((midnight + (hour * 3_600 + minute * 60 + second) * 1_000_000_000 + ns, of))
}

/// The number that two digits say.
#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then_some(i64::from(tens) * 10 + i64::from(ones))
}

/// By how many digits a fraction of a second has: nanoseconds of its last one.
const NS_OF_LAST: [i64; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// The number of a civil date; `None` when there is no such date. Counted in years that begin in March (Hinnant).
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}
