//! Whether a topology keeps what its `[slo]` promises.

use super::stats::Spread;
use crate::topology::slo::Slo;
use crate::units::Span;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was promised, and each figure that breaks it as a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub holds: bool,
    pub broken: Vec<String>,
    pub slo: Slo,
}

/// What is asked of a sweep where the topology promises nothing.
pub(super) const USUAL: Slo = Slo { p50: None, p99: Some(Span::from_ms(5)), p999: None, max: None, at: None };

impl Verdict {
    /// Of the medians of all runs. A figure that the sample can't tell is one that was not kept.
    pub fn of(slo: Slo, median: &BTreeMap<&'static str, Spread>) -> Verdict {
        let broken: Vec<String> = slo
            .times()
            .filter_map(|(name, promised)| {
                let most = promised.ns as f64 / 1000.0;
                match median.get(name) {
                    None => Some(untold(name)),
                    Some(spread) if spread.median > most => {
                        let Spread { median, min, max } = *spread;
                        let all = match min < max {
                            true => format!(" (from {} to {} in all runs)", time(min), time(max)),
                            false => String::new(),
                        };
                        Some(format!("{name} is {}, and {promised} were promised{all}", time(median)))
                    }
                    Some(_) => None,
                }
            })
            .collect();
        Verdict { holds: broken.is_empty(), broken, slo }
    }
}

/// Why a figure is not there.
pub(super) fn untold(name: &str) -> String {
    format!("{name} can't be told from so few records (take a longer --for)")
}

/// Microseconds in a unit that a person reads.
pub(super) fn time(us: f64) -> String {
    match us {
        us if us < 10.0 => format!("{us:.1} us"),
        us if us < 1000.0 => format!("{us:.0} us"),
        us if us < 10_000.0 => format!("{:.2} ms", us / 1000.0),
        us if us < 1_000_000.0 => format!("{:.1} ms", us / 1000.0),
        us => format!("{:.2} s", us / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_promise_is_a_sentence() {
        let spread = |median: f64| Spread { median, min: median / 2.0, max: median * 2.0 };
        let median = BTreeMap::from([("p50", spread(100.0)), ("p99", spread(3000.0))]);
        let slo = Slo { p50: Span::parse("100us"), p99: Span::parse("2ms"), ..Slo::default() };
        let verdict = Verdict::of(slo, &median);
        let told = "p99 is 3.00 ms, and 2ms were promised (from 1.50 ms to 6.00 ms in all runs)";
        assert_eq!((verdict.holds, verdict.broken), (false, vec![told.to_string()]));
        let unknown = Verdict::of(Slo { p999: Span::parse("1s"), ..slo }, &median);
        assert_eq!(unknown.broken.len(), 2);
        assert!(unknown.broken[1].starts_with("p999 can't be told"), "{:?}", unknown.broken);
        assert!(Verdict::of(Slo { p99: Span::parse("3ms"), ..slo }, &median).holds);
    }
}
