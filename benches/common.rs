//! What the benches share: how they are told what to do, how two sides are measured in turn, and what is told of them.

#![allow(
    dead_code,
    reason = "each bench is a program of its own, which uses some of these and not the others"
)]

pub mod abba;
pub mod args;
pub mod bare;
pub mod child;
pub mod clock;
pub mod close;
pub mod compare;
pub mod cue;
pub mod flink;
pub mod libzmq;
pub mod median;
pub mod memory;
pub mod ours;
pub mod pace;
pub mod report;
pub mod run;
pub mod usage;
