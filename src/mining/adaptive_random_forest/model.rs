//! Trees that learn the same stream, each by draws of its own, and are replaced one by one when their errors become
//! more.

use super::crew;
use super::member::Member;
use super::replacing::Replacing;
use crate::mining::common::tree::{Condition, NodeView, OWN, Settings, own_counts};
use crate::mining::common::{Classifier, Lot, Row};
use crate::numeric::SplitMix64;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Forest {
    settings: Settings,
    replacing: Replacing,
    members: Vec<Member>,
    #[serde(skip)]
    votes: Vec<f64>,
}

impl Forest {
    /// `settings` are those of one tree.
    pub(super) fn new(settings: Settings, replacing: Replacing, trees: usize, seed: u64) -> Forest {
        let member = |tree| Member::new(&settings, replacing, SplitMix64::at(seed, tree as u64).draw());
        Forest { members: (0..trees).map(member).collect(), settings, replacing, votes: Vec::new() }
    }
}

impl Classifier for Forest {
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]) {
        votes.fill(0.0);
        self.votes.resize(votes.len(), 0.0);
        for member in &mut self.members {
            let weight = member.vote(&self.settings, row, &mut self.votes);
            votes.iter_mut().zip(&self.votes).for_each(|(all, vote)| *all += weight * vote);
        }
    }

    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) {
        for member in &mut self.members {
            member.learn(&self.settings, self.replacing, row, class, weight);
        }
    }

    fn work(&mut self, lot: &Lot<'_>, threads: usize, votes: &mut [f64]) {
        let how = (&self.settings, self.replacing);
        let threads = if lot.len() < crew::RECORDS_MIN { 1 } else { threads.min(self.members.len()) };
        crew::work(&mut self.members, how, lot, threads, votes, &mut self.votes);
    }

    fn fits(&self, planned: &Forest) -> bool {
        let (settings, replacing) = (&self.settings, self.replacing);
        (settings, replacing) == (&planned.settings, planned.replacing)
            && self.members.len() == planned.members.len()
            && self.members.iter().all(|member| member.is_sound(settings, replacing))
    }

    const COUNTS: &'static [&'static str] = &COUNTS;

    fn counts(&self) -> Vec<u64> {
        let sum = |of: fn(&Member) -> u64| self.members.iter().map(of).sum::<u64>();
        let mut counts = own_counts(self.members.iter().flat_map(Member::trees)).to_vec();
        counts.extend([sum(|member| member.warnings), sum(|member| member.drifts)]);
        counts
    }

    const MANY: bool = true;

    fn trees(&self) -> usize {
        self.members.len()
    }

    fn each_node(&self, each: &mut dyn FnMut(usize, NodeView<'_>)) {
        for (at, member) in self.members.iter().enumerate() {
            member.tree.each_node(|node| each(at, node));
        }
    }

    /// Each tree counts the same, however much it has learned.
    fn add_importance(&self, to: &mut [f64]) {
        for member in &self.members {
            let mut gains = vec![0.0; to.len()];
            member.tree.add_gains(&mut gains);
            let all: f64 = gains.iter().sum();
            if all > 0.0 {
                to.iter_mut().zip(gains).for_each(|(to, gain)| *to += gain / all);
            }
        }
    }

    fn path(&self, row: Row<'_>, each: &mut dyn FnMut(usize, Condition)) {
        for (at, member) in self.members.iter().enumerate() {
            member.tree.path(row, |condition| each(at, condition));
        }
    }
}

/// Those of all trees, and what became of them.
const COUNTS: [&str; OWN.len() + 2] = [OWN[0], OWN[1], OWN[2], OWN[3], OWN[4], OWN[5], "warnings", "drifts"];
