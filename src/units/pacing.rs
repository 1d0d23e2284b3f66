//! How fast a source reads, at a rate or as its records were made (`"recorded x60"`: sixty times as fast), and how
//! often.

use super::{Rate, Reader};
use serde::Deserialize;
use serde::de::Deserializer;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// Evenly, so many a second.
    Even(Rate),
    /// By the time column, so many times as fast.
    Recorded(f64),
}

const WORDS: &str = "a rate above zero such as \"20k/s\", or \"recorded x60\"";

impl Pacing {
    pub(crate) fn parse(text: &str) -> Option<Pacing> {
        let Some(times) = text.trim().strip_prefix("recorded") else {
            return Rate::parse(text).map(Pacing::Even);
        };
        let times = match times.trim() {
            "" => 1.0,
            times => times.strip_prefix(['x', '×'])?.trim().parse().ok()?,
        };
        (times > 0.0 && f64::is_finite(times)).then_some(Pacing::Recorded(times))
    }
}

impl<'de> Deserialize<'de> for Pacing {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Pacing, D::Error> {
        let number = |n: f64| (n > 0.0 && n.is_finite()).then_some(Pacing::Even(Rate(n)));
        from.deserialize_any(Reader { expected: WORDS, text: Pacing::parse, number })
    }
}

describes!(Pacing, "pacing", {
    "title": WORDS,
    "type": ["number", "string"],
    "format": "pacing",
    "exclusiveMinimum": 0,
    "pattern": r"^\s*([0-9_]*\.?[0-9_]*\s*[kKM]?\s*(/s)?|recorded(\s*[x×]\s*[0-9.]+)?)\s*$",
});

/// How often a source reads what it reads.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Repeat {
    Times(u32),
    Word(Forever),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Forever {
    Forever,
}

describes!(Repeat, "repeat", {
    "title": "a whole number from 1 to 1000000, or \"forever\"",
    "anyOf": [
        { "type": "integer", "minimum": 1, "maximum": 1_000_000 },
        { "type": "string", "enum": ["forever"] },
    ],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_rate_or_that_of_the_records() {
        for (text, pacing) in [
            ("20k/s", Some(Pacing::Even(Rate(20_000.0)))),
            ("recorded", Some(Pacing::Recorded(1.0))),
            (" recorded x60", Some(Pacing::Recorded(60.0))),
            ("recorded ×0.5", Some(Pacing::Recorded(0.5))),
            ("recorded 60", None),
            ("recorded x0", None),
            ("recorded x-1", None),
            ("recorded xinf", None),
            ("recordedx", None),
            ("fast", None),
        ] {
            assert_eq!(Pacing::parse(text), pacing, "{text}");
        }
    }
}
