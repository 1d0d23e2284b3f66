//! Which windows hold a time, and until when.

use super::*;

fn spans(size: u64, slide: Option<u64>, offset: u64, allowed: u64) -> Option<Spans> {
    let span = |ns| Span { ns };
    let (offset, allowed) = (Some(span(offset)), Some(span(allowed)));
    let said = Said { size: span(size), slide: slide.map(span), offset, allowed, zone: None };
    Spans::check(&said, &mut Vec::new())
}

#[test]
fn a_time_lies_in_one_window_also_before_1970_and_at_the_ends_of_time() {
    let mut spans = spans(10, None, 23, 5).unwrap();
    for (time, start) in [(3, 3), (2, -7), (12, 3), (13, 13), (-7, -7), (-8, -17), (0, -7)] {
        assert_eq!(spans.start(time), start, "{time}");
        assert_eq!(spans.holding(time, i64::MIN), Some((start, 1)));
    }
    assert_eq!(spans.closes(3), 18);
    for time in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
        let start = spans.start(time);
        assert!(start <= time && spans.end(start) >= time, "{time} in {start}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for (size, slide) in [(0, None), (1 << 62, None), (10, Some(0)), (10, Some(11)), (1_000_000, Some(2))] {
        assert!(spans(size, slide, 0, 0).is_none(), "{size} {slide:?}");
    }
    assert!(spans(10, Some(10), 0, 0).is_some());
}

/// The windows of a time are those that hold it, one by one, and those that wait on later than a bound.
#[test]
fn windows_that_overlap_are_those_that_hold_a_time() {
    for (size, slide, offset, allowed) in
        [(10, 5, 0, 0), (10, 3, 1, 4), (7, 7, 2, 1), (12, 1, 0, 2), (9, 6, 4, 0)]
    {
        let mut spans = spans(size, Some(slide), offset, allowed).unwrap();
        let (size, slide, offset, allowed) = (size as i64, slide as i64, offset as i64, allowed as i64);
        for time in -40..40i64 {
            let starts = (-100..100).map(|n| n * slide + offset % slide);
            let hold: Vec<i64> = starts.filter(|start| (*start..start + size).contains(&time)).collect();
            for bound in [i64::MIN, time - 12, time - 3, time, time + 2, time + 7, time + 30, i64::MAX] {
                let open: Vec<i64> =
                    hold.iter().copied().filter(|start| start + size + allowed > bound).collect();
                let got = spans.holding(time, bound).map(|(last, n)| (spans.first(last, n), last));
                let due = open.first().copied().zip(open.last().copied());
                assert_eq!(got, due, "{size} by {slide}: {time} beyond {bound}");
            }
            assert_eq!(spans.earliest(time), hold[0]);
        }
    }
}

#[test]
fn a_window_of_a_zone_is_a_day_of_it() {
    let day = Span { ns: DAY as u64 };
    let said = |size, zone, slide| Said { size, slide, offset: None, allowed: None, zone: Some(zone) };
    let mut problems = Vec::new();
    let mut berlin = Spans::check(&said(day, "Europe/Berlin", None), &mut problems).unwrap();
    let time = |text| time::parse(text, None).unwrap();
    let start = berlin.start(time("2024-03-31T12:00:00Z"));
    assert_eq!((start, berlin.end(start)), (time("2024-03-30T23:00:00Z"), time("2024-03-31T22:00:00Z")));
    let next = berlin.next(start);
    assert_eq!((next, berlin.end(next) - next), (time("2024-03-31T22:00:00Z"), DAY));
    for (said, told) in [
        (said(day, "Europe/Bern", None), "no time zone \"Europe/Bern\""),
        (said(day, "Europe/Paris", Some(day)), "windows that slide are of UTC"),
        (said(Span { ns: 7 * 3_600_000_000_000 }, "Europe/Paris", None), "a part of a day"),
    ] {
        let mut problems = Vec::new();
        assert!(Spans::check(&said, &mut problems).is_none());
        assert!(problems[0].what.contains(told), "{problems:?}");
    }
}
