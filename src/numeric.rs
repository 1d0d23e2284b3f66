//! What learners share: draws from a seed, running moments, a window that finds changes,
//! quantiles, the commonest values, how many different ones, features as rows.

mod adwin;
mod commonest;
mod distinct;
mod features;
mod moments;
mod normal;
mod quantiles;
mod random;

pub(crate) use adwin::{Adwin, AdwinSettings, Change};
pub(crate) use commonest::{Summary, beginning};
pub(crate) use distinct::Distinct;
pub use features::Features;
pub(crate) use features::is_known;
pub use moments::Moments;
pub(crate) use normal::normal_cdf;
pub(crate) use quantiles::{Quantiles, Weighed, median, median_distance, quantile};
pub use random::SplitMix64;
