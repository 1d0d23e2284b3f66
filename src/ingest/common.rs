//! What sources share: their file, their pace, what each of them can be told, and what becomes of records that can't be
//! read.

pub(super) mod clients;
pub(super) mod crowd;
mod feeds;
pub(super) mod files;
mod first_seen;
pub(super) mod flow;
mod follow;
mod growth;
pub(super) mod input;
mod kinds;
pub(super) mod lines;
pub(super) mod made;
pub(super) mod pace;
pub(super) mod parcels;
pub(super) mod paths;
mod pattern;
mod pipe;
pub(super) mod post;
pub(super) mod rejects;
mod sequence;
pub(super) mod shape;
pub(super) mod stream;

/// Says on stderr what the user should know although the work goes on.
fn warn(sentence: &str) {
    eprintln!("warning: {sentence}");
}
