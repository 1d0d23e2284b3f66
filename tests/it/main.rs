//! All integration tests, in one binary.

mod conformance;
mod conformance_bites;
mod conformance_ends;
mod drive;
mod kmeans;
mod kmeans_reference;
mod page;
mod pages;
mod problems;
mod shared;
