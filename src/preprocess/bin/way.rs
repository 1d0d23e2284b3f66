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
    Wide { width: f64, from: f64, written: Written },
}

/// Numbers of bins beyond this are not told apart by an f64.
const PLACE_MAX: f64 = 9_007_199_254_740_992.0;

/// So many widths from 0 a bound is 0: the rest is what rounding has added.
const NEAR: f64 = 1e-9;
/// At most this part of a bound is lost where it is written with 12 digits.
const ROUNDED: f64 = 1e-11;

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
                return Ok(Way::Wide { width: *width, from, written: Written::default() });
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
            Way::Wide { width, from, written } => {
                let widths = (x - *from) / *width;
                let below = widths.floor();
                if below.is_nan() || below.abs() >= PLACE_MAX {
                    return None;
                }
                let (part, place) = (widths - below, below as i64);
                // Where a bound is near, what counts is the bound as it is written.
                let near = NEAR + ROUNDED * (x.abs() / *width + widths.abs());
                if part.min(1.0 - part) > near {
                    return Some(place);
                }
                let nearest = place + i64::from(part >= 0.5);
                Some(if x < written.bound(nearest, *width, *from) { nearest - 1 } else { nearest })
            }
        }
    }

    /// Writes the name of a bin.
    #[inline]
    pub(super) fn write(&mut self, place: i64, out: &mut String) {
        match self {
            Way::Between(bins) => out.push_str(bins.name(place as usize)),
            Way::Wide { width, from, written } => out.push_str(written.name(place, *width, *from)),
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

/// The bounds and the names of bins of one width, as they were written last: writing one takes longer than all the
/// rest, and the same few bins come again and again. A bin has one place, which it takes from another.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Lower bounds as they are shown.
    bounds: Vec<(i64, f64)>,
    names: Vec<(i64, String)>,
    /// How many names were written.
    #[cfg(test)]
    written: usize,
}

/// So many are kept, a power of two: bins that lie beside each other take no place from each other.
const NAMES: usize = 64;
/// No bin is this one.
const NONE: i64 = i64::MAX;

impl Written {
    /// The lower bound of a bin, as it is shown.
    #[inline]
    fn bound(&mut self, place: i64, width: f64, from: f64) -> f64 {
        if self.bounds.is_empty() {
            self.bounds.resize(NAMES, (NONE, 0.0));
        }
        let (of, bound) = &mut self.bounds[place as usize % NAMES];
        if *of != place {
            (*of, *bound) = (place, shown(from + place as f64 * width, width));
        }
        *bound
    }

    #[inline]
    fn name(&mut self, place: i64, width: f64, from: f64) -> &str {
        if self.names.is_empty() {
            self.names.resize(NAMES, (NONE, String::new()));
        }
        let at = place as usize % NAMES;
        if self.names[at].0 != place {
            self.write(at, place, width, from);
        }
        &self.names[at].1
    }

    #[cold]
    fn write(&mut self, at: usize, place: i64, width: f64, from: f64) {
        use std::fmt::Write;
        let (low, high) = (self.bound(place, width, from), self.bound(place + 1, width, from));
        let (of, name) = &mut self.names[at];
        *of = place;
        name.clear();
        write!(name, "{low}..{high}").expect("a string takes all");
        #[cfg(test)]
        {
            self.written += 1;
        }
    }
}

/// A bound without what rounding has added to it: 0.3, not 0.30000000000000004. It has as many digits as part it from
/// the next.
fn shown(x: f64, width: f64) -> f64 {
    if x.abs() < NEAR * width {
        return 0.0;
    }
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
        let written = |way: &Way| matches!(way, Way::Wide { written, .. } if written.written == 2);
        let mut few = wide(10.0, 0.0);
        assert_eq!(
            names(&mut few, &[7, -7, 7, 7, -7]),
            ["70..80", "-70..-60", "70..80", "70..80", "-70..-60"]
        );
        assert!(written(&few));
    }

    /// As the page says: a bin holds its lower bound, as it is shown.
    #[test]
    fn a_bound_lies_in_the_bin_above_it() {
        for (width, digits) in [(0.1, 1), (0.01, 2), (0.7, 1), (0.001, 3)] {
            let mut bins = wide(width, 0.0);
            for at in (-3000..3000).chain([1_000_000_007, -123_456_789]) {
                let bound = |at: i64| format!("{:.digits$}", at as f64 * width).parse::<f64>().unwrap() + 0.0;
                assert_eq!(name(&mut bins, bound(at)), format!("{}..{}", bound(at), bound(at + 1)));
            }
        }
        let mut tenths = wide(0.1, 0.0);
        let names = [0.3, 0.6, 0.7, 1.2, 0.299_999_999_999].map(|x| name(&mut tenths, x));
        assert_eq!(names, ["0.3..0.4", "0.6..0.7", "0.7..0.8", "1.2..1.3", "0.2..0.3"]);
        let mut from = wide(0.1, 0.3);
        assert_eq!([0.0, 0.05, -0.05].map(|x| name(&mut from, x)), ["0..0.1", "0..0.1", "-0.1..0"]);
    }

    proptest! {
        /// A number lies in the bin whose bounds, as they are shown, are around it; and so does each of them.
        #[test]
        fn bins_of_one_width_lie_around_their_numbers(
            x in -1e6..1e6f64,
            width in 1e-3..1e3f64,
            from in -10.0..10.0f64,
        ) {
            let mut way = wide(width, from);
            let place = way.place(x).unwrap();
            let bound = |at: i64| shown(from + at as f64 * width, width);
            prop_assert!(bound(place) <= x && x < bound(place + 1));
            prop_assert_eq!(way.place(bound(place)), Some(place));
            prop_assert_eq!(way.place(bound(place + 1)), Some(place + 1));
            let mut name = String::new();
            way.write(place, &mut name);
            prop_assert_eq!(name, format!("{}..{}", bound(place), bound(place + 1)));
        }
    }
}
