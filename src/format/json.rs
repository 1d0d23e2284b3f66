//! JSON as records (RFC 8259): a text cut into objects, and the fields of an object that columns name.

mod cut;
mod lines;
mod look;
mod objects;
mod rest;
mod walk;

pub(super) use cut::Cut;
pub(crate) use cut::breaks_off;
pub(crate) use lines::Lines;
pub(crate) use look::look;
pub(crate) use objects::Objects;

#[cfg(test)]
mod tests;
