//! How people write numbers, times and truths where they do not write them as programs do.

use crate::data::time;
use crate::params::{JsonSchema, Names, Problem};
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// What a topology says of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordingParams {
    /// The character before the decimals of a number.
    #[serde(default = "point")]
    decimal: char,
    /// The character between the thousands of a number; none, if absent.
    thousands: Option<char>,
    /// How times are written, as for strptime: "%d.%m.%Y %H:%M"; of several the first that fits.
    #[serde(default)]
    time_format: Names,
    /// Texts that mean true, in any case, besides "true".
    #[serde(default)]
    r#true: Vec<String>,
    /// Texts that mean false, in any case, besides "false".
    #[serde(default)]
    r#false: Vec<String>,
}

fn point() -> char {
    '.'
}

/// The same, checked.
#[derive(Clone)]
pub(super) struct Wording {
    decimal: char,
    thousands: Option<char>,
    formats: Vec<String>,
    truths: Vec<(String, bool)>,
}

impl WordingParams {
    /// What the parameters say, where that is not the usual.
    pub(super) fn check(self, problems: &mut Vec<Problem>) -> Option<Wording> {
        let WordingParams { decimal, thousands, time_format, r#true: yes, r#false: no } = self;
        let mut problem = |path: Vec<String>, what: String| {
            problems.push(Problem { path, what, ..Problem::default() });
        };
        for (key, mark) in [("decimal", Some(decimal)), ("thousands", thousands)] {
            if let Some(mark) = mark.filter(|mark| mark.is_alphanumeric() || "+-".contains(*mark)) {
                problem(
                    vec![key.to_string()],
                    format!("{mark:?} can't stand between the digits of a number"),
                );
            }
        }
        if thousands == Some(decimal) {
            let what =
                format!("{decimal:?} stands before the decimals: say decimal = \",\", or another here");
            problem(vec!["thousands".to_string()], what);
        }
        for (at, format) in time_format.all().iter().enumerate() {
            if let Some(what) = unfit(format) {
                problem(time_format.path("time_format", at), what);
            }
        }
        if let Some(both) = yes.iter().find(|yes| no.iter().any(|no| no.eq_ignore_ascii_case(yes))) {
            problem(vec!["false".to_string()], format!("{both:?} can't mean both true and false"));
        }
        let truths = |words: Vec<String>, is| words.into_iter().map(move |word| (word, is));
        let truths: Vec<_> = truths(yes, true).chain(truths(no, false)).collect();
        let usual =
            decimal == '.' && thousands.is_none() && time_format.all().is_empty() && truths.is_empty();
        (!usual).then(|| Wording { decimal, thousands, formats: time_format.all().to_vec(), truths })
    }
}

/// Why a format does not say which moment is meant, if it does not.
fn unfit(format: &str) -> Option<String> {
    let moment = Timestamp::from_second(1_700_000_000).expect("it is within jiff's years");
    let Ok(text) = BrokenDownTime::from(&moment.to_zoned(TimeZone::UTC)).to_string(format) else {
        return Some(format!(
            "{format:?} can't be read: parts of a time are written as for strptime, such as \"%d.%m.%Y %H:%M\""
        ));
    };
    instant(format, &text, None).is_none().then(|| {
        format!("{format:?} does not say which day is meant, or can't be read back: it makes {text:?}")
    })
}

/// The moment that a text in this format says; where it names neither offset nor zone, it is of `zone`, else UTC.
fn instant(format: &str, text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let parts = BrokenDownTime::parse(format, text).ok()?;
    let instant = if let Some(instant) = parts.timestamp() {
        instant
    } else if parts.offset().is_some() {
        parts.to_zoned().ok()?.timestamp()
    } else {
        let named = parts.iana_time_zone().map(|name| time::zone(name).ok_or(())).transpose().ok()?;
        let zone = named.or_else(|| zone.cloned()).unwrap_or(TimeZone::UTC);
        return time::local(parts.to_datetime().ok()?, parts.hour().is_none(), &zone);
    };
    i64::try_from(instant.as_nanosecond()).ok()
}

impl Wording {
    /// A number as programs write it; `None` where it is none as people write it here. Thousands stand in groups of
    /// three digits, in India of two and three: else a mark would be taken for what it is not.
    pub(super) fn number<'a>(&self, text: &'a str, into: &'a mut String) -> Option<&'a str> {
        into.clear();
        let is_thousands = |letter: char| {
            self.thousands == Some(letter)
                || (self.thousands == Some(' ') && matches!(letter, '\u{a0}' | '\u{202f}'))
        };
        let (mut whole, mut grouped, mut digits) = (true, false, 0);
        for letter in text.chars() {
            if whole && is_thousands(letter) {
                if digits == 0 || digits > 3 || (grouped && digits == 1) {
                    return None;
                }
                (grouped, digits) = (true, 0);
                continue;
            }
            if whole && (letter == self.decimal || matches!(letter, 'e' | 'E')) {
                whole = false;
                if grouped && digits != 3 {
                    return None;
                }
            }
            match letter {
                _ if letter == self.decimal => into.push('.'),
                '0'..='9' | 'e' | 'E' | '+' | '-' => into.push(letter),
                _ => return None,
            }
            digits += usize::from(letter.is_ascii_digit());
        }
        (!whole || !grouped || digits == 3).then_some(into.as_str())
    }

    pub(super) fn time(&self, text: &str, zone: Option<&TimeZone>) -> Option<i64> {
        self.formats.iter().find_map(|format| instant(format, text, zone))
    }

    /// Whether times are written in a format of their own.
    pub(super) fn has_times(&self) -> bool {
        !self.formats.is_empty()
    }

    pub(super) fn truth(&self, text: &str) -> Option<bool> {
        let said = self.truths.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        said.map(|(_, is)| *is).or_else(|| word(text))
    }
}

/// `true` and `false` in any case.
pub(super) fn word(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") { Some(true) } else { is("false").then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> (Option<Wording>, Vec<String>) {
        let params: WordingParams = toml::from_str(text).unwrap();
        let mut problems = Vec::new();
        let wording = params.check(&mut problems);
        (
            wording,
            problems
                .into_iter()
                .map(|problem| format!("{}: {}", problem.path.join("."), problem.what))
                .collect(),
        )
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let read = |wording: &str, text: &str| {
            let (wording, problems) = checked(wording);
            assert!(problems.is_empty(), "{problems:?}");
            wording.unwrap().number(text, &mut String::new()).map(str::to_string)
        };
        let german = "decimal = \",\"\nthousands = \".\"";
        for (wording, text, plain) in [
            (german, "1.234.567,89", "1234567.89"),
            (german, "-1,5e-3", "-1.5e-3"),
            (german, "999", "999"),
            (german, "12.345", "12345"),
            ("decimal = \",\"", "0,5", "0.5"),
            ("thousands = \",\"", "12,34,567.5", "1234567.5"),
            ("thousands = \" \"", "1\u{202f}234\u{a0}567 890", "1234567890"),
            ("thousands = \"'\"", "1'000", "1000"),
        ] {
            assert_eq!(read(wording, text).as_deref(), Some(plain), "{wording} {text}");
        }
        for text in [
            "1.5",
            "1.23,4",
            "12.3456",
            ".123",
            "1..234",
            "1.2.345",
            "1234.567",
            "1,5.000",
            "12.03.2024",
            "x",
        ] {
            assert_eq!(read(german, text), None, "{text}");
        }
        assert_eq!(read("decimal = \",\"", "1.5"), None, "a point is no decimal here");
        assert_eq!(read("thousands = \",\"", "1,5"), None, "nor is a comma");
    }

    #[test]
    fn what_can_not_be_is_told_by_key() {
        for (text, told) in [
            ("decimal = \"7\"", "decimal: '7' can't stand between the digits of a number"),
            (
                "thousands = \".\"",
                "thousands: '.' stands before the decimals: say decimal = \",\", or another here",
            ),
            ("true = [\"x\"]\nfalse = [\"y\", \"X\"]", "false: \"x\" can't mean both true and false"),
        ] {
            assert_eq!(checked(text).1, [told]);
        }
        assert!(
            checked("time_format = \"%H:%M\"").1[0]
                .starts_with("time_format: \"%H:%M\" does not say which day")
        );
        assert!(
            checked("time_format = [\"%F\", \"%J\"]").1[0].starts_with("time_format.1: \"%J\" can't be read")
        );
        assert!(checked("").0.is_none(), "the usual costs nothing");
    }

    #[test]
    fn a_format_honours_the_zone_that_a_text_names() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        for (format, text, moment) in [
            ("%d.%m.%Y", "23.11.2024", "2024-11-22T23:00:00Z"),
            ("%d.%m.%Y %H:%M", "23.11.2024 13:45", "2024-11-23T12:45:00Z"),
            ("%m/%d/%Y %I:%M %p", "11/23/2024 01:45 PM", "2024-11-23T12:45:00Z"),
            ("%Y%m%d%H%M%S%z", "20241123134500-0500", "2024-11-23T18:45:00Z"),
            ("%F %T %Q", "2024-11-23 13:45:00 America/New_York", "2024-11-23T18:45:00Z"),
            ("%s", "1732387500", "2024-11-23T18:45:00Z"),
            ("%d.%m.%Y %H:%M %z", "27.10.2024 02:30 +0100", "2024-10-27T01:30:00Z"),
        ] {
            let read = instant(format, text, Some(&paris)).map(time::to_text);
            assert_eq!(read.as_deref(), Some(moment), "{format} {text}");
            assert_eq!(unfit(format), None);
        }
        for (format, text) in
            [("%d.%m.%Y", "31.02.2024"), ("%d.%m.%Y", "1.1.2024 x"), ("%d.%m.%Y", "2024-01-01")]
        {
            assert_eq!(instant(format, text, None), None, "{format} {text}");
        }
        for changed in ["31.03.2024 02:30", "27.10.2024 02:30"] {
            assert_eq!(
                instant("%d.%m.%Y %H:%M", changed, Some(&paris)),
                None,
                "clocks are changed: {changed}"
            );
        }
    }
}
