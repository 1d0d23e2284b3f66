//! From worker to worker: frames, the sockets that carry them, and the ledger that remembers.

pub mod claim;
pub mod codec;
pub mod endpoint;
pub mod header;
pub mod ledger;
pub mod link;
pub mod peer;
pub mod socket;
pub mod tap;
pub mod watermark;
mod zmtp;
