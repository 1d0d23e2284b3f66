//! What several operators of the room share: the stage around a classifier, values as codes, how good answers were, and
//! the stage around a detector of change.

mod added;
mod classifier;
mod codes;
mod frame;
mod learner;
mod lesson;
mod named;
mod scores;
pub(super) mod watch;

pub(in crate::mining) use classifier::{Classifier, Row};
pub(in crate::mining) use codes::BEYOND;
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use lesson::Lesson;
