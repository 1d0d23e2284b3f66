//! Spans of a local clock: hours and days as people there count them.

use super::{TimeZone, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;

const NS: i64 = 1_000_000_000;

/// The span of a time: from the instant at which the clock there shows a multiple of `size` (plus `offset`, both in
/// nanoseconds of that clock, counted from its 1970) to the next such one. `size` is a part of a day, or whole days.
///
/// Where clocks are put forward over such a time, the span begins at the change. Where they are put back, one span is
/// longer by that; but if it would be no longer than the change, a new one begins at the change, and each is there
/// twice: the day of the change has 25 hours of one hour each, and one day.
pub(crate) fn span(ns: i64, (size, offset): (i64, i64), zone: &TimeZone) -> (i64, i64) {
    let shown = ns.saturating_add(offset_at(ns, zone));
    let civil = shown.saturating_sub(shown.saturating_sub(offset).rem_euclid(size));
    let [first, again] = instants(civil, zone);
    let mut start = first;
    if let Some(change) = put_back(zone, (first, ns.saturating_add(1)), size).last() {
        start = if (change..=ns).contains(&again) { again } else { change };
    }
    let [first, again] = instants(civil.saturating_add(size), zone);
    let end = if first > start { first } else { again };
    let end = put_back(zone, (start, end), size).next().unwrap_or(end);
    (start, end.max(ns.saturating_add(1)))
}

fn instant(ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns)).expect("an i64 of nanoseconds is within jiff's years")
}

fn offset_at(ns: i64, zone: &TimeZone) -> i64 {
    i64::from(zone.to_offset(instant(ns)).seconds()) * NS
}

/// Within a stretch of time the changes by which clocks are put back by `size` or more, its ends not included.
fn put_back(zone: &TimeZone, (from, to): (i64, i64), size: i64) -> impl Iterator<Item = i64> {
    let changes = zone.following(instant(from)).map(|change| change.timestamp().as_nanosecond());
    let changes = changes.map_while(move |at| i64::try_from(at).ok().filter(|at| *at < to));
    changes.filter(move |at| offset_at(at - 1, zone) - offset_at(*at, zone) >= size)
}

/// When a clock shows a civil time: first, and again where it was put back over it. Where it was put forward over it,
/// when that was done.
fn instants(civil: i64, zone: &TimeZone) -> [i64; 2] {
    let shown: DateTime = TimeZone::UTC.to_datetime(instant(civil));
    let before = |offset: jiff::tz::Offset| civil.saturating_sub(i64::from(offset.seconds()) * NS);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => [before(offset); 2],
        AmbiguousOffset::Fold { before: first, after } => [before(first), before(after)],
        AmbiguousOffset::Gap { before: old, .. } => {
            let behind = instant(before(old).saturating_add(1));
            let change = zone.preceding(behind).next().map(|change| change.timestamp().as_nanosecond());
            [change.and_then(|at| i64::try_from(at).ok()).unwrap_or(before(old)); 2]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, to_text, zone};
    use super::*;

    const HOUR: i64 = 3_600 * NS;

    fn of(name: &str, text: &str, size: i64) -> (String, String) {
        let zone = zone(name).unwrap();
        let (start, end) = span(parse(text, None).unwrap(), (size, 0), &zone);
        (to_text(start), to_text(end))
    }

    #[test]
    fn days_are_those_of_the_place() {
        for (name, at, start, end) in [
            ("Europe/Berlin", "2024-01-15T12:00:00Z", "2024-01-14T23:00:00Z", "2024-01-15T23:00:00Z"),
            // 23 hours, and 25.
            ("Europe/Berlin", "2024-03-31T12:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"),
            ("Europe/Berlin", "2024-10-27T22:59:59Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"),
            // Clocks were put forward over midnight, and back to before it.
            ("America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
            ("America/Havana", "2024-11-03T12:00:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"),
        ] {
            assert_eq!(of(name, at, 24 * HOUR), (start.to_string(), end.to_string()), "{name} {at}");
        }
    }

    #[test]
    fn hours_that_are_there_twice_are_two() {
        for (size, at, start, end) in [
            (1, "2024-10-27T00:30:00Z", "2024-10-27T00:00:00Z", "2024-10-27T01:00:00Z"),
            (1, "2024-10-27T01:30:00Z", "2024-10-27T01:00:00Z", "2024-10-27T02:00:00Z"),
            (1, "2024-10-27T02:00:00Z", "2024-10-27T02:00:00Z", "2024-10-27T03:00:00Z"),
            (6, "2024-10-27T01:30:00Z", "2024-10-26T22:00:00Z", "2024-10-27T05:00:00Z"),
            (6, "2024-03-31T01:30:00Z", "2024-03-30T23:00:00Z", "2024-03-31T04:00:00Z"),
            (1, "2024-03-31T01:00:00Z", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00Z"),
        ] {
            assert_eq!(
                of("Europe/Berlin", at, size * HOUR),
                (start.to_string(), end.to_string()),
                "{size} {at}"
            );
        }
    }

    /// Spans lie one behind the other without a hole, and each time in a span has that span.
    #[test]
    fn spans_part_all_time() {
        for name in
            ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Sao_Paulo", "Asia/Kathmandu"]
        {
            let zone = zone(name).unwrap();
            for size in [HOUR / 4, HOUR / 2, HOUR, 2 * HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR] {
                let mut at = parse("2018-02-01", Some(&zone)).unwrap();
                let until = at + 320 * 24 * HOUR;
                let first = span(at, (size, 0), &zone).0;
                at = first;
                while at < until {
                    let (start, end) = span(at, (size, 0), &zone);
                    assert_eq!(start, at, "{name} {size}: {} begins at {}", to_text(at), to_text(start));
                    assert!(
                        end > start && end - start <= 2 * size.max(HOUR),
                        "{name} {size} {}",
                        to_text(at)
                    );
                    for inside in [start + (end - start) / 3, end - 1] {
                        assert_eq!(
                            span(inside, (size, 0), &zone),
                            (start, end),
                            "{name} {size} {}",
                            to_text(inside)
                        );
                    }
                    at = end;
                }
            }
        }
    }

    #[test]
    fn the_ends_of_time_have_spans_too() {
        let zone = zone("Europe/Berlin").unwrap();
        for ns in [i64::MIN, i64::MIN + 1, 0, i64::MAX - 1, i64::MAX] {
            let (start, end) = span(ns, (24 * HOUR, 0), &zone);
            assert!(start <= ns && end >= ns, "{ns}: {start} {end}");
        }
    }
}
