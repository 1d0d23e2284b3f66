//! What learners share: the stage around a classifier, values as codes, and how good answers were.

mod added;
mod classifier;
mod codes;
mod frame;
mod learner;
mod lesson;
mod named;
mod scores;

pub(in crate::mining) use classifier::{Classifier, Row};
pub(in crate::mining) use codes::BEYOND;
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use lesson::Lesson;
