//! Whether a tree that was read is one: its nodes hang together, and are of as many features and classes as they say.

use super::hoeffding::Tree;
use super::leaf::Leaf;
use super::node::{Branch, Node, Routes};
use super::settings::Settings;

impl Tree {
    /// Whether every way ends at a leaf, no node hangs twice, and what nodes hold is whole.
    pub(in crate::mining) fn is_sound(&self, settings: &Settings, roots: impl Iterator<Item = u32>) -> bool {
        let mut hangs = vec![false; self.nodes.len()];
        let mut rest: Vec<u32> = roots.collect();
        while let Some(at) = rest.pop() {
            let (Some(node), Some(hangs)) = (self.nodes.get(at as usize), hangs.get_mut(at as usize)) else {
                return false;
            };
            if std::mem::replace(hangs, true) {
                return false;
            }
            match node {
                Node::Leaf(leaf) if is_leaf(leaf, settings) => {}
                Node::Branch(branch) if is_branch(branch, settings) => rest.extend(&branch.children),
                _ => return false,
            }
        }
        let is_free = |at: &u32| matches!(self.nodes.get(*at as usize), Some(Node::Free));
        self.free.iter().all(is_free) && hangs.iter().filter(|hangs| !**hangs).count() == self.free.len()
    }
}

fn is_leaf(leaf: &Leaf, settings: &Settings) -> bool {
    leaf.observers.as_ref().is_none_or(|of| of.is_sound(settings.numeric, settings.nominal))
}

fn is_branch(branch: &Branch, settings: &Settings) -> bool {
    let (feature, numeric) = (branch.feature as usize, settings.numeric);
    branch.numeric as usize == numeric
        && match &branch.routes {
            Routes::AtMost(_) => feature < numeric && branch.children.len() == 2,
            Routes::Is(_) => {
                (numeric..numeric + settings.nominal).contains(&feature) && branch.children.len() == 2
            }
            Routes::Which(values) => {
                (numeric..numeric + settings.nominal).contains(&feature)
                    && values.is_sound(branch.children.len())
            }
        }
}
