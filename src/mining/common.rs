//! What several operators of the room share: the stage around a classifier, values as codes, how good answers were, and
//! the stage around a detector of change.

mod added;
mod classifier;
mod codes;
mod frame;
mod late;
mod learner;
mod lesson;
mod named;
mod scores;
pub(super) mod watch;

pub(in crate::mining) use added::push_class;
pub(in crate::mining) use classifier::{Classifier, Row};
pub(in crate::mining) use codes::{BEYOND, Codes};
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use learner::bytes_of;
pub(in crate::mining) use lesson::{Lesson, PORTS, ROLES, Told};
pub(in crate::mining) use named::{label, told_twice};
pub(in crate::mining) use scores::{Answer, BY_CLASS, FIELDS, Scores, Scoring, is_told, write_classes};
