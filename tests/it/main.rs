//! All integration tests, in one binary.

mod conformance;
mod conformance_bites;
mod drive;
mod kmeans_reference;
mod page;
mod pages;
mod shared;
