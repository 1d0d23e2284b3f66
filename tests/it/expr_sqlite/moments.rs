//! Times and what is said of them, in both languages.

use super::pairs::{Entropy, Pair, both, fill_two, quoted};

/// A time that both can read.
pub fn moment(e: &mut Entropy<'_>) -> Pair {
    both(quoted(e.pick(&[
        "2013-01-01 12:00:00",
        "2012-12-31 23:59:59",
        "2012-02-29 00:00:00",
        "2009-12-31 06:07:08",
        "2010-01-03 18:30:15",
        "1970-01-01 00:00:00",
        "1969-12-31 23:59:59",
        "1700-03-01 01:02:03",
        "2261-12-31 13:00:00",
        "2000-01-01 00:00:01",
    ])))
}

/// Parts of a time by their names, and what begins with it, as SQLite's codes and modifiers say them.
pub fn part(e: &mut Entropy<'_>) -> Pair {
    let (ours, theirs) = e.pick(&[
        ("date_part('year', {})", "CAST(strftime('%Y', {}) AS INTEGER)"),
        ("year({})", "CAST(strftime('%Y', {}) AS INTEGER)"),
        ("date_part('isoyear', {})", "CAST(strftime('%G', {}) AS INTEGER)"),
        ("date_part('week', {})", "CAST(strftime('%V', {}) AS INTEGER)"),
        ("EXTRACT(month FROM CAST({} AS time))", "CAST(strftime('%m', {}) AS INTEGER)"),
        ("date_part('dow', {})", "CAST(strftime('%w', {}) AS INTEGER)"),
        ("date_part('isodow', {})", "CAST(strftime('%u', {}) AS INTEGER)"),
        ("date_part('doy', {})", "CAST(strftime('%j', {}) AS INTEGER)"),
        ("minute({})", "CAST(strftime('%M', {}) AS INTEGER)"),
        ("unixepoch({})", "unixepoch({})"),
        ("unixepoch(date_trunc('day', {}))", "unixepoch({}, 'start of day')"),
        ("unixepoch(date_trunc('month', {}))", "unixepoch({}, 'start of month')"),
        ("unixepoch(date_trunc('year', {}))", "unixepoch({}, 'start of year')"),
        ("unixepoch(date_trunc('week', {}))", "unixepoch({}, 'start of day', '-6 days', 'weekday 1')"),
        ("unixepoch(CAST({} AS time) + INTERVAL '1' DAY)", "unixepoch({}, '+1 day')"),
        ("unixepoch(CAST({} AS time) - INTERVAL '90' MINUTE)", "unixepoch({}, '-90 minutes')"),
        ("unixepoch(CAST({} AS time) + INTERVAL '3' MONTH)", "unixepoch({}, '+3 months', 'floor')"),
        ("unixepoch(CAST({} AS time) - INTERVAL '1' YEAR)", "unixepoch({}, '-1 year', 'floor')"),
    ]);
    fill_two(ours, theirs, &[moment(e)])
}

/// The number of a character.
pub fn small(e: &mut Entropy<'_>) -> Pair {
    both(format!("({})", e.pick(&[65, 233, 0x65e5, 0x1f600, 97, -1, 0x11_0000, 32])))
}

pub fn time(e: &mut Entropy<'_>) -> Pair {
    match e.below(3) {
        0 => both("w"),
        1 => both("v"),
        _ => fill_two("CAST('2013-01-01T12:00:00Z' AS time)", "1357041600000000000", &[]),
    }
}
