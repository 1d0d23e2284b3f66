//! How far apart in time two things may be: one span for both directions, or two ends.

use super::{Names, Problem};
use crate::units::{Span, describes};
use serde::Deserialize;

/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// Right time − left time, ends included, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    pub from: i64,
    pub to: i64,
}

/// The same as it is written.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Ends(Names);

impl Ends {
    pub(crate) fn check(&self) -> Result<Within, Problem> {
        let wrong = || {
            let said: Vec<String> = self.0.all().iter().map(|text| format!("{text:?}")).collect();
            let said = if said.len() == 1 { said.concat() } else { format!("[{}]", said.join(", ")) };
            Problem::at("within", format!("\"within\" must be {WITHIN}, not {said}"))
        };
        let ns: Option<Vec<i64>> = self.0.all().iter().map(|text| signed(text)).collect();
        match ns.ok_or_else(wrong)?.as_slice() {
            [end] if *end >= 0 && !self.0.path("", 0).contains(&"0".to_string()) => {
                Ok(Within { from: -end, to: *end })
            }
            [from, to] if from <= to => Ok(Within { from: *from, to: *to }),
            [_, _] => {
                Err(Problem::at("within", "it goes from the earlier end to the later one: change them round"))
            }
            _ => Err(wrong()),
        }
    }
}

/// A span that may lie before.
fn signed(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ns = match text.trim() {
        "0" => 0,
        text => Span::parse(text)?.ns,
    };
    (ns <= NS_MAX).then_some(sign * ns as i64)
}

const WITHIN: &str = "a time such as \"1h\", or two such as [\"-5min\", \"1h\"]";

describes!(Ends, "within", {
    "title": WITHIN,
    "anyOf": [
        { "type": "string" },
        { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
    ],
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::JsonSchema;

    #[test]
    fn what_lies_within_is_one_span_or_two_ends() {
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct Sample {
            within: Ends,
        }
        let read = |text: &str| {
            let read = crate::params::read::<Sample>(format!("within = {text}").parse().unwrap());
            let read = read.map_err(|mut told| told.remove(0)).and_then(|sample| sample.within.check());
            read.map(|within| (within.from, within.to)).map_err(|told| told.path.join(".") + &told.what)
        };
        assert_eq!(read("\"1us\""), Ok((-1000, 1000)));
        assert_eq!(read("[\"-5us\", \"1ns\"]"), Ok((-5000, 1)));
        assert_eq!(read("[\"-2us\", \"-1us\"]"), Ok((-2000, -1000)));
        assert_eq!(read("[\"0\", \"+1us\"]"), Ok((0, 1000)));
        assert_eq!(read("\"0s\""), Ok((0, 0)));
        for wrong in [
            "\"soon\"",
            "\"-1h\"",
            "[\"1h\"]",
            "[\"1h\", \"x\"]",
            "3",
            "[\"2h\", \"1h\"]",
            "\"3000000h\"",
            "[]",
        ] {
            let told = read(wrong);
            assert!(told.as_ref().is_err_and(|told| told.contains("within")), "{wrong}: {told:?}");
        }
    }
}
