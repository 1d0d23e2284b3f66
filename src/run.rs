//! A run as anyone may see it: where it lies, who is linked to whom, and its books. Nothing here runs a stage.

pub mod activity;
pub mod books;
pub mod dir;
pub mod event_time;
pub mod reader;
pub mod status;
pub mod summary;
pub mod wiring;
