//! What has changed since rules were told last.

use super::rules::{Figures, Rule};
use crate::mining::common::itemsets::Sets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a rule has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    Appeared,
    Moved,
    Gone,
}

impl Change {
    pub(super) fn word(self) -> &'static str {
        match self {
            Change::Appeared => "appeared",
            Change::Moved => "moved",
            Change::Gone => "gone",
        }
    }
}

/// The texts of antecedent and consequent.
type Sides = (Vec<String>, Vec<String>);

/// The rules that were told last.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    rules: BTreeMap<Sides, Known>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Known {
    /// The confidence of which was told.
    told: f64,
    /// The figures of the last set that had it.
    last: Figures,
}

impl Told {
    /// Tells what has changed: first what is there, in its order, then what is gone.
    pub(super) fn compare(
        &mut self,
        sets: &Sets<'_>,
        rules: &[Rule],
        moved_by: f64,
        mut tell: impl FnMut((Vec<&str>, Vec<&str>), &Figures, Change),
    ) {
        let mut old = std::mem::take(&mut self.rules);
        for rule in rules {
            let (antecedent, consequent) = rule.sides(sets);
            let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            let sides = (owned(&antecedent), owned(&consequent));
            let confidence = rule.figures.confidence;
            let told = match old.remove(&sides) {
                Some(known) if !has_moved(known.told, confidence, moved_by) => known.told,
                known => {
                    let change = if known.is_some() { Change::Moved } else { Change::Appeared };
                    tell((antecedent, consequent), &rule.figures, change);
                    confidence
                }
            };
            self.rules.insert(sides, Known { told, last: rule.figures });
        }
        for ((antecedent, consequent), known) in &old {
            tell((borrowed(antecedent), borrowed(consequent)), &known.last, Change::Gone);
        }
    }
}

/// What is equal has never moved, however little it takes.
fn has_moved(from: f64, to: f64, moved_by: f64) -> bool {
    from != to && (from - to).abs() >= moved_by
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_has_not_moved() {
        assert!(!has_moved(0.5, 0.5, 0.0) && has_moved(0.5, 0.5000001, 0.0));
        assert!(!has_moved(0.5, 0.625, 0.25) && has_moved(0.5, 0.75, 0.25));
    }
}
