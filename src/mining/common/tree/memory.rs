//! What bounds a tree: when it holds too much, the leaves that promise least become inactive.

use super::hoeffding::Tree;
use super::node::Node;
use super::observers::Observers;
use super::settings::Settings;

impl Tree {
    /// Stops leaves until no more than the bound is taken. One that was too large for its place leaves it to others.
    #[cold]
    pub(super) fn make_room(&mut self, settings: &Settings) {
        self.share_out(settings);
        self.use_room(settings, settings.memory_max / 2);
    }

    /// When no more than this is taken, leaves that were stopped learn again.
    pub(super) fn use_room(&mut self, settings: &Settings, most: usize) {
        let is_stopped = |node: &Node| matches!(node, Node::Leaf(leaf) if leaf.observers.is_none());
        if self.deactivated > 0 && self.bytes < most && self.nodes.iter().any(is_stopped) {
            self.share_out(settings);
        }
    }

    /// What leaves may take together: nine tenths of the bound, so that they are seldom stopped.
    pub(super) fn shared(settings: &Settings) -> usize {
        settings.memory_max / 10 * 9
    }

    /// Gives observers to the leaves of most promise, as many as there is room for (Kirkby 2007, Improving Hoeffding
    /// trees).
    fn share_out(&mut self, settings: &Settings) {
        let leaves = self.nodes.iter().enumerate().filter_map(|(at, node)| match node {
            Node::Leaf(leaf) => Some((leaf.promise(), at)),
            _ => None,
        });
        let mut leaves: Vec<(f64, usize)> = leaves.collect();
        leaves.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let held: usize = leaves.iter().map(|(_, at)| self.observed(*at)).sum();
        self.full = true;
        let mut left = Tree::shared(settings).saturating_sub(self.bytes - held);
        for (_, at) in leaves {
            let (observed, soon) = (self.observed(at), self.needed(at, settings));
            let needed = if observed > 0 { observed } else { soon };
            if needed > left {
                self.set_active(at, None);
                continue;
            }
            // What it is going to take is not given away.
            left = left.saturating_sub(needed.max(soon));
            self.full = false;
            if observed == 0 {
                let fresh = self.observers(settings);
                self.set_active(at, Some(fresh));
            }
        }
    }

    /// What a leaf takes as soon as it has observed each of its classes.
    fn needed(&self, at: usize, settings: &Settings) -> usize {
        match &self.nodes[at] {
            Node::Leaf(leaf) => Observers::needed(settings.looked(), leaf.counts.len()),
            _ => 0,
        }
    }

    fn observed(&self, at: usize) -> usize {
        match &self.nodes[at] {
            Node::Leaf(leaf) => leaf.observers.as_ref().map_or(0, Observers::bytes),
            _ => 0,
        }
    }

    pub(super) fn set_active(&mut self, at: usize, observers: Option<Observers>) {
        let Node::Leaf(leaf) = &mut self.nodes[at] else { return };
        self.deactivated += u64::from(observers.is_none() && leaf.observers.is_some());
        leaf.observers = observers;
        leaf.tried_at = leaf.total;
        self.bytes = self.bytes - leaf.recount() + leaf.counted;
    }
}
