//! What a tree answers: votes of the leaf that a record comes to.

use super::hoeffding::{Place, Tree};
use super::leaf::greatest;
use super::node::Node;
use super::settings::{LeafPrediction, Settings};
use crate::mining::common::Row;

impl Tree {
    /// Writes a vote for each class, one in all; all zero when nothing is known yet.
    #[inline]
    pub(in crate::mining) fn predict(&mut self, settings: &Settings, row: Row<'_>, votes: &mut [f64]) {
        let place = self.find(Tree::ROOT, row);
        self.votes(place, settings, row, votes);
    }

    /// The same at a leaf that was found.
    pub(in crate::mining) fn votes(
        &mut self,
        place: Place,
        settings: &Settings,
        row: Row<'_>,
        votes: &mut [f64],
    ) {
        votes.fill(0.0);
        let (scratch, above) = (&mut self.scratch, place.above as usize);
        let (node, above) = match self.nodes.get_disjoint_mut([place.leaf as usize, above]) {
            Ok([node, above]) => (node, Some(above)),
            Err(_) => (&mut self.nodes[place.leaf as usize], None),
        };
        let Node::Leaf(leaf) = node else { return };
        if leaf.total <= 0.0 {
            // Nothing has come here yet: what the branch above knew is the best answer.
            if let Some(Node::Branch(branch)) = above {
                shares(&branch.counts, votes);
            }
            return;
        }
        if settings.prediction != LeafPrediction::Majority {
            scratch.logs.resize(votes.len(), 0.0);
            let bayes = leaf.bayes(row, &mut scratch.logs);
            scratch.remember(place.leaf, bayes, row);
            if let Some(best) = bayes
                && leaf.trusts_bayes(settings.prediction)
                && soften(&scratch.logs, best, votes)
            {
                return;
            }
        }
        shares(&leaf.counts, votes);
    }

    /// The class that is answered at a leaf; `None` where nothing is known yet.
    #[inline]
    pub(in crate::mining) fn best_at(
        &mut self,
        place: Place,
        settings: &Settings,
        row: Row<'_>,
    ) -> Option<usize> {
        let Node::Leaf(leaf) = &mut self.nodes[place.leaf as usize] else { return None };
        if leaf.total <= 0.0 {
            return match self.nodes.get(place.above as usize) {
                Some(Node::Branch(branch)) => greatest(&branch.counts),
                _ => None,
            };
        }
        if settings.prediction != LeafPrediction::Majority {
            let scratch = &mut self.scratch;
            let bayes = match scratch.recall(place.leaf, row) {
                Some(bayes) => bayes,
                None => {
                    scratch.logs.resize(leaf.counts.len(), 0.0);
                    leaf.bayes(row, &mut scratch.logs)
                }
            };
            scratch.remember(place.leaf, bayes, row);
            if bayes.is_some() && leaf.trusts_bayes(settings.prediction) {
                return bayes;
            }
        }
        greatest(&leaf.counts)
    }
}

/// The share of each class in these weights.
fn shares(counts: &[f64], votes: &mut [f64]) {
    let total: f64 = counts.iter().sum();
    if total > 0.0 {
        votes.fill(0.0);
        votes.iter_mut().zip(counts).for_each(|(vote, count)| *vote = count / total);
    }
}

/// Turns logarithms into shares that add up to one; false when they can't be.
#[inline]
fn soften(logs: &[f64], best: usize, votes: &mut [f64]) -> bool {
    let most = logs[best];
    let mut sum = 0.0;
    for (vote, log) in votes.iter_mut().zip(logs) {
        *vote = (log - most).exp();
        sum += *vote;
    }
    if !(sum.is_finite() && sum > 0.0) {
        return false;
    }
    votes.iter_mut().for_each(|vote| *vote /= sum);
    true
}
