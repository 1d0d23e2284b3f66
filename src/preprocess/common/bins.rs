//! Bins of numbers: between fixed edges, or between quantiles of the first values.

use crate::params::JsonSchema;
use serde::Deserialize;

/// What a topology says of the bins of a column.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::preprocess) enum Asked {
    /// So many quantiles.
    Quantiles(#[schemars(range(min = 2, max = 100))] u64),
    /// The lower bounds of all bins but the first.
    Edges(Vec<f64>),
    /// The same, each bin with a name.
    Named(Named),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::preprocess) struct Named {
    /// The lower bounds of all bins but the first.
    pub edges: Vec<f64>,
    /// The names of all bins, from the lowest on: one more than edges.
    pub names: Vec<String>,
}

/// Bins are between edges; the lowest is below the first.
#[derive(Clone, Debug)]
pub(in crate::preprocess) struct Bins {
    names: Vec<String>,
    /// One fewer than names, in order.
    edges: Vec<f64>,
    /// Of quantiles the values so far in order, and how many there are to be.
    sample: Option<(Vec<f64>, usize)>,
}

const BINS_MAX: u64 = 100;

impl Bins {
    /// The bins that are asked for, or why they can't be.
    pub(in crate::preprocess) fn new(asked: &Asked, sample: usize) -> Result<Bins, String> {
        let (edges, names) = match asked {
            Asked::Quantiles(n) if !(2..=BINS_MAX).contains(n) => {
                return Err(format!("{n} quantiles: from 2 to {BINS_MAX} can be asked for"));
            }
            Asked::Quantiles(n) => {
                let names = (1..=*n).map(|at| format!("q{at}")).collect();
                return Ok(Bins { names, edges: Vec::new(), sample: Some((Vec::new(), sample)) });
            }
            Asked::Edges(edges) => (edges, ranges(edges)),
            Asked::Named(Named { edges, names }) => (edges, names.clone()),
        };
        if edges.is_empty() || edges.iter().any(|edge| !edge.is_finite()) || !edges.is_sorted_by(|a, b| a < b)
        {
            return Err(
                "edges are finite numbers, one at least, each greater than the one before".to_string()
            );
        }
        if names.len() != edges.len() + 1 {
            return Err(format!(
                "{} edges part {} bins, and there are {} names",
                edges.len(),
                edges.len() + 1,
                names.len()
            ));
        }
        Ok(Bins { names, edges: edges.clone(), sample: None })
    }

    pub(in crate::preprocess) fn learns(&self) -> bool {
        self.sample.is_some()
    }

    /// The name of the bin of a number; it is learned from while it is wanted.
    #[inline]
    pub(in crate::preprocess) fn of(&mut self, x: f64) -> &str {
        let place = self.place(x);
        self.name(place)
    }

    /// Which bin a number lies in, from 0 on; it is learned from while it is wanted.
    #[inline]
    pub(in crate::preprocess) fn place(&mut self, x: f64) -> usize {
        if self.sample.as_ref().is_some_and(|(values, most)| values.len() < *most) {
            self.learn(x);
        }
        self.edges.partition_point(|edge| *edge <= x)
    }

    pub(in crate::preprocess) fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    fn learn(&mut self, x: f64) {
        let Bins { names, edges, sample: Some((values, _)) } = self else { return };
        values.insert(values.partition_point(|value| *value <= x), x);
        edges.clear();
        edges.extend((1..names.len()).map(|at| values[at * values.len() / names.len()]));
    }

    /// The names of all bins but the first, and where each begins.
    pub(in crate::preprocess) fn edges(&self) -> impl Iterator<Item = (&str, f64)> {
        self.names[1..].iter().map(String::as_str).zip(self.edges.iter().copied())
    }

    /// The values that were learned from.
    pub(in crate::preprocess) fn learned(&self) -> &[f64] {
        self.sample.as_ref().map_or(&[], |(values, _)| values)
    }

    /// Goes on from what was learned. False: it can't have been.
    pub(in crate::preprocess) fn learn_again(&mut self, learned: Vec<f64>) -> bool {
        let Some((values, most)) = &mut self.sample else { return learned.is_empty() };
        let fits =
            learned.len() <= *most && learned.is_sorted() && learned.iter().all(|value| value.is_finite());
        if fits {
            *values = learned;
            let (values, names) = (&*values, &self.names);
            self.edges = match values.len() {
                0 => Vec::new(),
                n => (1..names.len()).map(|at| values[at * n / names.len()]).collect(),
            };
        }
        fits
    }
}

/// `..6`, `6..12`, `12..`
fn ranges(edges: &[f64]) -> Vec<String> {
    let texts: Vec<String> = edges.iter().map(f64::to_string).collect();
    let text = |at: usize| texts.get(at).map_or("", String::as_str);
    (0..=edges.len()).map(|at| format!("{}..{}", at.checked_sub(1).map_or("", text), text(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_part_values_evenly_and_stay() {
        let mut bins = Bins::new(&Asked::Quantiles(4), 100).unwrap();
        let all: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100)).collect();
        all.iter().for_each(|x| {
            bins.of(*x);
        });
        let edges: Vec<f64> = bins.edges().map(|(_, edge)| edge).collect();
        assert_eq!(edges, [25.0, 50.0, 75.0]);
        (0..1000).for_each(|_| {
            bins.of(1e9);
        });
        assert_eq!(["q1", "q2", "q4"], [24.9, 25.0, 75.0].map(|x| bins.of(x).to_string())[..]);
    }

    #[test]
    fn edges_that_part_nothing_are_refused() {
        for edges in [vec![], vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(Bins::new(&Asked::Edges(edges.clone()), 9).is_err(), "{edges:?}");
        }
        let names = vec!["low".to_string()];
        let named = Asked::Named(Named { edges: vec![1.0], names });
        assert_eq!(Bins::new(&named, 9).unwrap_err(), "1 edges part 2 bins, and there are 1 names");
        assert_eq!(ranges(&[-1.5, 6.0]), ["..-1.5", "-1.5..6", "6.."]);
    }
}
