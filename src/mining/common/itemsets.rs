//! What is common among baskets: the ground of `association_rules` and `frequent_itemsets`.
//!
//! A `Model` remembers baskets, whole, of a window or in part, and says which itemsets are frequent among them; `given`
//! are the parameters of all that, and `frame` is the operator around it.

mod found;
mod frame;
mod given;
mod lossy;
mod mine;
mod model;
mod names;
mod reported;
mod store;
mod tells;
#[cfg(test)]
mod tests;
mod weights;

pub(in crate::mining) use frame::planned;
pub(in crate::mining) use given::Mining;
pub(in crate::mining) use model::Sets;
pub(in crate::mining) use tells::{Rows, Tells};
