//! What a tree says of itself: its nodes one by one, which features its splits have used, and the way of a record.

use super::hoeffding::{NONE, Tree};
use super::node::{Branch, Node, Routes};
use super::view::{Condition, Holds, NodeView};
use crate::mining::common::Row;

impl Branch {
    fn condition(&self, slot: usize) -> Condition {
        let holds = match &self.routes {
            Routes::AtMost(cut) if slot == 0 => Holds::AtMost(*cut),
            Routes::AtMost(cut) => Holds::Above(*cut),
            Routes::Is(code) if slot == 0 => Holds::Is(*code),
            Routes::Is(code) => Holds::IsNot(*code),
            Routes::Which(values) => Holds::Is(values.slots.code(slot)),
        };
        Condition { feature: self.feature as usize, holds }
    }
}

impl Tree {
    /// Shows the nodes, each before those below it.
    pub(in crate::mining) fn each_node(&self, mut each: impl FnMut(NodeView<'_>)) {
        let mut rest = vec![(Tree::ROOT, None, 0, None)];
        while let Some((node, parent, depth, condition)) = rest.pop() {
            let view = NodeView { node, parent, depth, condition, asks: None, counts: &[], learns: false };
            match &self.nodes[node as usize] {
                Node::Leaf(leaf) => {
                    each(NodeView { counts: &leaf.counts, learns: leaf.observers.is_some(), ..view })
                }
                Node::Branch(branch) => {
                    let cut = match &branch.routes {
                        Routes::AtMost(cut) => Some(*cut),
                        _ => None,
                    };
                    let asks = Some((branch.feature as usize, cut));
                    each(NodeView { asks, counts: &branch.counts, ..view });
                    let children = branch.children.iter().enumerate().rev();
                    rest.extend(
                        children.map(|(slot, child)| {
                            (*child, Some(node), depth + 1, Some(branch.condition(slot)))
                        }),
                    );
                }
                Node::Free => {}
            }
        }
    }

    /// Adds to each feature what the splits by it have gained: merit times the weight that was split.
    pub(in crate::mining) fn add_gains(&self, gains: &mut [f64]) {
        self.each_node(|view| {
            if let Node::Branch(branch) = &self.nodes[view.node as usize] {
                gains[branch.feature as usize] += branch.gain;
            }
        });
    }

    /// The way of a record from the root to its leaf.
    pub(in crate::mining) fn path(&self, row: Row<'_>, mut each: impl FnMut(Condition)) {
        let mut at = Tree::ROOT;
        while let Some(Node::Branch(branch)) = self.nodes.get(at as usize) {
            let slot = branch.slot(row);
            each(branch.condition(slot));
            at = branch.children.get(slot).copied().unwrap_or(NONE);
        }
    }

    pub(in crate::mining) fn is_branch(&self, at: u32) -> bool {
        matches!(self.nodes[at as usize], Node::Branch(_))
    }

    pub(in crate::mining) fn depth(&self, at: u32) -> u32 {
        self.nodes[at as usize].depth()
    }

    /// How many places for nodes there are, free ones included.
    pub(in crate::mining) fn places(&self) -> usize {
        self.nodes.len()
    }

    /// How many nodes there are, how many of them leaves, how many of those still learn, and how deep the deepest lies.
    pub(in crate::mining) fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        self.each_node(|view| {
            shape.nodes += 1;
            shape.leaves += u64::from(view.asks.is_none());
            shape.learning += u64::from(view.learns);
            shape.depth = shape.depth.max(u64::from(view.depth));
        });
        shape
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::mining) struct Shape {
    pub(in crate::mining) nodes: u64,
    pub(in crate::mining) leaves: u64,
    pub(in crate::mining) learning: u64,
    pub(in crate::mining) depth: u64,
}

/// What trees count of themselves in a report.
pub(in crate::mining) const OWN: [&str; 6] =
    ["nodes", "leaves", "leaves_learning", "depth", "tree_bytes", "leaves_stopped"];

/// These numbers, of some trees together.
pub(in crate::mining) fn own_counts<'a>(trees: impl Iterator<Item = &'a Tree>) -> [u64; OWN.len()] {
    let mut sum = [0; OWN.len()];
    for tree in trees {
        let Shape { nodes, leaves, learning, depth } = tree.shape();
        let own = [nodes, leaves, learning, 0, tree.bytes as u64, tree.deactivated];
        sum.iter_mut().zip(own).for_each(|(sum, n)| *sum += n);
        sum[3] = sum[3].max(depth);
    }
    sum
}
