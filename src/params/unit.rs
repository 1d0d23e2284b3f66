//! Sizes, rates, times and shares as other tools write them: what that is in our units.

/// Units of other tools, and ours: how many of ours one is, and its name.
const TIMES: &[(&[&str], f64, &str)] = &[
    (&["millis", "msec", "msecs", "millisecond", "milliseconds"], 1.0, "ms"),
    (&["sec", "secs", "second", "seconds", "S"], 1.0, "s"),
    (&["m", "mins", "minute", "minutes", "M"], 1.0, "min"),
    (&["hr", "hrs", "hour", "hours", "H"], 1.0, "h"),
    (&["d", "day", "days", "D"], 24.0, "h"),
    (&["w", "week", "weeks"], 168.0, "h"),
];
const SIZES: &[(&[&str], f64, &str)] = &[
    (&["k", "K", "Ki", "kib", "kb", "kB/s"], 1.0, "KiB"),
    (&["m", "M", "Mi", "mib", "mb"], 1.0, "MiB"),
    (&["g", "G", "Gi", "gib", "gb"], 1.0, "GiB"),
    (&["b", "byte", "bytes"], 1.0, "B"),
];
const RATES: &[(&[&str], f64, &str)] = &[
    (&["rps", "eps", "hz", "Hz", "per second", "per s", "/sec", "/second", "/ s", "records/s"], 1.0, "/s"),
    (&["/min", "/m", "/minute", "per minute"], 1.0 / 60.0, "/s"),
    (&["/h", "/hour", "per hour"], 1.0 / 3600.0, "/s"),
];
const SHARES: &[(&[&str], f64, &str)] = &[(&["", "percent", "pct", "per cent"], 1.0, "%")];

/// What a text of this format, which can't be read, is meant to be; `None` when that is not clear.
pub(crate) fn in_our_units(format: &str, text: &str) -> Option<String> {
    let units = match format {
        "span" => TIMES,
        "bytes" => SIZES,
        "rate" | "pacing" => RATES,
        "share" => SHARES,
        _ => return None,
    };
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(text.len());
    let (digits, mut unit) = (text[..end].replace('_', ""), text[end..].trim());
    let mut number: f64 = digits.parse().ok()?;
    // A rate counts in thousands before its unit.
    for (letter, thousands) in [("k", 1e3), ("K", 1e3), ("M", 1e6)] {
        if let Some(rest) = unit.strip_prefix(letter).filter(|_| matches!(format, "rate" | "pacing")) {
            (number, unit) = (number * thousands, rest.trim());
        }
    }
    let (_, of, ours) = units.iter().find(|(theirs, ..)| theirs.contains(&unit))?;
    let number = number * of;
    // What has no short name in our units is better said by who knows what is meant.
    let is_short = number > 0.0 && (number * 1000.0).fract() == 0.0;
    (is_short && (format != "share" || number <= 100.0)).then(|| format!("{number}{ours}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Bytes, Rate, Share, Span};

    #[test]
    fn what_is_meant_can_be_read() {
        for (format, text, expected) in [
            ("span", "60m", "60min"),
            ("span", "1.5 days", "36h"),
            ("span", "30 seconds", "30s"),
            ("bytes", "64K", "64KiB"),
            ("bytes", "1 mb", "1MiB"),
            ("rate", "60k/min", "1000/s"),
            ("rate", "20k rps", "20000/s"),
            ("share", "5", "5%"),
        ] {
            let told = in_our_units(format, text);
            assert_eq!(told.as_deref(), Some(expected), "{text}");
            let readable = match format {
                "span" => Span::parse(expected).is_some(),
                "bytes" => Bytes::parse(expected).is_some(),
                "rate" => Rate::parse(expected).is_some(),
                _ => Share::parse(expected).is_some(),
            };
            assert!(readable, "{expected}");
        }
        for (format, text) in [
            ("span", "soon"),
            ("span", "5"),
            ("bytes", "-1"),
            ("rate", "fast"),
            ("rate", "20k/min"),
            ("share", "500"),
        ] {
            assert_eq!(in_our_units(format, text), None, "{text}");
        }
    }
}
