//! What several operators of the room share: the stages around a classifier, a detector of change and what scores
//! records, values as codes, how good answers were, and what is common among baskets.

mod added;
mod classifier;
mod codes;
pub(super) mod features;
mod frame;
pub(super) mod itemsets;
mod learner;
mod lesson;
mod named;
pub(super) mod score;
mod scores;
pub(super) mod watch;

pub(in crate::mining) use classifier::{Classifier, Row};
pub(in crate::mining) use codes::BEYOND;
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use lesson::Lesson;
