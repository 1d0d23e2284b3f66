//! How fast is the user's own topology? `bench` is `run` with a clock in its hand.

mod limits;
mod manifest;
mod place;
mod proc;
mod process;
mod rewrite;
mod stats;
