//! What several operators of the room share: the stages around a classifier, a detector of change and what scores
//! records, values as codes, how good answers were, and itemsets.

mod added;
mod classifier;
mod codes;
mod explained;
pub(super) mod features;
mod frame;
pub(super) mod itemsets;
mod late;
mod learner;
mod lesson;
mod lots;
mod named;
pub(super) mod score;
mod scores;
pub(super) mod tree;
pub(super) mod watch;

pub(in crate::mining) use added::push_class;
pub(in crate::mining) use classifier::{Classifier, Lot, NO_CLASS, Row};
pub(in crate::mining) use codes::{BEYOND, Codes};
pub(in crate::mining) use explained::Explain;
pub(in crate::mining) use frame::planned;
pub(in crate::mining) use learner::bytes_of;
pub(in crate::mining) use lesson::{Lesson, PORTS, ROLES, Told};
pub(in crate::mining) use named::{label, told_twice};
pub(in crate::mining) use scores::{Answer, BY_CLASS, FIELDS, Scores, Scoring, is_told, write_classes};
