//! The ground of `join`, `as_of` and `sort`: rows that wait, for those of another stream or for their time.
//!
//! Rows lie in the columns of one batch a side. Nothing is allocated for one that comes: columns grow, those that have
//! gone are marked, and when more have gone than are there the rest closes up.

mod chains;
mod frame;
mod given;
mod intake;
mod kept;
mod pairs;
mod queue;
mod reached;
mod saving;
#[cfg(test)]
mod tests;
mod waiting;

pub(in crate::preprocess) use chains::{Chains, Sought, in_stretch};
pub(in crate::preprocess) use frame::Frame;
pub(in crate::preprocess) use given::{Given, PORTS, ROLES, Shared};
pub(in crate::preprocess) use intake::{Intake, LEFT, RIGHT};
pub(in crate::preprocess) use kept::Gone;
pub(in crate::preprocess) use pairs::Pairs;
pub(in crate::preprocess) use queue::Queue;
pub(in crate::preprocess) use reached::{Past, Reached};
pub(in crate::preprocess) use waiting::Waiting;
