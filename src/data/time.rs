//! Times as text and back: i64 nanoseconds since 1970-01-01 UTC, shown as RFC 3339.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
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

/// Reads an instant: RFC 3339, or a date and time without an offset (taken as of `zone`, else UTC), or a date.
/// `None` when it is none of these, or outside the years 1677 to 2262 that i64 nanoseconds can say.
pub fn parse(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    match (parse_plain(text.as_bytes()), zone) {
        (None, _) => parse_any(text, zone),
        (Some((ns, false)), Some(zone)) => {
            let civil = TimeZone::UTC.to_datetime(Timestamp::from_nanosecond(i128::from(ns)).ok()?);
            i64::try_from(zone.to_timestamp(civil).ok()?.as_nanosecond()).ok()
        }
        (Some((ns, _)), _) => Some(ns),
    }
}

fn parse_any(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return i64::try_from(instant.as_nanosecond()).ok();
    }
    let civil =
        text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0))).ok()?;
    let zone = zone.cloned().unwrap_or(TimeZone::UTC);
    i64::try_from(civil.to_zoned(zone).ok()?.timestamp().as_nanosecond()).ok()
}

/// The commonest forms by hand, because they are on the hot path (a failure of the parser above allocates):
/// `2013-01-01`, with ` 05:15`, ` 05:15:00` or ` 05:15:00.25` behind it (or `T` for the blank), and perhaps a
/// `Z`. As of UTC, and whether the text says so.
fn parse_plain(text: &[u8]) -> Option<(i64, bool)> {
    let (date, time) = text.split_first_chunk()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    if !(1678..2262).contains(&year) {
        return None;
    }
    let midnight = days_since_1970(year, month, day)? * 86_400 * 1_000_000_000;
    if time.is_empty() {
        return Some((midnight, false));
    }
    let (time, utc) = time.strip_suffix(b"Z").map_or((time, false), |time| (time, true));
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
    Some((midnight + (hour * 3_600 + minute * 60 + second) * 1_000_000_000 + ns, utc))
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
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_way_says_the_same(any: i64, seconds in -9_223_372_036i64..9_223_372_036, digits in 0u32..10) {
            for ns in [any, seconds * 1_000_000_000 + any.rem_euclid(10i64.pow(digits)), i64::MIN, i64::MAX] {
                let mut text = Vec::new();
                append_text(ns, &mut text);
                prop_assert_eq!(String::from_utf8(text).unwrap(), to_text(ns));
            }
        }
    }

    #[test]
    fn every_date_is_read_as_jiff_reads_it() {
        for year in [1678, 1899, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 2261] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let text = format!("{year}-{month:02}-{day:02} 05:15:00.25");
                assert_eq!(parse(&text, None), parse_any(&text, None), "{text}");
            }
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let noon = 1_357_041_600_000_000_000;
        for text in [
            "2013-01-01T12:00:00Z",
            "2013-01-01 12:00:00",
            "2013-01-01T13:00:00+01:00",
            "2013-01-01T12:00:00.000Z",
        ] {
            assert_eq!(parse(text, None), Some(noon), "{text}");
        }
        assert_eq!(parse("2013-01-01", None), Some(noon - 12 * 3_600_000_000_000));
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert_eq!(parse("2013-01-01 07:00:00", Some(&new_york)), Some(noon));
        for wrong in
            ["", "x", "2013-13-01 00:00:00", "2013-02-30", "300000-01-01 00:00:00", "2013-01-01 24:00:00"]
        {
            assert_eq!(parse(wrong, None), None, "{wrong}");
        }
        assert_eq!(to_text(noon), "2013-01-01T12:00:00Z");
        for ns in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(parse(&to_text(ns), None), Some(ns));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_plain_forms_are_read_as_all_others(
            text in "(19[0-9]{2}|2013)-[01][0-9]-[0-3][0-9]\
                     ([ T][0-2][0-9](:[0-6][0-9](:[0-6][0-9](\\.[0-9]{0,10})?)?)?Z?)?",
            zoned: bool,
        ) {
            let zone = TimeZone::get("America/New_York").unwrap();
            let zone = zoned.then_some(&zone);
            proptest::prop_assert_eq!(parse(&text, zone), parse_any(&text, zone));
        }
    }
}
