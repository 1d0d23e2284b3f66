//! How the numbers of a column are put into bins.

use crate::params::JsonSchema;
use crate::preprocess::common::{Asked, Bins, Named};
use serde::Deserialize;

/// What a topology says of the bins of a column.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Given {
    /// So many quantiles.
    Quantiles(#[schemars(range(min = 2, max = 100))] u64),
    /// The lower bounds of all bins but the first.
    Edges(Vec<f64>),
    /// The same, each bin with a name; or bins of one width.
    Ways(Ways),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ways {
    /// The lower bounds of all bins but the first.
    edges: Option<Vec<f64>>,
    /// The names of all bins, from the lowest on: one more than edges.
    names: Option<Vec<String>>,
    /// All bins are so wide.
    width: Option<f64>,
    /// Where one of the bins of that width begins (0, if absent).
    from: Option<f64>,
}

/// Bins that have been checked.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Between(Bins),
    Wide { width: f64, from: f64, names: Names },
}

/// Numbers of bins beyond this are not told apart by an f64.
const PLACE_MAX: f64 = 9_007_199_254_740_992.0;

impl Way {
    /// The bins that are asked for, or why they can't be.
    pub(super) fn new(given: &Given, sample: usize) -> Result<Way, String> {
        let asked = match given {
            Given::Quantiles(n) => Asked::Quantiles(*n),
            Given::Edges(edges) => Asked::Edges(edges.clone()),
            Given::Ways(Ways { edges: Some(edges), names, width: None, from: None }) => match names {
                None => Asked::Edges(edges.clone()),
                Some(names) => Asked::Named(Named { edges: edges.clone(), names: names.clone() }),
            },
            Given::Ways(Ways { edges: None, names: None, width: Some(width), from }) => {
                let from = from.unwrap_or(0.0);
                if !(width.is_normal() && *width > 0.0 && from.is_finite()) {
                    return Err("a width is a finite number above 0 (2.3e-308 at least), and from is finite"
                        .to_string());
                }
                return Ok(Way::Wide { width: *width, from, names: Names::default() });
            }
            Given::Ways(_) => {
                return Err("say edges, with names or without, or width, with from or without".to_string());
            }
        };
        Bins::new(&asked, sample).map(Way::Between)
    }

    pub(super) fn learns(&self) -> bool {
        matches!(self, Way::Between(bins) if bins.learns())
    }

    /// Which bin a finite number lies in; none, where it is too far away to say. It is learned from while it is wanted.
    #[inline]
    pub(super) fn place(&mut self, x: f64) -> Option<i64> {
        match self {
            Way::Between(bins) => Some(bins.place(x) as i64),
            Way::Wide { width, from, .. } => {
                let mut place = ((x - *from) / *width).floor();
                if place.is_nan() || place.abs() >= PLACE_MAX {
                    return None;
                }
                // A division rounds: what counts are the bounds as they are written.
                if *from + (place + 1.0) * *width <= x {
                    place += 1.0;
                } else if *from + place * *width > x {
                    place -= 1.0;
                }
                Some(place as i64)
            }
        }
    }

    /// Writes the name of a bin.
    #[inline]
    pub(super) fn write(&mut self, place: i64, out: &mut String) {
        match self {
            Way::Between(bins) => out.push_str(bins.name(place as usize)),
            Way::Wide { width, from, names } => out.push_str(names.of(place, *width, *from)),
        }
    }

    /// The names of all bins but the first, and where each begins; of bins of one width there is no end.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&str, f64)> {
        let bins = match self {
            Way::Between(bins) => Some(bins),
            Way::Wide { .. } => None,
        };
        bins.into_iter().flat_map(Bins::edges)
    }

    /// The values that were learned from.
    pub(super) fn learned(&self) -> &[f64] {
        match self {
            Way::Between(bins) => bins.learned(),
            Way::Wide { .. } => &[],
        }
    }

    /// Goes on from what was learned. False: it can't have been.
    pub(super) fn learn_again(&mut self, learned: Vec<f64>) -> bool {
        match self {
            Way::Between(bins) => bins.learn_again(learned),
            Way::Wide { .. } => learned.is_empty(),
        }
    }
}

/// The names of bins of one width, as they were written last: writing one takes longer than all the rest, and the
/// same few bins come again and again. A bin's name has one place, which it takes from another.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: Vec<(i64, String)>,
    /// How many were written.
    #[cfg(test)]
    written: usize,
}

/// So many names are kept, a power of two: bins that lie beside each other take no place from each other.
const NAMES: usize = 64;

impl Names {
    #[inline]
    fn of(&mut self, place: i64, width: f64, from: f64) -> &str {
        if self.names.is_empty() {
            self.names.resize(NAMES, (0, String::new()));
        }
        let at = place as usize % NAMES;
        // No name is empty.
        if self.names[at].0 != place || self.names[at].1.is_empty() {
            self.write(at, place, width, from);
        }
        &self.names[at].1
    }

    #[cold]
    fn write(&mut self, at: usize, place: i64, width: f64, from: f64) {
        use std::fmt::Write;
        let (of, name) = &mut self.names[at];
        *of = place;
        name.clear();
        let bound = |at: i64| shown(from + at as f64 * width, width);
        write!(name, "{}..{}", bound(place), bound(place + 1)).expect("a string takes all");
        #[cfg(test)]
        {
            self.written += 1;
        }
    }
}

/// A bound without what rounding has added to it: 0.3, not 0.30000000000000004. It has as many digits as part it from
/// the next.
fn shown(x: f64, width: f64) -> f64 {
    if x == x.trunc() {
        // Of -0 the sign says nothing.
        return x + 0.0;
    }
    // An f64 has 17 at most.
    let digits = ((x / width).abs().log10().ceil() + 1.0).clamp(11.0, 16.0) as usize;
    format!("{x:.digits$e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide(width: f64, from: f64) -> Way {
        let ways = Ways { edges: None, names: None, width: Some(width), from: Some(from) };
        Way::new(&Given::Ways(ways), 10).unwrap()
    }

    fn name(way: &mut Way, x: f64) -> String {
        let mut out = String::new();
        let place = way.place(x).unwrap();
        way.write(place, &mut out);
        out
    }

    #[test]
    fn names_are_those_a_person_would_write() {
        let mut tenths = wide(0.1, 0.0);
        assert_eq!(
            [0.05, 0.31, -0.01, 0.75].map(|x| name(&mut tenths, x)),
            ["0..0.1", "0.3..0.4", "-0.1..0", "0.7..0.8"]
        );
        let mut tens = wide(10.0, 5.0);
        assert_eq!([4.0, 5.0, 14.9, 15.0].map(|x| name(&mut tens, x)), ["-5..5", "5..15", "5..15", "15..25"]);
        assert_eq!(tens.place(1e300), None, "no number tells its bin");
        let mut fine = wide(0.001, 0.0);
        let names = [1_700_000_000.121_2, 1_700_000_000.124_2].map(|x| name(&mut fine, x));
        assert_eq!(names, ["1700000000.121..1700000000.122", "1700000000.124..1700000000.125"]);
    }

    /// Two bins that share a place, some below zero, and more than there are places.
    #[test]
    fn a_name_is_written_once_as_long_as_no_other_takes_its_place() {
        let (mut one, many) = (wide(10.0, 0.0), 3 * NAMES as i64);
        let names = |way: &mut Way, places: &[i64]| -> Vec<String> {
            let name = |place: &i64| {
                let mut out = String::new();
                way.write(*place, &mut out);
                out
            };
            places.iter().map(name).collect()
        };
        let all: Vec<i64> = (-many..many).chain([-1, 63, -1, 0, 64, 0, 1]).collect();
        let expected: Vec<String> = all.iter().map(|n| format!("{}..{}", n * 10, (n + 1) * 10)).collect();
        assert_eq!(names(&mut one, &all), expected);
        let written = |way: &Way| matches!(way, Way::Wide { names, .. } if names.written == 2);
        let mut few = wide(10.0, 0.0);
        assert_eq!(
            names(&mut few, &[7, -7, 7, 7, -7]),
            ["70..80", "-70..-60", "70..80", "70..80", "-70..-60"]
        );
        assert!(written(&few));
    }

    proptest! {
        /// A number lies in the bin whose bounds are around it.
        #[test]
        fn bins_of_one_width_lie_around_their_numbers(
            x in -1e6..1e6f64,
            width in 1e-3..1e3f64,
            from in -10.0..10.0f64,
        ) {
            let place = wide(width, from).place(x).unwrap() as f64;
            prop_assert!(from + place * width <= x && x < from + (place + 1.0) * width);
        }
    }
}
