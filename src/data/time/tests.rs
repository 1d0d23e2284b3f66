//! How times are read and written.

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
    let kolkata = "2013-01-01 17:30+05:30";
    let paris = "2013-01-01T13:00[Europe/Paris]";
    for text in [kolkata, paris, "2013-01-01T13:00:00+01:00[Europe/Paris]", "2013-01-01 12:00Z"] {
        assert_eq!((parse(text, Some(&new_york)), parse_named(text)), (Some(noon), Some(noon)), "{text}");
    }
    for unheard in [
        "2013-01-01 12:00 EST",
        "2013-01-01 12:00 UTC",
        "2013-01-01 12:00:00 America/New_York",
        "2013-01-01T12:00+02:00[Europe/Paris]",
        "2013-01-01T12:00[Europe/Pari]",
        "2013-01-01+05:30",
        "2013-01-01 12:00:00 +0530 IST",
        "2016-12-31 23:59:60",
        "2016-12-31T23:59:60Z",
    ] {
        assert_eq!((parse(unheard, Some(&new_york)), parse(unheard, None)), (None, None), "{unheard}");
    }
    assert_eq!(to_text(noon), "2013-01-01T12:00:00Z");
    for ns in [i64::MIN, -1, 0, 1, i64::MAX] {
        assert_eq!(parse(&to_text(ns), None), Some(ns));
    }
}

#[test]
fn a_local_time_that_is_not_there_once_is_none() {
    let new_york = TimeZone::get("America/New_York").unwrap();
    let read = |text: &str| parse(text, Some(&new_york)).map(to_text);
    assert_eq!(read("2013-03-10 02:30:00"), None, "clocks were put forward over it");
    assert_eq!(read("2013-03-10 03:00:00").as_deref(), Some("2013-03-10T07:00:00Z"));
    assert_eq!(read("2013-11-03 01:30:00"), None, "clocks were put back to before it");
    assert_eq!(read("2013-11-03T01:30:00-05:00").as_deref(), Some("2013-11-03T06:30:00Z"));
    assert_eq!(read("2013-11-03T01:30[America/New_York]"), None);
    // A day may begin later than at midnight.
    let sao_paulo = TimeZone::get("America/Sao_Paulo").unwrap();
    assert_eq!(parse("2018-11-04", Some(&sao_paulo)).map(to_text).as_deref(), Some("2018-11-04T03:00:00Z"));
    assert_eq!(parse("2018-11-04 00:00", Some(&sao_paulo)), None);
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
