//! What sources share: their file, their pace, what each of them can be told, and what becomes of records that can't be
//! read.

pub(super) mod flow;
pub(super) mod input;
pub(super) mod pace;
pub(super) mod rejects;
