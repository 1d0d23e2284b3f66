//! From a TOML file to a checked plan. A plan is data: nothing here starts anything.

pub mod plan;
