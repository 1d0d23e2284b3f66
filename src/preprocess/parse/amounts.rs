//! Durations and sizes as people write them.

/// Nanoseconds of each unit.
const TIMES: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3_600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];

/// Words for them; an s at their end is passed over.
const WORDS: &[(&str, f64)] = &[
    ("nanosecond", 1.0),
    ("usec", 1e3),
    ("microsecond", 1e3),
    ("msec", 1e6),
    ("millisecond", 1e6),
    ("sec", 1e9),
    ("second", 1e9),
    ("min", 60e9),
    ("minute", 60e9),
    ("hr", 3_600e9),
    ("hour", 3_600e9),
    ("day", 86_400e9),
    ("week", 604_800e9),
];

/// More places behind a point are less than a byte of any unit.
const PLACES: usize = 19;

/// `1h30m`, `250ms`, `1.5 min`, `2 days 3 hours`, as seconds; a sign in front is of the whole.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut sum = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        let (count, unit, behind) = amount(rest)?;
        let known = |units: &[(&str, f64)], unit: &str| {
            units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, ns)| *ns)
        };
        let ns =
            known(TIMES, unit).or_else(|| known(WORDS, unit.strip_suffix(['s', 'S']).unwrap_or(unit)))?;
        sum += count * ns;
        any = true;
        rest = behind.trim_start_matches([' ', ',']);
    }
    (any && sum.is_finite()).then_some(sign * sum / 1e9)
}

/// `12KiB`, `1.5 MB`, `300`, as bytes: of parts of a byte nothing is left.
pub(super) fn bytes(text: &str) -> Option<i64> {
    let text = text.trim();
    let (_, unit, behind) = amount(text)?;
    let is = |words: &[&str], unit: &str| words.iter().any(|word| word.eq_ignore_ascii_case(unit));
    let power = unit.chars().next().and_then(|first| "kmgtpe".find(first.to_ascii_lowercase()));
    let (power, base) = match (power, unit.get(1..).unwrap_or_default()) {
        _ if is(&["", "b", "byte", "bytes"], unit) => (0, 1_i128),
        (Some(power), rest) if is(&["ib"], rest) => (power as u32 + 1, 1_024),
        (Some(power), rest) if is(&["", "b"], rest) => (power as u32 + 1, 1_000),
        _ => return None,
    };
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    times(&text[..digits], base.pow(power)).filter(|_| behind.is_empty())
}

/// A decimal number times a unit, in whole numbers: an f64 would be off by some bytes.
fn times(number: &str, unit: i128) -> Option<i64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part = &part[..part.len().min(PLACES)];
    let read = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    let parts = read(part)?.checked_mul(unit)? / 10_i128.pow(part.len() as u32);
    read(whole)?.checked_mul(unit)?.checked_add(parts)?.try_into().ok()
}

/// A number, the letters behind it, and what comes then.
fn amount(text: &str) -> Option<(f64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let count: f64 = text[..digits].parse().ok()?;
    let rest = text[digits..].trim_start_matches(' ');
    let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (unit, behind) = rest.split_at(letters);
    Some((count, unit, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        for (text, is) in [
            ("1h30m", 5_400.0),
            ("250ms", 0.25),
            (" 1.5 min ", 90.0),
            ("2 days 3 hours", 183_600.0),
            ("-1d", -86_400.0),
            ("3µs", 0.000_003),
            ("0s", 0.0),
            ("1H", 3_600.0),
            ("5 mins", 300.0),
            ("250 milliseconds", 0.25),
            ("2 Microseconds 1 msec", 0.001_002),
            ("10 secs 2 Hrs", 7_210.0),
        ] {
            assert_eq!(seconds(text), Some(is), "{text}");
        }
        for wrong in ["", "5", "h", "1.2.3s", "1h x", "1 fortnight", "s1", "-"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_bytes() {
        for (text, is) in [
            ("12KiB", 12_288),
            ("1.5 MB", 1_500_000),
            ("300", 300),
            ("300 B", 300),
            ("1k", 1_000),
            ("2gib", 2 << 30),
            ("7 bytes", 7),
            ("0.5KiB", 512),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807 B", i64::MAX),
            ("7.9", 7),
            ("1.005 MB", 1_005_000),
            ("67.71 PB", 67_710_000_000_000_000),
            (".5k", 500),
        ] {
            assert_eq!(bytes(text), Some(is), "{text}");
        }
        for wrong in ["", "KB", "1 XB", "1KB2", "-1", "9999999EiB", "1.2.3", "9223372036854775808"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
