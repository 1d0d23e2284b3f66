//! What learners share: draws from a seed, running moments, a window that finds changes,
//! quantiles, features as rows.

mod adwin;
mod features;
mod moments;
mod normal;
mod quantiles;
mod random;

pub(crate) use adwin::{Adwin, AdwinSettings, Change};
pub use features::Features;
pub(crate) use features::is_known;
pub use moments::Moments;
pub(crate) use normal::normal_cdf;
pub(crate) use quantiles::{Quantiles, Weighed, median, median_distance};
pub use random::SplitMix64;
