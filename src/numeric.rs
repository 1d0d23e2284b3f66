//! What learners share: draws from a seed, running moments, features as rows.

mod features;
mod moments;
mod random;

pub use features::Features;
pub(crate) use features::is_known;
pub use moments::Moments;
pub use random::SplitMix64;
