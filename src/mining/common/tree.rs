//! Hoeffding trees: what the tree learners of this room share.

mod answer;
mod choices;
mod explain;
mod hoeffding;
mod impurity;
mod leaf;
mod memory;
mod node;
mod nominal;
mod observers;
mod plan;
mod scratch;
mod settings;
mod slots;
mod sound;
mod split;
#[cfg(test)]
mod tests;
mod view;

pub(in crate::mining) use explain::{OWN, own_counts};
pub(in crate::mining) use hoeffding::{NONE, Place, Tree};
pub(in crate::mining) use plan::{Grown, plan_trees};
pub(in crate::mining) use settings::{Pace, Settings};
pub(in crate::mining) use view::{Condition, Holds, NodeView};
