//! What bounds a tree: when it holds too much, the leaves that promise least become inactive.

use super::hoeffding::Tree;
use super::node::Node;
use super::observers::Observers;
use super::settings::Settings;

impl Tree {
    /// Gives observers to the leaves of most promise only, so that nine tenths of the bound are taken at most (Kirkby
    /// 2007, Improving Hoeffding trees).
    #[cold]
    pub(super) fn make_room(&mut self, settings: &Settings) {
        let leaves = self.nodes.iter().enumerate().filter_map(|(at, node)| match node {
            Node::Leaf(leaf) => Some((leaf.promise(), at)),
            _ => None,
        });
        let mut leaves: Vec<(f64, usize)> = leaves.collect();
        leaves.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let observed: Vec<usize> = leaves.iter().map(|(_, at)| self.observed(*at)).collect();
        let held: usize = observed.iter().sum();
        let usual = held / observed.iter().filter(|held| **held > 0).count().max(1);
        self.full = true;
        let mut left = (settings.memory_max / 10 * 9).saturating_sub(self.bytes - held);
        for ((_, at), observed) in leaves.into_iter().zip(observed) {
            let needed = if observed > 0 { observed } else { usual };
            if needed > left {
                left = 0;
                self.set_active(at, None);
            } else {
                left -= needed;
                self.full = false;
                if observed == 0 {
                    let fresh = self.observers(settings);
                    self.set_active(at, Some(fresh));
                }
            }
        }
    }

    fn observed(&self, at: usize) -> usize {
        match &self.nodes[at] {
            Node::Leaf(leaf) => leaf.observers.as_ref().map_or(0, Observers::bytes),
            _ => 0,
        }
    }

    fn set_active(&mut self, at: usize, observers: Option<Observers>) {
        let Node::Leaf(leaf) = &mut self.nodes[at] else { return };
        self.deactivated += u64::from(observers.is_none() && leaf.observers.is_some());
        leaf.observers = observers;
        leaf.tried_at = leaf.total;
        self.bytes = self.bytes - leaf.recount() + leaf.counted;
    }
}
