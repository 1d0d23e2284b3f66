//! How units are written and read.

use super::*;

#[test]
fn people_write_units_in_many_ways() {
    assert_eq!(Bytes::parse("64KiB"), Some(Bytes(65536)));
    assert_eq!(Bytes::parse("1 MB"), Some(Bytes(1_000_000)));
    assert_eq!(Rate::parse("20k/s"), Some(Rate(20_000.0)));
    assert_eq!(Rate::parse("0.5/s"), Some(Rate(0.5)));
    assert_eq!(Span::parse("1.5s"), Some(Span { ns: 1_500_000_000 }));
    assert_eq!(Share::parse("1%"), Some(Share(0.01)));
    for wrong in ["", "5x", "-1", "ms", "1e9", "0"] {
        assert_eq!(Rate::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Span::parse("5"), None, "a time without a unit is refused");
    assert_eq!(Share::parse("101%"), None);
}

#[test]
fn a_share_is_shown_as_people_write_it_and_comes_back_as_it_was() {
    for (share, shown) in [(0.07, "7%"), (0.01, "1%"), (0.0, "0%"), (1.0, "100%"), (0.00005, "0.005%")] {
        let written = serde_json::to_string(&Share(share)).unwrap();
        assert_eq!(serde_json::from_str::<Share>(&written).unwrap(), Share(share), "{written}");
        assert_eq!(Share(share).to_string(), shown);
    }
}

#[test]
fn one_thing_is_not_many() {
    let counted = |n| counted(n, "record was", "records were");
    assert_eq!([0, 1, 2000].map(counted), ["0 records were", "1 record was", "2,000 records were"]);
}

#[test]
fn a_span_prints_as_it_is_read() {
    for text in ["5ms", "10s", "2min", "150us", "7ns"] {
        assert_eq!(Span::parse(text).map(|s| s.to_string()).as_deref(), Some(text));
    }
}
