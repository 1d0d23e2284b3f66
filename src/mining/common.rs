//! What several operators of the room share: the stages around a classifier, a detector of change and what scores
//! records, values as codes, how good answers were, and trees.

mod added;
mod classifier;
mod codes;
mod explained;
pub(super) mod features;
mod frame;
mod learner;
mod lesson;
mod lots;
mod named;
pub(super) mod score;
mod scores;
pub(super) mod tree;
pub(super) mod watch;

pub(in crate::mining) use classifier::{Classifier, Lot, NO_CLASS, Row};
pub(in crate::mining) use codes::BEYOND;
pub(in crate::mining) use explained::Explain;
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use lesson::Lesson;
