//! A run as anyone may see it: where it lies, who is linked to whom, and its books. Nothing here runs a stage.

pub mod activity;
pub mod apart;
pub mod books;
pub mod dir;
pub mod end;
pub mod event_time;
pub mod logs;
pub mod newest;
pub mod reader;
pub(crate) mod resume;
pub mod runs;
pub mod snapshot;
pub mod status;
pub mod summary;
pub mod wiring;
